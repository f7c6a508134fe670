import t from 'tap'
import fastifyJwt from '@fastify/jwt'
import Fastify from 'fastify'
import { graphPhoto, type GraphPhotoOptions } from '../../lib/index.js'
import * as namespace from '../../lib/index.js'
import { host, put } from '../helpers/host.js'
import { audience, secret, token } from '../helpers/tokens.js'
import { portrait } from '../fixtures/pictures.js'

const jwt = { secret, verify: { allowedAud: audience } }
const savePhoto = () => {}

const refused: ReadonlyArray<readonly [what: string, options: object, code: string, message: RegExp]> = [
  ['no savePhoto', { jwt }, 'MISSING_SAVE_PHOTO', /savePhoto/],
  ['a savePhoto that is not a function', { jwt, savePhoto: 'x' }, 'MISSING_SAVE_PHOTO', /savePhoto/],
  ['no way to authenticate', { savePhoto }, 'MISSING_AUTHENTICATION', /`authenticate` or `jwt`, or/],
  ['two ways to authenticate', { savePhoto, jwt, authenticate: () => null }, 'TWO_AUTHENTICATIONS', /`authenticate` or `jwt`, not both/],
  ...([
    ['authenticate', 'x'], ['jwt', null], ['jwt', {}], ['jwt', 'secret'], ['resolveTarget', 'x'], ['authorize', null],
    ['imageTypes', ['image/bmp']], ['imageTypes', []], ['imageTypes', 'image/jpeg'],
    ['contentTypes', 'image/jpeg'], ['contentTypes', []], ['contentTypes', ['image/*']], ['contentTypes', ['jpeg']], ['contentTypes', [1]],
    ['permissions', null], ['permissions', { users: {} }],
    ['permissions.group.delegated', { group: { application: [] } }, 'permissions'],
    ['permissions.user.application', { user: { delegated: [], application: 'User.ReadWrite.All' } }, 'permissions'],
    ['permissions.contact', { contact: undefined }, 'permissions'],
    ['permissions.contact.delegated', { contact: { delegated: [1], application: [] } }, 'permissions'],
    ...['maxRequestBytes', 'maxPixels'].flatMap((name) => [0, -1, 1.5, NaN, Infinity, '4MB', null].map((value) => [name, value] as const))
  ] as const).map(([name, value, key = name]) => {
    const other = key === 'authenticate' ? {} : { jwt }
    return [`${name}: ${JSON.stringify(value)}`, { savePhoto, ...other, [key]: value }, 'INVALID_OPTION', new RegExp(`option ${name} must be`)] as const
  })
]

for (const [what, options, code, message] of refused) {
  t.test(`${what} is refused with a coded error that names the option`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    const register = async () => { await app.register(graphPhoto, options as GraphPhotoOptions) }
    await t.rejects(register(), { code: `FST_GRAPH_PHOTO_${code}`, message })
  })
}

t.test("without jwt and authenticate the host's @fastify/jwt verifies, where it was registered before", async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const saved: string[] = []
  await app.register(fastifyJwt, jwt)
  await app.register(graphPhoto, { savePhoto: (_photo, { caller }) => { saved.push(caller.id) } })
  const headers = { 'content-type': 'image/jpeg' }
  const payload = portrait
  const url = '/me/photo/$value'
  t.equal((await app.inject({ method: 'PUT', url, payload, headers: { ...headers, authorization: `Bearer ${token()}` } })).statusCode, 200)
  t.equal((await app.inject({ method: 'PUT', url, payload, headers: { ...headers, authorization: `Bearer ${token(undefined, 'another secret of 32 characters!')}` } })).statusCode, 401)
  t.equal(saved.length, 1)
})

t.test("a host's @fastify/jwt with a namespace is not ours to use", async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyJwt, { ...jwt, namespace: 'host' })
  await t.rejects(async () => { await app.register(graphPhoto, { savePhoto }) }, { code: 'FST_GRAPH_PHOTO_MISSING_AUTHENTICATION' })
})

t.test('Content-Types are compared without their case and parameters', async (t) => {
  const { app } = await host(t, { contentTypes: ['Application/Octet-Stream', 'image/jpeg'] })
  for (const type of ['application/octet-stream', 'APPLICATION/OCTET-STREAM', 'Image/JPEG; charset=utf-8', 'image/jpeg;q=1']) {
    t.equal((await put(app, { headers: { 'content-type': type } })).statusCode, 200, type)
  }
  t.equal((await put(app, { headers: { 'content-encoding': 'Identity' } })).statusCode, 200)
})

