import { Value } from '@sinclair/typebox/value'
import type { TSchema } from '@sinclair/typebox'
import t from 'tap'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import type { PhotoTarget } from '../../lib/index.js'
import { graphPhoto, graphServerOptions } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { errorsIn, host, put } from '../helpers/host.js'
import { appClaims, claims, tenantId, userId, userPrincipalName } from '../helpers/tokens.js'

// The lengths of real ones, with every character they hold.
const contactId = `AAMkAGI2_-${'Zz9'.repeat(46)}abc=`
const contactFolderId = `AQMkADg3${'yY0'.repeat(36)}aB-_`
const groupId = '02bd9fd6-8f93-4758-87c3-1fb73740a315'

const user: PhotoTarget = { kind: 'user', tenantId, userId }
const contact: PhotoTarget = { kind: 'contact', tenantId, userId, contactId }
const contactInFolder: PhotoTarget = { ...contact, contactFolderId }

const paths: ReadonlyArray<readonly [path: string, target: PhotoTarget]> = [
  ['/me/photo/$value', user],
  [`/users/${userId}/photo/$value`, user],
  [`/groups/${groupId}/photo/$value`, { kind: 'group', tenantId, groupId }],
  [`/me/contacts/${contactId}/photo/$value`, contact],
  [`/users/${userId}/contacts/${contactId}/photo/$value`, contact],
  [`/me/contactfolders/${contactFolderId}/contacts/${contactId}/photo/$value`, contactInFolder],
  [`/users/${userId}/contactfolders/${contactFolderId}/contacts/${contactId}/photo/$value`, contactInFolder]
]

t.equal(contactId.length, 152)
t.equal(contactFolderId.length, 120)

for (const [path, target] of paths) {
  for (const method of ['PUT', 'PATCH'] as const) {
    t.test(`${method} ${path.replace(contactId, '{id}').replace(contactFolderId, '{contactFolderId}')} saves the photo of its target`, async (t) => {
      const { app, saved } = await host(t)
      const response = await put(app, { method, url: `/v1.0${path}` })
      t.equal(response.statusCode, 200)
      t.equal(saved.length, 1)
      t.strictSame(saved[0]?.context.target, target)
      t.strictSame(saved[0]?.photo, { data: portrait, contentType: 'image/jpeg', width: 648, height: 648 })
    })
  }
}

t.test('an accepted request is answered 200 with an empty body, no type, and the two ids', async (t) => {
  const { app } = await host(t)
  const { statusCode, headers, body } = await put(app)
  t.equal(statusCode, 200)
  t.equal(body, '')
  t.equal(headers['content-length'], '0')
  t.notOk('content-type' in headers)
  t.ok(headers['request-id'])
  t.equal(headers['client-request-id'], headers['request-id'])
})

t.test("an accepted request is answered without a Content-Type, though a hook that the host's onRoute adds to a route sets one", async (t) => {
  const { app } = await host(t, {}, graphServerOptions, (app) => app.addHook('onRoute', (route) => {
    route.onSend = async (_request: FastifyRequest, reply: FastifyReply) => { reply.header('content-type', 'application/json') }
  }))
  const { statusCode, headers } = await put(app)
  t.equal(statusCode, 200)
  t.notOk('content-type' in headers)
  t.ok(headers['request-id'])
})

t.test("a host's onRoute hook may declare routes of its own for those of the plugin", async (t) => {
  const { app, logs } = await host(t, {}, graphServerOptions, (app) => app.addHook('onRoute', function (route) {
    if (route.method !== 'PUT' || !route.url.endsWith('/me/photo/$value') || this.hasRoute({ method: 'HEAD', url: '/v1.0/me/photo' })) return
    this.route({ method: 'HEAD', url: '/me/photo', handler: async (_request, reply) => reply.code(204).send() })
  }))
  const own = await app.inject({ method: 'HEAD', url: '/v1.0/me/photo' })
  t.equal(own.statusCode, 204)
  t.notOk(logs.some(({ photo }) => photo !== undefined), 'no photo is spoken of')
  t.equal((await put(app)).statusCode, 200)
})

