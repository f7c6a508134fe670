import createError from '@fastify/error'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import { graphServerOptions } from '../../lib/index.js'
import { assertAtHome, build, served, ownRoutes, photo, type Host } from './hosts.js'
import { ownPhoto } from '../helpers/wire.js'

const { routerOptions } = graphServerOptions
const asBuffer = (_request: FastifyRequest, body: Buffer, done: (error: null, body: Buffer) => void): void => { done(null, body) }

function neighbours (app: FastifyInstance): void {
  ownRoutes(app)
  app.register(async (scope) => {
    scope.get('/me/photo/$value', async () => 'the picture')
    scope.get('/me/photo', async () => ({ width: 96 }))
    scope.delete('/users/:id/photo/$value', async () => 'deleted')
    scope.get('/users/:id', async ({ params }) => params)
    scope.put('/users/:id', async ({ params }) => params)
    scope.get('/me/contacts/:x', async ({ params }) => params)
    scope.patch('/me/contacts/:x', async ({ params }) => params)
    scope.get('/me/contactFolders/:folder/contacts', async ({ params }) => params)
  }, { prefix: '/v1.0' })
}

const hosts: ReadonlyArray<readonly [name: string, host: Host]> = [
  ['with nothing of its own', {}],
  ["at Fastify's defaults", { server: {} }],
  ['with its own image/jpeg and * parsers', {
    build (app) {
      app.addContentTypeParser('image/jpeg', { parseAs: 'buffer', bodyLimit: 1000 }, asBuffer)
      app.addContentTypeParser('*', (_request, payload, done) => {
        payload.resume().on('end', () => { done(null, 'anything') })
      })
    }
  }],
  ['with another parser for JSON, and a small bodyLimit', {
    server: { ...graphServerOptions, bodyLimit: 1000 },
    build (app) {
      app.removeAllContentTypeParsers()
      app.addContentTypeParser('application/json', { parseAs: 'string' }, async () => ({ name: 'whoever' }))
    }
  }],
  ['with its own error handler', {
    build: (app) => app.setErrorHandler((error: Error, _request, reply) => reply.code(418).send({ teapot: error.message }))
  }],
  ['with its own not-found handler', {
    build: (app) => app.setNotFoundHandler((request, reply) => reply.code(410).send({ gone: request.url }))
  }],
  ['with its own schema error formatter', {
    server: { ...graphServerOptions, schemaErrorFormatter: (errors) => new Error(`${errors.length} faults`) },
    build: (app) => app.setSchemaErrorFormatter((errors, part) => new Error(`${errors.length} faults of the ${part}`))
  }],
  ['with a strict Ajv that removes and coerces', {
    server: { ...graphServerOptions, ajv: { customOptions: { strict: true, removeAdditional: 'all', coerceTypes: 'array', useDefaults: true, allErrors: false } } }
  }],
  ['with compilers that refuse every schema but their own', {
    build (app) {
      app.setValidatorCompiler(() => { throw new Error('no schema of mine') })
      app.setSerializerCompiler(() => { throw new Error('no schema of mine') })
    },
    routes: (app) => app.get('/own', async () => ({ own: true }))
  }],
  ['with a preSerialization hook', {
    build: (app) => app.addHook('preSerialization', async (_request, _reply, payload) => ({ wrapped: payload }))
  }],
  ['with its own reply serializer', {
    build: (app) => app.setReplySerializer((payload) => `serialized: ${JSON.stringify(payload)}`)
  }],
  ['with hooks of every kind', {
    build (app) {
      app.addHook('onRequest', async (_request, reply) => { reply.header('x-host', 'seen') })
      app.addHook('preParsing', async (_request, _reply, payload) => payload)
      app.addHook('preValidation', async () => {})
      app.addHook('preHandler', async () => {})
      app.addHook('onSend', async (_request, _reply, payload) => payload)
      app.addHook('onResponse', async () => {})
      app.addHook('onError', async () => {})
    }
  }],
  ['that decorated user', {
    build (app) {
      // As a string it is whatever the host says, not what the types of @fastify/jwt do.
      const user: string = 'user'
      app.decorateRequest(user, null)
      app.addHook('onRequest', async (request) => { Reflect.set(request, 'user', { name: 'Adele' }) })
    },
    routes (app) {
      ownRoutes(app)
      app.get('/nowhere', async (request) => Reflect.get(request, 'user'))
    }
  }],
  ['that gives its own request ids', { server: { ...graphServerOptions, genReqId: () => 'request-1', requestIdHeader: 'x-request-id' } }],
  ['with caseSensitive: false', {
    server: { ...graphServerOptions, routerOptions: { ...routerOptions, caseSensitive: false } },
    urls: [ownPhoto, '/v1.0/ME/Photo/$VALUE', '/v1.0/me/photo/%24value', '/v1.0/me/contactFOLDERS/F/contacts/C/photo/$value', '/v1.0/me/contactFolders/F/contacts/C/photo/%24value']
  }],
  ['with ignoreDuplicateSlashes', {
    server: { ...graphServerOptions, routerOptions: { ...routerOptions, ignoreDuplicateSlashes: true } },
    urls: [ownPhoto, '/v1.0//me///photo/$value', '/v1.0/me//contactFolders/F/contacts//C/photo/%24value']
  }],
  ['with ignoreTrailingSlash', {
    server: { ...graphServerOptions, routerOptions: { ...routerOptions, ignoreTrailingSlash: true } },
    urls: [ownPhoto, `${ownPhoto}/`, '/v1.0/me/photo/%24value/']
  }],
  ['with all three of them', {
    server: { ...graphServerOptions, routerOptions: { ...routerOptions, caseSensitive: false, ignoreDuplicateSlashes: true, ignoreTrailingSlash: true } },
    urls: ['/v1.0//Me/contactfolders/F/contacts/C/PHOTO//$value/']
  }],
  ['with useSemicolonDelimiter', {
    server: { ...graphServerOptions, useSemicolonDelimiter: true },
    urls: [ownPhoto, `${ownPhoto};a=b`]
  }],
  ['with a parametric prefix', { prefix: '/:tenant/v1.0' }],
  ['without a prefix', { prefix: '' }],
  ['with another plugin on the same prefix', { routes: neighbours }]
]

