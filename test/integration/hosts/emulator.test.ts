import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createSigner } from 'fast-jwt'
import Fastify, { type FastifyInstance } from 'fastify'
import buildGetJwks from 'get-jwks'
import t from 'tap'
import { graphEnvelope, GraphError, graphPhoto, graphServerOptions, photoKey, photoTarget } from '../../../lib/index.js'
import { portrait } from '../../fixtures/pictures.js'
import { assertError } from '../../helpers/host.js'
import { served, type Answer, type Sent } from '../../hosts/hosts.js'

const tenant = '84841066-274d-4ec0-a5c1-276be684bdd3'
const audience = 'https://graph.microsoft.com'
const app = 'f6b4f1d2-7f0b-4e0e-8f53-0a2f2cf4a0c1'
const adele = { id: '6e7b768e-07e2-4810-8459-485f84f8f204', userPrincipalName: 'adele@contoso.example', displayName: 'Adele' }
const alex = { id: '1b2c3d4e-0000-4000-8000-000000000002', userPrincipalName: 'alex@contoso.example', displayName: 'Alex' }
const users = [adele, alex]
const json = { 'content-type': 'application/json' }
const groups = [{ id: '1b2c3d4e-0000-4000-8000-000000000003', displayName: 'Sales' }]

/** The part of an emulator that signs people and apps in. Its app tokens have no oid: `sub` equals `azp` (RFC 9068, section 2.2). */
function identityProvider (idp: FastifyInstance): void {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const sign = createSigner({ key, algorithm: 'RS256', kid: 'one', expiresIn: 3_600_000 })
  const issuer = () => `${idp.listeningOrigin}/${tenant}/v2.0`
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }
  idp.get('/:tenant/discovery/v2.0/keys', async () => ({ keys: [jwk] }))
  idp.post('/:tenant/oauth2/v2.0/token', async ({ query }) => {
    const { user } = query as { readonly user?: string }
    const common = { iss: issuer(), aud: audience, tid: tenant, azp: app, ver: '2.0', uti: randomUUID() }
    const found = users.find(({ userPrincipalName }) => userPrincipalName === user)
    return {
      token_type: 'Bearer',
      access_token: found === undefined
        ? sign({ ...common, sub: app, roles: ['User.ReadWrite.All', 'Group.ReadWrite.All'] })
        : sign({ ...common, sub: 'pairwise', oid: found.id, preferred_username: user, scp: 'openid User.ReadWrite' })
    }
  })
}

/** The part that has a directory: users, groups and /me, in the scope that carries the prefix. */
function directory (scope: FastifyInstance, photos: ReadonlyMap<string, Buffer>): void {
  scope.get('/me', async ({ headers }) => {
    const { oid } = JSON.parse(Buffer.from(headers.authorization?.split('.')[1] ?? '', 'base64url').toString() || '{}')
    const user = users.find(({ id }) => id === oid)
    if (user === undefined) throw new GraphError(400, 'BadRequest', '/me request is only valid with delegated authentication flow.')
    return user
  })
  scope.get('/users', async () => ({ value: users }))
  scope.post('/users', async ({ body }, reply) => reply.code(201).send({ id: randomUUID(), ...body as object }))
  scope.get('/groups', async () => ({ value: groups }))
  scope.get('/users/:userId/photo/$value', async ({ params }, reply) => {
    const { userId } = params as { readonly userId: string }
    const photo = photos.get(photoKey(photoTarget({ userId }, { kind: 'application', id: app, tenantId: tenant, permissions: [] })))
    if (photo === undefined) throw new GraphError(404, 'ImageNotFound', 'The photo was not found.')
    return reply.type('image/jpeg').send(photo)
  })
}

t.test('a Graph emulator with our routes beside its own: users and apps upload, and all errors have one envelope', async (t) => {
  const photos = new Map<string, Buffer>()
  const server = Fastify(graphServerOptions)
  identityProvider(server)
  const getJwks = buildGetJwks({ jwksPath: `/${tenant}/discovery/v2.0/keys`, ttl: 60_000 })
  await server.register(async (scope) => {
    await scope.register(graphEnvelope)
    await scope.register(graphPhoto, {
      contentTypes: '*',
      jwt: {
        secret: async () => getJwks.getPublicKey({ domain: server.listeningOrigin, kid: 'one', alg: 'RS256' }),
        verify: { allowedAud: audience }
      },
      resolveTarget (target) {
        const wanted = target.kind === 'group' ? target.groupId : target.userId
        return [...users, ...groups].some(({ id }) => id === wanted) ? target : null
      },
      savePhoto: ({ data }, { target }) => { photos.set(photoKey(target), data) }
    })
    directory(scope, photos)
  }, { prefix: '/v1.0' })
  const ask = await served(t, server)
  const signIn = async (user = ''): Promise<string> =>
    JSON.parse((await ask({ url: `/${tenant}/oauth2/v2.0/token?user=${user}`, method: 'POST' })).body).access_token
  const tokens = { user: await signIn(adele.userPrincipalName), app: await signIn() }
  const as = (who: keyof typeof tokens, url: string, sent: Partial<Sent> = {}): Promise<Answer> =>
    ask({ url: `/v1.0${url}`, ...sent, headers: { authorization: `Bearer ${tokens[who]}`, ...sent.headers } })
  const upload = (who: keyof typeof tokens, url: string) =>
    as(who, url, { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body: portrait })

  await t.test('a user uploads their own, an app anybody\'s and a group\'s', async (t) => {
    t.equal((await upload('user', '/me/photo/$value')).statusCode, 200)
    t.equal((await upload('app', `/users/${alex.id}/photo/$value`)).statusCode, 200)
    t.equal((await upload('app', `/groups/${groups[0]?.id}/photo/$value`)).statusCode, 200)
    t.equal(photos.size, 3)
    const kept = await as('user', `/users/${adele.id.toUpperCase()}/photo/$value`)
    t.match(kept, { statusCode: 200, headers: { 'content-type': 'image/jpeg' } })
  })

  await t.test('what is refused has the envelope, ours and the emulator\'s', async (t) => {
    assertError(t, await upload('user', `/users/${alex.id}/photo/$value`), { statusCode: 403, code: 'ErrorAccessDenied' })
    assertError(t, await upload('app', '/me/photo/$value'), { statusCode: 400, code: 'BadRequest', message: /only valid with delegated/ })
    assertError(t, await upload('app', '/users/nobody/photo/$value'), { statusCode: 404, code: 'Request_ResourceNotFound' })
    assertError(t, await as('user', '/users/nobody/photo/$value'), { statusCode: 404, code: 'ImageNotFound' })
    assertError(t, await as('app', '/me'), { statusCode: 400, code: 'BadRequest' })
    assertError(t, await as('user', '/me/messages'), { statusCode: 404, code: 'ResourceNotFound', message: /'messages'/ })
    assertError(t, await as('user', '/users', { method: 'POST', headers: json, body: '{' }), { statusCode: 400, code: 'BadRequest' })
    t.equal(photos.size, 3)
  })

  await t.test('the emulator\'s own routes answer as they did, with request ids', async (t) => {
    const me = await as('user', '/me')
    t.match(JSON.parse(me.body), adele)
    t.ok(me.headers['request-id'])
    t.match(JSON.parse((await as('app', '/users')).body), { value: users })
    const created = await as('app', '/users', { method: 'POST', headers: json, body: '{"displayName":"Lee"}' })
    t.match({ statusCode: created.statusCode, body: JSON.parse(created.body) }, { statusCode: 201, body: { displayName: 'Lee' } })
  })
})