t.test('an accepted request is answered without a Content-Type, whichever host hook sets one', async (t) => {
  for (const hook of ['onRequest', 'preHandler', 'onSend'] as const) {
    const { app } = await host(t, {}, graphServerOptions, (app) => app.addHook(hook, async (_request: FastifyRequest, reply: FastifyReply) => {
      reply.header('content-type', 'application/json; charset=utf-8')
    }))
    const { statusCode, headers } = await put(app)
    t.strictSame([statusCode, headers['content-type']], [200, undefined], hook)
  }
})

t.test('any other answer keeps the Content-Type that it has', async (t) => {
  const byItself = await host(t, {}, graphServerOptions, (app) => app.addHook('preHandler', async (_request, reply) => reply.send({ ok: true })))
  const answer = await put(byItself.app)
  t.match([answer.statusCode, answer.headers['content-type']], [200, /^application\/json/], "a host hook's own")
  const broken = await host(t, {}, graphServerOptions, (app) => app.addHook('onSend', async (_request, { statusCode }) => {
    if (statusCode === 200) throw new Error('broken')
  }))
  const failure = await put(broken.app)
  t.match([failure.statusCode, failure.headers['content-type']], [500, /^application\/json/], 'that of a photo which is saved, and whose answer fails')
})

t.test('a group or user that is not known is named in the answer as the request names it', async (t) => {
  const { app } = await host(t, { resolveTarget: () => null })
  const claims = appClaims()
  for (const [url, id] of [['/groups/Some-Group', 'Some-Group'], ['/users/Some@user.example', 'Some@user.example']] as const) {
    const { statusCode, body } = await put(app, { url: `/v1.0${url}/photo/$value`, claims })
    t.match([statusCode, JSON.parse(body).error.message], [404, `Resource '${id}' does not exist`])
  }
})

t.test('what fails while a request is admitted refuses it, and is logged with its cause', async (t) => {
  // No promise, and no more can be read of it.
  const unreadable = Object.defineProperty({}, 'kind', { get () { throw new Error('unreadable') } }) as PhotoTarget
  for (const resolveTarget of [() => unreadable, async () => unreadable]) {
    const { app, logs, saved } = await host(t, { resolveTarget })
    t.equal((await put(app)).statusCode, 500)
    t.equal(saved.length, 0)
    const why = logs.flatMap(({ photo }) => photo === undefined ? [] : [Object(photo).why.code])
    t.match([why, errorsIn(logs)], [['hostFailed'], [{ err: { message: 'unreadable' } }]])
  }
})

t.test('a path that only resembles one is not served', async (t) => {
  const { app } = await host(t)
  for (const url of ['/me/photo/value', '/me/photo/$valueX', '/me/photo/$', '/me/photo', '/me/Photo/$value', '/groups/x/contacts/y/photo/$value']) {
    t.equal((await put(app, { url: `/v1.0${url}` })).statusCode, 404, url)
  }
  for (const method of ['GET', 'POST', 'DELETE'] as const) {
    t.equal((await app.inject({ method, url: '/v1.0/me/photo/$value' })).statusCode, 404, method)
  }
})

t.test('exactly fourteen routes are declared, beside hidden ones', async (t) => {
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  const declared: string[] = []
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (schema !== undefined && 'hide' in schema) return
    declared.push(`${String(method)} ${url}`)
  })
  await app.register(graphPhoto, { prefix: '/v1.0', savePhoto () {}, authenticate: () => undefined })
  t.strictSame(declared, [
    '/me/photo/$value',
    '/users/:userId/photo/$value',
    '/groups/:groupId/photo/$value',
    '/me/contacts/:contactId/photo/$value',
    '/users/:userId/contacts/:contactId/photo/$value',
    '/me/contactfolders/:contactFolderId/contacts/:contactId/photo/$value',
    '/users/:userId/contactfolders/:contactFolderId/contacts/:contactId/photo/$value'
  ].flatMap((path) => [`PUT /v1.0${path}`, `PATCH /v1.0${path}`]))
})

t.test('every route, hidden or not, carries the limit, for host plugins that read bodies', async (t) => {
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  const limits = new Set<number | undefined>()
  app.addHook('onRoute', ({ bodyLimit }) => { limits.add(bodyLimit) })
  await app.register(graphPhoto, { prefix: '/v1.0', maxRequestBytes: 5_000_000, savePhoto () {}, authenticate: () => undefined })
  t.strictSame([...limits], [5_000_000])
})

