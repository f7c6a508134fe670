import fastifyJwt from '@fastify/jwt'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import {
  callerFromClaims, graphEnvelope, GraphError, graphPhoto, graphServerOptions, photoKey, photoTarget,
  type GraphPhotoOptions, type Photo, type PhotoContext
} from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { assertError } from '../helpers/host.js'
import { claims, tenantId, userId } from '../helpers/tokens.js'
import { orAdministrators } from './administrators.js'
import { anyIssuer, callerOfKeycloak } from './any-issuer.js'
import { entraId } from './entra-id.js'
import { onlyOwners } from './group-owners.js'
import { runCode, section } from './identity-page.js'
import { issuer } from './issuer.js'

type Authenticate = NonNullable<GraphPhotoOptions['authenticate']>
type SetUp = (scope: FastifyInstance, photos: Map<string, Photo>) => Promise<unknown>
type Authorize = NonNullable<GraphPhotoOptions['authorize']>

const exp = Math.floor(Date.now() / 1000) + 3600
const [[ofUser, adele] = []] = section('Keycloak').examples
const own = '/v1.0/me/photo/$value'

/** A server as the page has it: the plugin and the page's own code in the scope of the prefix. */
async function started (t: Test, setUp: SetUp): Promise<FastifyInstance> {
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  const photos = new Map<string, Photo>()
  await app.register(async (scope) => {
    await scope.register(graphEnvelope)
    await setUp(scope, photos)
  }, { prefix: '/v1.0' })
  return app
}

const bearer = (token?: string) => token === undefined ? {} : { authorization: `Bearer ${token}` }
const put = (app: FastifyInstance, token: string | undefined, url = own) =>
  app.inject({ method: 'PUT', url, headers: { 'content-type': 'image/jpeg', ...bearer(token) }, payload: portrait })
const get = (app: FastifyInstance, token: string | undefined, url: string) => app.inject({ url, headers: bearer(token) })

t.test('callers read back what they upload, and a caller who may not is answered as by the plugin', async (t) => {
  const op = await issuer(t)
  const authenticate = anyIssuer({ issuer: String(ofUser?.iss), audience: 'photos', jwksUri: op.origin, type: 'JWT' }, callerOfKeycloak)
  const [code = ''] = section('Reading back').code
  const app = await started(t, async (scope, photos) => {
    await scope.register(graphPhoto, { authenticate, savePhoto: (photo, { target }) => { photos.set(photoKey(target), photo) } })
    await runCode(code, { scope, authenticate, photos, photoKey, photoTarget, GraphError })
  })
  const token = op.token({ ...ofUser, exp }, { typ: 'JWT' })
  const url = `/v1.0/users/${adele?.id}/photo/$value`

  await op.stop()
  for (const answer of [await put(app, token), await get(app, token, url)]) {
    assertError(t, answer, { statusCode: 503, code: 'ServiceUnavailable' })
    t.equal(answer.headers['retry-after'], '5')
  }
  await op.start()
  assertError(t, await get(app, token, url), { statusCode: 404, code: 'ImageNotFound' })
  t.equal((await put(app, token)).statusCode, 200)
  const read = await get(app, token, url)
  t.strictSame([read.statusCode, read.headers['content-type'], read.rawPayload], [200, 'image/jpeg', portrait])

  assertError(t, await get(app, undefined, url), { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token is empty.' })
  const expired = op.token({ ...ofUser, exp: 1 }, { typ: 'JWT' })
  assertError(t, await get(app, expired, url), { statusCode: 401, code: 'InvalidAuthenticationToken', message: /expired/ })
})

t.test("Entra ID's tokens are read beside a @fastify/jwt that the host has for its sessions", async (t) => {
  const entra = await issuer(t)
  const tenant = { tenantId, clientId: 'photos', authority: entra.origin }
  const [, code = ''] = section('Reading back').code
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  await app.register(fastifyJwt, { secret: 'the secret of the sessions, of 32 characters or more' })
  await app.register(async (scope) => {
    const authenticate = await runCode(code, { scope, fastifyJwt, entraId, tenant, callerFromClaims }, 'authenticate') as Authenticate
    await scope.register(graphPhoto, { authenticate, savePhoto () {} })
    scope.get('/me', authenticate)
  }, { prefix: '/v1.0' })

  const token = entra.token(claims({ iss: `${entra.origin}/${tenantId}/v2.0`, aud: 'photos' }))
  t.equal((await put(app, token)).statusCode, 200)
  t.match((await get(app, token, '/v1.0/me')).json(), { kind: 'delegated', id: userId })
  assertError(t, await put(app, app.jwt.sign(claims({ aud: 'photos' }))), { statusCode: 401, code: 'InvalidAuthenticationToken' })
})

t.test('with both recipes owners change the photos of groups, and administrators those of users', async (t) => {
  const groupOwners = new Map([['designers', ['owner']]])
  const [code = ''] = section('Owners and administrators').code
  const authorize = await runCode(code, { onlyOwners, orAdministrators, groupOwners }, 'authorize') as Authorize
  const authenticate: Authenticate = ({ headers: { 'x-user': id, 'x-roles': roles } }) => ({
    kind: 'delegated',
    id: String(id),
    permissions: ['User.ReadWrite.All', 'Group.ReadWrite.All', 'Contacts.ReadWrite'],
    directoryRoles: String(roles).split(' ')
  })
  const saved: PhotoContext[] = []
  const app = await started(t, async (scope) => {
    await scope.register(graphPhoto, { authenticate, authorize, savePhoto: (_photo, context) => { saved.push(context) } })
  })
  const rows: ReadonlyArray<readonly [id: string, roles: string, path: string, status: number]> = [
    ['owner', '', '/groups/designers', 200],
    ['owner', '', '/groups/others', 403],
    ['owner', '', '/users/adele', 403],
    ['owner', '', '/me', 200],
    ['owner', '', '/me/contacts/c', 200],
    ['admin', 'offline_access photo-admin', '/groups/designers', 403],
    ['admin', 'offline_access photo-admin', '/users/adele', 200],
    ['admin', 'offline_access photo-admin', '/users/adele/contacts/c', 403],
    ['adele', '62e90394-69f5-4237-9190-012177145e10', '/users/owner', 403]
  ]
  for (const [id, roles, path, status] of rows) {
    const headers = { 'content-type': 'image/jpeg', 'x-user': id, 'x-roles': roles }
    const { statusCode } = await app.inject({ method: 'PUT', url: `/v1.0${path}/photo/$value`, headers, payload: portrait })
    t.equal(statusCode, status, `${id} ${path}`)
  }
  t.equal(saved.length, rows.filter(([, , , status]) => status === 200).length)
})