t.test("contentTypes '*' takes any Content-Type, or none", async (t) => {
  const { app, saved } = await host(t, { contentTypes: '*' })
  for (const type of ['application/json', 'application/octet-stream', 'text/plain; charset=utf-8', 'multipart/form-data; boundary=x', 'x/y', undefined]) {
    t.equal((await put(app, { headers: { 'content-type': type } })).statusCode, 200, String(type))
    t.equal(saved.pop()?.photo.contentType, 'image/jpeg')
  }
})

t.test('options are never changed, and may be frozen', async (t) => {
  const options = Object.freeze({
    jwt: Object.freeze({ secret, verify: Object.freeze({ allowedAud: audience, algorithms: Object.freeze(['HS256'] as const) }) }),
    savePhoto,
    contentTypes: Object.freeze(['Image/JPEG']),
    imageTypes: Object.freeze(['image/jpeg'] as const),
    permissions: Object.freeze({ user: Object.freeze({ delegated: Object.freeze(['User.ReadWrite']), application: Object.freeze([]) }) })
  })
  const before = structuredClone({ ...options, savePhoto: null })
  const { app } = await host(t, options)
  t.equal((await put(app)).statusCode, 200)
  t.strictSame({ ...options, savePhoto: null }, before)
})

t.test('jwt takes the options of @fastify/jwt', async (t) => {
  const { app } = await host(t, { jwt: { secret: async () => secret, decode: { complete: false }, trusted: (_request, { oid }) => oid === 'trusted' } })
  t.equal((await put(app)).statusCode, 401)
  const claims = { aud: audience, exp: 9_999_999_999, oid: 'trusted', scp: 'User.ReadWrite' }
  t.equal((await put(app, { claims })).statusCode, 200)
})

t.test('a token that trusted does not trust is refused, with a secret that is known beforehand too', async (t) => {
  for (const trusted of [() => false, async () => false]) {
    const { app } = await host(t, { jwt: { secret, verify: { allowedAud: audience }, trusted } })
    const answer = await put(app)
    t.equal(answer.statusCode, 401)
    t.match(answer.json(), { error: { message: 'Access token validation failure.' } })
  }
})

t.test('a token may come from elsewhere than the Authorization header', async (t) => {
  const { app } = await host(t, { jwt: { secret, verify: { allowedAud: audience, extractToken: ({ headers }) => headers['x-token']?.toString() } } })
  t.equal((await put(app, { headers: { authorization: undefined, 'x-token': token() } })).statusCode, 200)
  const answer = await put(app, { headers: { authorization: undefined } })
  t.equal(answer.statusCode, 401)
  t.match(answer.json(), { error: { message: 'Access token is empty.' } })
})

t.test('the namespace that require() gives can be registered too', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  // register's types know namespaces as promises only, which is what import() gives.
  await Reflect.apply(app.register, app, [namespace, { prefix: '/v1.0', jwt, savePhoto }])
  await app.register(import('../../lib/index.js'), { prefix: '/beta', jwt, savePhoto })
  for (const prefix of ['/v1.0', '/beta']) t.ok(app.hasRoute({ method: 'PUT', url: `${prefix}/me/photo/$value` }))
})

t.test('the exports are those of the contract', async (t) => {
  t.strictSame(Object.keys(namespace).sort(), [
    'GraphError', 'callerFromClaims', 'default', 'defaultPermissions', 'graphAuthorize', 'graphEnvelope', 'graphPhoto', 'graphServerOptions',
    'photoKey', 'photoTarget'
  ])
  t.equal(namespace.default, namespace.graphPhoto)
})

t.test('Fastify knows the plugins by their names, and takes them from version 5 on', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(async (scope) => {
    await scope.register(namespace.graphEnvelope)
    t.ok(scope.hasPlugin('fastify-graph-photo/envelope'))
    scope.addHook('onRegister', (inner) => {
      inner.addHook('onReady', async () => { t.ok(inner.hasPlugin('fastify-graph-photo')) })
    })
    await scope.register(namespace.graphPhoto, { jwt, savePhoto })
  })
  await app.ready()
  for (const plugin of [namespace.graphEnvelope, namespace.graphPhoto]) {
    t.match(Reflect.get(plugin, Symbol.for('plugin-meta')), { fastify: '5.x' })
  }
})