for (const [name, host] of hosts) {
  t.test(`a host ${name}: photos are saved, and the host is as it was`, async (t) => {
    await assertAtHome(t, host)
  })
}

t.test('beside another plugin on the same prefix every path goes to the plugin that declared it', async (t) => {
  for (const order of ['before', 'after'] as const) {
    const { app, saved } = await build({ routes: neighbours }, order)
    const ask = await served(t, app)
    t.equal((await ask({ url: ownPhoto })).body, 'the picture')
    t.equal((await ask({ url: '/v1.0/users/photo' })).body, '{"id":"photo"}')
    t.equal((await ask({ url: '/v1.0/users/a/photo/$value', method: 'DELETE' })).body, 'deleted')
    t.equal((await ask({ url: '/v1.0/me/contacts/c' })).body, '{"x":"c"}')
    t.equal((await ask({ url: '/v1.0/me/contacts/c', method: 'PATCH' })).body, '{"x":"c"}')
    t.equal((await ask({ url: '/v1.0/me/contactFolders/f/contacts' })).body, '{"folder":"f"}')
    t.equal((await ask(photo({ url: '/v1.0/me/contacts/c/photo/$value' }))).statusCode, 200)
    t.match(saved.map(({ context }) => context.target), [{ kind: 'contact', contactId: 'c' }])
  }
})

t.test('a router that ignores case leaves the case of contact ids alone', async (t) => {
  const { app, saved } = await build({ server: { routerOptions: { caseSensitive: false } } }, 'after')
  const ask = await served(t, app)
  t.equal((await ask(photo({ url: '/v1.0/ME/ContactFolders/AaB=/Contacts/cCd=/Photo/$VALUE' }))).statusCode, 200)
  t.match(saved.map(({ context }) => context.target), [{ contactFolderId: 'AaB=', contactId: 'cCd=' }])
})

t.test("a prefix with parameters is the host's to read in its hooks", async (t) => {
  const seen: unknown[] = []
  const savePhoto = (_photo: unknown, { request }: { request: FastifyRequest }): void => { seen.push(request.params) }
  const { app } = await build({ prefix: '/:tenant/v1.0', options: { savePhoto } }, 'after')
  const ask = await served(t, app)
  t.equal((await ask(photo({ url: '/contoso/v1.0/me/contacts/c/photo/$value' }))).statusCode, 200)
  t.same(seen, [{ tenant: 'contoso', contactId: 'c' }])
})

t.test("what a host hook raises has the envelope on our routes, and its own answer on the host's", async (t) => {
  const Busy = createError('HOST_BUSY', 'Come back later.', 503)
  const host: Host = {
    build (app) {
      app.setErrorHandler((_error, _request, reply: FastifyReply) => reply.code(418).send('teapot'))
      app.addHook('onRequest', async (_request, reply) => {
        reply.header('retry-after', '7')
        throw new Busy()
      })
    }
  }
  const { app, saved } = await build(host, 'after')
  const ask = await served(t, app)
  const { statusCode, headers, body } = await ask(photo())
  t.match({ statusCode, headers, error: JSON.parse(body).error }, {
    statusCode: 503, headers: { 'retry-after': '7', 'content-type': 'application/json' }, error: { code: 'ServiceUnavailable', message: 'Come back later.' }
  })
  t.match(await ask({ url: '/own' }), { statusCode: 418, body: 'teapot' })
  t.equal(saved.length, 0)
})

t.test('frozen options are taken, and left as they are', async (t) => {
  const options = Object.freeze({
    prefix: '/v1.0',
    savePhoto () {},
    jwt: Object.freeze({ secret: 'x'.repeat(32), verify: Object.freeze({ allowedAud: Object.freeze(['a']) }), decode: Object.freeze({}) }),
    permissions: Object.freeze({ user: Object.freeze({ delegated: Object.freeze(['A']), application: Object.freeze([]) }) }),
    contentTypes: Object.freeze(['image/jpeg', 'Image/PNG']),
    imageTypes: Object.freeze(['image/jpeg'] as const)
  })
  const before = JSON.stringify(options)
  const { app } = await build({ options }, 'after')
  const ask = await served(t, app)
  t.equal((await ask(photo())).statusCode, 401)
  t.equal(JSON.stringify(options), before)
})

t.test('inject works as the wire does', async (t) => {
  const { app, saved } = await build({}, 'after')
  t.teardown(() => app.close())
  const { method, url, headers, body } = photo()
  const answer = await app.inject({ method: method === 'PUT' ? 'PUT' : 'PATCH', url, headers: { ...headers }, payload: body ?? '' })
  t.equal(answer.statusCode, 200)
  t.equal(saved.length, 1)
})
