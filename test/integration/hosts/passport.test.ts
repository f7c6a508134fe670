import { randomBytes } from 'node:crypto'
import { Authenticator } from '@fastify/passport'
import fastifySecureSession from '@fastify/secure-session'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { graphPhoto, graphServerOptions, type GraphPhotoOptions } from '../../../lib/index.js'
import { assertError } from '../../helpers/host.js'
import { jwt, userId } from '../../helpers/tokens.js'
import { behaviour, served, ownRoutes, photo, type Ask } from '../../hosts/hosts.js'
import { ownPhoto } from '../../helpers/wire.js'

/** The smallest strategy of passport's: whoever says who they are is signed in. */
const byName = {
  name: 'by name',
  authenticate (this: { success: (user: object) => void, fail: () => void }, request: { headers: Record<string, unknown> }): void {
    const { 'x-name': name } = request.headers
    if (typeof name === 'string') this.success({ name })
    else this.fail()
  }
}

type Register = (app: FastifyInstance) => Promise<void>

async function start (t: Test, before: Register, after: Register): Promise<Ask> {
  const app = Fastify(graphServerOptions)
  const passport = new Authenticator()
  passport.use(byName)
  passport.registerUserSerializer(async (user: object) => JSON.stringify(user))
  passport.registerUserDeserializer(async (text: string): Promise<unknown> => JSON.parse(text))

  await before(app)
  await app.register(fastifySecureSession, { key: randomBytes(32), cookie: { path: '/' } })
  await app.register(passport.initialize())
  await app.register(passport.secureSession())
  app.post('/login', { preValidation: passport.authenticate('by name') }, async () => 'welcome')
  app.get('/whoami', async ({ user = null }) => ({ user }))
  await after(app)
  ownRoutes(app)
  return served(t, app)
}

async function signIn (ask: Ask): Promise<string> {
  const { statusCode, headers } = await ask({ url: '/login', method: 'POST', headers: { 'x-name': 'Adele' } })
  if (statusCode !== 200) throw new Error(`login answered ${statusCode}`)
  return headers['set-cookie']?.split(';', 1)[0] ?? ''
}

const nothing: Register = async () => {}

for (const order of ['before', 'after'] as const) {
  t.test(`@fastify/passport with secure-session, registered ${order} us, keeps its session and its user, and we our tokens`, async (t) => {
    const saved: string[] = []
    const plugin: Register = async (app) => {
      await app.register(graphPhoto, { prefix: '/v1.0', jwt, savePhoto: (_photo, { caller }) => { saved.push(caller.id) } })
    }
    const ask = await (order === 'after' ? start(t, plugin, nothing) : start(t, nothing, plugin))
    const cookie = await signIn(ask)
    t.equal((await ask({ url: '/whoami', headers: { cookie } })).body, '{"user":{"name":"Adele"}}')
    t.equal((await ask({ url: '/whoami' })).body, '{"user":null}')

    t.equal((await ask(photo())).statusCode, 200)
    t.equal((await ask(photo({ headers: { cookie } }))).statusCode, 200)
    t.strictSame(saved, [userId, userId])
    const { body = '' } = photo()
    assertError(t, await ask({ url: ownPhoto, method: 'PUT', headers: { 'content-type': 'image/jpeg', cookie }, body }), { statusCode: 401, code: 'InvalidAuthenticationToken' })
    t.equal((await ask({ url: '/whoami', headers: { cookie } })).body, '{"user":{"name":"Adele"}}')
    t.strictSame(await behaviour(ask), await behaviour(await start(t, nothing, nothing)), 'the host is as it was')
  })
}

t.test("who is signed in with passport can be the caller, through the host's own authenticate", async (t) => {
  const saved: string[] = []
  // Passport sets request.user after the body has been read; the session is there before.
  const authenticate: GraphPhotoOptions['authenticate'] = ({ session }) => {
    const signedIn: unknown = session.get('passport')
    return typeof signedIn === 'string' ? { kind: 'delegated', id: JSON.parse(signedIn).name, permissions: ['User.ReadWrite'] } : null
  }
  const ask = await start(t, nothing, async (app) => {
    await app.register(graphPhoto, { prefix: '/v1.0', authenticate, savePhoto: (_photo, { caller }) => { saved.push(caller.id) } })
  })
  const cookie = await signIn(ask)
  t.equal((await ask(photo({ headers: { cookie } }))).statusCode, 200)
  assertError(t, await ask(photo()), { statusCode: 401, code: 'InvalidAuthenticationToken' })
  t.strictSame(saved, ['Adele'])
})