t.test('a user is addressed by id or principal name, in any case', async (t) => {
  const { app, saved } = await host(t)
  for (const name of [userId.toUpperCase(), userPrincipalName, userPrincipalName.toUpperCase(), encodeURIComponent(userPrincipalName)]) {
    const response = await put(app, { url: `/v1.0/users/${name}/photo/$value` })
    t.equal(response.statusCode, 200, name)
    t.strictSame(saved.pop()?.context.target, user)
  }
})

t.test('ids of users and groups are lower-cased, those of contacts and folders are exact', async (t) => {
  const { app, saved } = await host(t)
  await put(app, { url: `/v1.0/groups/${groupId.toUpperCase()}/photo/$value` })
  t.match(saved.pop()?.context.target, { groupId })
  await put(app, { claims: claims({ oid: userId.toUpperCase() }), url: '/v1.0/me/contactFolders/Ff/contacts/AbC/photo/$value' })
  t.strictSame(saved.pop()?.context.target, { kind: 'contact', tenantId, userId, contactId: 'AbC', contactFolderId: 'Ff' })
})

t.test('encoded characters of an id arrive decoded', async (t) => {
  const { app, saved } = await host(t)
  await put(app, { url: '/v1.0/me/contacts/a%2Fb%2B%3D%20%23/photo/$value' })
  t.match(saved.pop()?.context.target, { contactId: 'a/b+= #' })
})

t.test('the schema of a path calls an id well formed if and only if it is not answered as malformed', async (t) => {
  const schemas = new Map<string, TSchema>()
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  // The plugin declares each path with a schema of TypeBox.
  app.addHook('onRoute', ({ url, schema }) => { schemas.set(url, schema?.params as TSchema) })
  await app.register(graphPhoto, { authenticate: () => ({ kind: 'delegated', id: 'a', permissions: [] }), savePhoto () {} })
  for (const [url, schema] of schemas) {
    const names = Object.keys(schema['properties'])
    for (const name of names) {
      for (const id of ['a', ' ', 'a\u00a0b', '\u{1f600}', '', '\n', 'a\u0000b', 'a\u001f', '\u007f', '\u0080', 'a\u009f', 'a\n']) {
        const params = { ...Object.fromEntries(names.map((other) => [other, 'x'])), [name]: id }
        const sent = Object.entries(params).reduce((path, [other, value]) => path.replace(`:${other}/`, `${encodeURIComponent(value)}/`), url)
        const { body } = await app.inject({ method: 'PUT', url: sent })
        // eslint-disable-next-line no-control-regex -- control characters are what makes an id malformed
        const isMalformed = id === '' || /[\u0000-\u001f\u007f-\u009f]/.test(id)
        const isAnswered = JSON.parse(body).error.code === 'ErrorInvalidIdMalformed'
        t.strictSame([isAnswered, !Value.Check(schema, params)], [isMalformed, isMalformed], JSON.stringify([url, name, id]))
      }
    }
  }
})

t.test('an id that a host hook replaced with something other than text is malformed', async (t) => {
  for (const id of [undefined, null, 42, ['x'], { toString: () => 'x' }]) {
    const app = Fastify(graphServerOptions)
    t.teardown(() => app.close())
    app.addHook('onRequest', async (request) => { request.params = { userId: id, contactId: id, groupId: id, contactFolderId: id } })
    const caller = { kind: 'application', id: 'a', permissions: ['User.ReadWrite.All', 'Contacts.ReadWrite', 'Group.ReadWrite.All'] } as const
    await app.register(graphPhoto, { authenticate: () => caller, savePhoto () { t.fail('nothing is saved') } })
    for (const url of ['/users/x/photo/$value', '/groups/x/photo/$value', '/users/x/contacts/x/photo/$value']) {
      const response = await put(app, { url })
      t.match([response.statusCode, response.json()], [400, { error: { code: 'ErrorInvalidIdMalformed' } }], `${url}, ${typeof id}`)
    }
  }
})
