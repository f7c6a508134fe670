import fastifyJwt, { type FastifyJWTOptions } from '@fastify/jwt'
import { createSigner } from 'fast-jwt'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { callerFromClaims, graphPhoto, graphServerOptions, type GraphPhotoOptions } from '../../lib/index.js'
import { assertError } from '../helpers/host.js'
import { jwt, audience, claims, secret, token } from '../helpers/tokens.js'
import { behaviour, served, ownRoutes, photo, type Ask } from './hosts.js'
import { ownPhoto } from '../helpers/wire.js'

const hostSecret = "the host's own secret, of 32 characters or more"
const otherSecret = 'yet another secret, of 32 characters or more'
const beta = '/beta/me/photo/$value'

const refused = { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token validation failure.' }
const signedBy = (key: string) => token(claims(), key)

type Build = (app: FastifyInstance, register: (options?: Partial<GraphPhotoOptions> & { prefix?: string }) => Promise<void>) => Promise<void>

interface Started {
  readonly ask: Ask
  readonly saved: string[]
}

/** A server with a route that asks for the host's own token; `build` registers the plugin wherever it likes. */
async function start (t: Test, build: Build): Promise<Started> {
  const app = Fastify(graphServerOptions)
  const saved: string[] = []
  await build(app, async (options = {}) => {
    await app.register(graphPhoto, { prefix: '/v1.0', savePhoto: (_photo, { request }) => { saved.push(request.url) }, ...options })
  })
  ownRoutes(app)
  return { ask: await served(t, app), saved }
}

/** The host's own check, as its documentation writes it. */
function guardedRoute (app: FastifyInstance): void {
  app.get('/guarded', { onRequest: async (request) => { await request.jwtVerify() } }, async ({ user }) => user)
}

const guarded = (token: string) => ({ url: '/guarded', headers: { authorization: `Bearer ${token}` } })

async function assertHostVerifies (t: Test, ask: Ask, accepted: string, others: readonly string[]): Promise<void> {
  const answer = await ask(guarded(accepted))
  t.match({ statusCode: answer.statusCode, user: JSON.parse(answer.body) }, { statusCode: 200, user: { oid: claims()['oid'] } })
  for (const other of others) {
    const { statusCode, body } = await ask(guarded(other))
    t.equal(statusCode, 401)
    t.match(JSON.parse(body), { code: 'FST_JWT_AUTHORIZATION_TOKEN_INVALID' }, "the host's own words")
  }
}

t.test("without a host's @fastify/jwt two registrations each verify with their own secret", async (t) => {
  const { ask, saved } = await start(t, async (_app, register) => {
    await register({ jwt })
    await register({ prefix: '/beta', jwt: { secret: otherSecret } })
  })
  t.equal((await ask(photo())).statusCode, 200)
  t.equal((await ask(photo({ url: beta, token: signedBy(otherSecret) }))).statusCode, 200)
  assertError(t, await ask(photo({ token: signedBy(otherSecret) })), refused)
  assertError(t, await ask(photo({ url: beta })), refused)
  t.strictSame(saved, [ownPhoto, beta])
})

t.test("with a host's @fastify/jwt two registrations each verify with their own secret, and the host with its own", async (t) => {
  const { ask, saved } = await start(t, async (app, register) => {
    await app.register(fastifyJwt, { secret: hostSecret })
    await register({ jwt })
    await register({ prefix: '/beta', jwt: { secret: otherSecret } })
    guardedRoute(app)
  })
  t.equal((await ask(photo())).statusCode, 200)
  t.equal((await ask(photo({ url: beta, token: signedBy(otherSecret) }))).statusCode, 200)
  for (const key of [otherSecret, hostSecret]) assertError(t, await ask(photo({ token: signedBy(key) })), refused)
  for (const key of [secret, hostSecret]) assertError(t, await ask(photo({ url: beta, token: signedBy(key) })), refused)
  t.strictSame(saved, [ownPhoto, beta])
  await assertHostVerifies(t, ask, signedBy(hostSecret), [token(), signedBy(otherSecret)])
})

t.test("two registrations can share the host's @fastify/jwt", async (t) => {
  const { ask, saved } = await start(t, async (app, register) => {
    await app.register(fastifyJwt, { secret: hostSecret })
    await register()
    await register({ prefix: '/beta' })
    guardedRoute(app)
  })
  for (const url of [ownPhoto, beta]) {
    t.equal((await ask(photo({ url, token: signedBy(hostSecret) }))).statusCode, 200)
    assertError(t, await ask(photo({ url })), refused)
  }
  t.strictSame(saved, [ownPhoto, beta])
  await assertHostVerifies(t, ask, signedBy(hostSecret), [token()])
})

t.test('one registration can be inside another host scope, with a secret of its own', async (t) => {
  const { ask } = await start(t, async (app, register) => {
    await app.register(async (scope) => {
      await scope.register(fastifyJwt, { secret: hostSecret })
      await scope.register(graphPhoto, { prefix: '/scoped', savePhoto () {} })
    })
    await register({ jwt })
  })
  t.equal((await ask(photo())).statusCode, 200)
  t.equal((await ask(photo({ url: '/scoped/me/photo/$value', token: signedBy(hostSecret) }))).statusCode, 200)
  assertError(t, await ask(photo({ url: '/scoped/me/photo/$value' })), refused)
  assertError(t, await ask(photo({ token: signedBy(hostSecret) })), refused)
})

const hosts: ReadonlyArray<readonly [name: string, build: Build]> = [
  ['before us', async (app, register) => {
    await app.register(fastifyJwt, { secret: hostSecret })
    await register({ jwt })
  }],
  ['after us', async (app, register) => {
    await register({ jwt })
    await app.register(fastifyJwt, { secret: hostSecret })
  }],
  ['before us, with another one in a namespace', async (app, register) => {
    await app.register(fastifyJwt, { secret: hostSecret })
    await app.register(fastifyJwt, { secret: otherSecret, namespace: 'graphPhoto1', decoratorName: 'other' })
    await register({ jwt })
  }],
  ['and a cookie, a formatter and a trust check of its own', async (app, register) => {
    await app.register(fastifyJwt, {
      secret: { private: hostSecret, public: hostSecret },
      sign: { expiresIn: '1h' },
      cookie: { cookieName: 'token', signed: false },
      formatUser: (user) => ({ ...Object(user), formatted: true }),
      trusted: () => true
    })
    await register({ jwt })
  }]
]

for (const [name, build] of hosts) {
  t.test(`a host's @fastify/jwt ${name}: with our own jwt option each verifies with its own secret`, async (t) => {
    const { ask, saved } = await start(t, async (app, register) => {
      await build(app, register)
      guardedRoute(app)
    })
    t.equal((await ask(photo())).statusCode, 200)
    assertError(t, await ask(photo({ token: signedBy(hostSecret) })), refused)
    t.strictSame(saved, [ownPhoto])
    await assertHostVerifies(t, ask, signedBy(hostSecret), [token()])
  })
}

t.test("a host's @fastify/jwt before us is used where no other way is given", async (t) => {
  const { ask, saved } = await start(t, async (app, register) => {
    await app.register(fastifyJwt, { secret: hostSecret, verify: { allowedAud: audience } })
    await register()
    guardedRoute(app)
  })
  t.equal((await ask(photo({ token: signedBy(hostSecret) }))).statusCode, 200)
  assertError(t, await ask(photo()), refused)
  assertError(t, await ask(photo({ token: token(claims({ aud: 'another' }), hostSecret) })), { ...refused, message: 'Access token validation failure. Invalid audience.' })
  t.strictSame(saved, [ownPhoto])
  await assertHostVerifies(t, ask, signedBy(hostSecret), [])
})

t.test("what a host's @fastify/jwt accepts stands in the reason of a token that it refuses", async (t) => {
  const verify = { allowedAud: ['https://api.example', /^api:/], allowedIss: 'https://op.example', algorithms: ['HS256' as const, 'HS384' as const] }
  const { ask } = await start(t, async (app, register) => {
    await app.register(fastifyJwt, { secret: hostSecret, verify })
    await register({ explain: true })
  })
  const forHost = { aud: 'https://api.example', iss: 'https://op.example' }
  const rows: ReadonlyArray<readonly [claims: object, code: string, accepted: string, algorithm?: 'HS512']> = [
    [{ ...forHost, aud: 'another' }, 'audienceInvalid', '"https://api.example", /^api:/'],
    [{ ...forHost, iss: 'https://op.example/' }, 'issuerInvalid', '"https://op.example"'],
    [forHost, 'algorithmNotAccepted', 'HS256, HS384', 'HS512']
  ]
  for (const [own, code, accepted, algorithm = 'HS256'] of rows) {
    const sent = createSigner({ key: hostSecret, algorithm })(claims({ ...own }))
    const { error } = JSON.parse((await ask(photo({ token: sent }))).body)
    t.match(error.details, [{ code, message: `accepted: ${accepted}.` }])
  }
})

t.test("our own jwt option adds nothing to the host's @fastify/jwt but its namespace", async (t) => {
  const hostWith = async (withUs: boolean): Promise<FastifyInstance> => {
    const app = Fastify(graphServerOptions)
    t.teardown(() => app.close())
    await app.register(fastifyJwt, { secret: hostSecret })
    if (withUs) await app.register(graphPhoto, { prefix: '/v1.0', jwt, savePhoto () {} })
    return app
  }
  const without = await hostWith(false)
  const withUs = await hostWith(true)
  t.strictSame(Object.keys(withUs.jwt), [...Object.keys(without.jwt), 'graphPhoto1'])
  t.match(withUs.jwt.verify(withUs.jwt.sign({ a: 1 })), { a: 1 })
  for (const decorator of ['jwtVerify', 'jwtDecode', 'user']) t.ok(withUs.hasRequestDecorator(decorator))
  t.notOk(withUs.hasRequestDecorator('graphPhoto1JwtVerify'), 'our decorators stay in our scope')
})

const asNamespace: Build = async (app) => { await app.register(fastifyJwt, { secret: hostSecret, namespace: 'host' }) }

t.test("a host's @fastify/jwt with a namespace stands beside our own jwt option", async (t) => {
  const { ask, saved } = await start(t, async (app, register) => {
    await asNamespace(app, register)
    await register({ jwt })
    app.get('/guarded', async (request: FastifyRequest) => Reflect.apply(Reflect.get(request, 'hostJwtVerify'), request, []))
  })
  t.equal((await ask(photo())).statusCode, 200)
  assertError(t, await ask(photo({ token: signedBy(hostSecret) })), refused)
  t.strictSame(saved, [ownPhoto])
  await assertHostVerifies(t, ask, signedBy(hostSecret), [token()])
})

t.test("a host's @fastify/jwt with a namespace is not ours to use", async (t) => {
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  await app.register(fastifyJwt, { secret: hostSecret, namespace: 'host' })
  await t.rejects(async () => app.register(graphPhoto, { savePhoto () {} }), { code: 'FST_GRAPH_PHOTO_MISSING_AUTHENTICATION' })
})

t.test("a host's @fastify/jwt with a namespace can be asked by the host's own authenticate", async (t) => {
  const { ask } = await start(t, async (app, register) => {
    await asNamespace(app, register)
    await register({
      authenticate: async (request) => callerFromClaims(await Reflect.apply(Reflect.get(request, 'hostJwtVerify'), request, []))
    })
  })
  t.equal((await ask(photo({ token: signedBy(hostSecret) }))).statusCode, 200)
  assertError(t, await ask(photo()), refused)
})

t.test('a host without @fastify/jwt gets none from us, and is as it was', async (t) => {
  const without = await start(t, async () => {})
  const { ask } = await start(t, async (app, register) => {
    await register({ jwt })
    t.notOk(app.hasDecorator('jwt'))
    t.notOk(app.hasRequestDecorator('jwtVerify'))
    t.notOk(app.hasRequestDecorator('user'))
  })
  t.strictSame(await behaviour(ask), await behaviour(without.ask))
})

t.test('a host with @fastify/jwt is as it was', async (t) => {
  const register = async (app: FastifyInstance) => { await app.register(fastifyJwt, { secret: hostSecret }) }
  const without = await start(t, register)
  const { ask } = await start(t, async (app, registerPlugin) => {
    await register(app)
    await registerPlugin({ jwt })
  })
  t.strictSame(await behaviour(ask), await behaviour(without.ask))
})

const formatters: ReadonlyArray<readonly [what: string, formatUser: (user: object) => unknown, jwt?: object]> = [
  ['gives another user', () => ({ id: 1 })],
  ['leaves out exp', ({ ...user }) => ({ ...user, exp: undefined })],
  ['leaves out aud', ({ ...user }) => ({ ...user, aud: undefined })],
  ['gives nobody', () => null],
  ['gives text', () => 'adele'],
  ['gives another user of a token that is decoded whole', () => ({ id: 1 }), { decode: { complete: true } }]
]

for (const [what, formatUser, options] of formatters) {
  t.test(`a host's @fastify/jwt whose formatUser ${what} is the server's fault, and says what to do`, async (t) => {
    const logs: Array<Readonly<Record<string, unknown>>> = []
    const app = Fastify({ ...graphServerOptions, logger: { stream: { write: (line: string) => { logs.push(JSON.parse(line)) } } } })
    // Its type asks for a user, which is what these are not.
    await app.register(fastifyJwt, { secret: hostSecret, formatUser, ...options } as FastifyJWTOptions)
    await app.register(graphPhoto, { prefix: '/v1.0', savePhoto: () => { t.fail('nothing is saved') } })
    const ask = await served(t, app)
    assertError(t, await ask(photo({ token: signedBy(hostSecret) })), { statusCode: 500, code: 'ErrorInternalServerError' })
    const whatToDo = /register @fastify\/jwt without formatUser, or pass authenticate/
    t.match(logs.filter(({ level }) => level === 50), [{ err: { message: whatToDo } }])
    t.match(logs.find((line) => 'photo' in line), { photo: { status: 500, why: { code: 'claimsHidden' } } })

    logs.length = 0
    const lacking = token({ ...claims(), exp: undefined }, hostSecret)
    assertError(t, await ask(photo({ token: lacking })), refused)
    const line = logs.find((line) => 'photo' in line)
    t.match(line, { photo: { status: 401, why: { code: 'claimMissing' } } }, 'a token that lacks it itself is refused')
    assertError(t, await ask(photo({ token: signedBy(otherSecret) })), refused)
  })
}

t.test('a formatUser that keeps the claims is used', async (t) => {
  const { ask, saved } = await start(t, async (app, register) => {
    await app.register(fastifyJwt, { secret: hostSecret, formatUser: (user) => ({ ...Object(user), formatted: true }) })
    await register()
  })
  t.equal((await ask(photo({ token: signedBy(hostSecret) }))).statusCode, 200)
  t.equal(saved.length, 1)
})

const decorations: readonly unknown[] = [undefined, null, {}, { options: { verify: null } }, { options: { verify: { algorithms: 'HS256' } } }]

for (const jwt of decorations) {
  t.test(`a host that decorates jwtVerify itself, and jwt as ${JSON.stringify(jwt)}, gets no 500 for a token without claims`, async (t) => {
    const { ask } = await start(t, async (app, register) => {
      app.decorateRequest('jwtVerify', async () => ({}))
      // A host that has no @fastify/jwt may call by its names what it likes.
      if (jwt !== undefined) app.decorate('jwt', jwt as never)
      await register()
    })
    assertError(t, await ask(photo()), refused)
  })
}
