import { createSigner } from 'fast-jwt'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { generateKeyPairSync } from 'node:crypto'
import t, { type Test } from 'tap'
import { assertError, host, type Host, put } from '../../helpers/host.js'
import { entraId } from '../../recipes/entra-id.js'
import { entraClaims, openIdProvider, service, user, type OpenIdProvider } from './openid-provider.js'

interface Setting extends Host {
  readonly provider: OpenIdProvider
}

async function setting (t: Test): Promise<Setting> {
  const provider = await openIdProvider(t, entraClaims)
  return { provider, ...await host(t, { jwt: entraId(provider) }) }
}

function putWith (app: FastifyInstance, token: string, url = '/v1.0/me/photo/$value'): Promise<LightMyRequestResponse> {
  return put(app, { url, headers: { authorization: `Bearer ${token}` } })
}

const tokenInvalid = { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token validation failure.' }

t.test("a user's token from the provider writes the user's photo with its scopes", async (t) => {
  const { provider, app, saved } = await setting(t)

  t.equal((await putWith(app, await provider.userToken('User.ReadWrite'))).statusCode, 200)

  t.match(saved, [{
    context: {
      caller: {
        kind: 'delegated', id: user.oid, tenantId: provider.tenantId, userPrincipalName: user.upn, permissions: ['User.ReadWrite']
      },
      target: { kind: 'user', userId: user.oid, tenantId: provider.tenantId }
    }
  }])
})

t.test('with the optional claim upn users address themselves by their principal name', async (t) => {
  const { provider, app, saved } = await setting(t)
  const token = await provider.userToken('User.ReadWrite')

  t.equal((await putWith(app, token, `/v1.0/users/${user.upn.toUpperCase()}/photo/$value`)).statusCode, 200)

  t.equal(saved.length, 1)
  t.match(saved[0]?.context.target, { kind: 'user', userId: user.oid })
})

t.test('a scope that the user did not grant opens nothing', async (t) => {
  const { provider, app, saved } = await setting(t)
  const token = await provider.userToken('Contacts.ReadWrite')

  assertError(t, await putWith(app, token), { statusCode: 403, code: 'ErrorAccessDenied' })
  t.equal((await putWith(app, token, '/v1.0/me/contacts/AAMk=/photo/$value')).statusCode, 200)
  t.equal(saved.length, 1)
})

t.test("a service's token writes any user's photo with its roles, and has no /me", async (t) => {
  const { provider, app, saved } = await setting(t)
  const token = await provider.serviceToken()

  t.equal((await putWith(app, token, `/v1.0/users/${user.oid}/photo/$value`)).statusCode, 200)
  assertError(t, await putWith(app, token), {
    statusCode: 400, code: 'BadRequest', message: '/me request is only valid with delegated authentication flow.'
  })

  t.match(saved, [{
    context: { caller: { kind: 'application', id: service.oid, tenantId: provider.tenantId, permissions: service.roles } }
  }])
  t.equal(saved.length, 1)
})

t.test('a host that names scopes of its own in the option permissions accepts these instead', async (t) => {
  const provider = await openIdProvider(t, entraClaims)
  const { app, saved } = await host(t, {
    jwt: entraId(provider),
    permissions: { user: { delegated: ['Photo.Write'], application: ['Photo.Write.All'] } }
  })

  t.equal((await putWith(app, await provider.userToken('Photo.Write'))).statusCode, 200)
  assertError(t, await putWith(app, await provider.userToken('User.ReadWrite')), { statusCode: 403, code: 'ErrorAccessDenied' })
  t.equal(saved.length, 1)
})

t.test('a key that is rotated while the server runs is found, and the old one goes on working', async (t) => {
  const { provider, app, saved } = await setting(t)
  const old = await provider.serviceToken()
  const url = `/v1.0/users/${user.oid}/photo/$value`
  t.equal((await putWith(app, old, url)).statusCode, 200)

  provider.rotateKeys()
  const now = Date.now.bind(Date)
  t.intercept(Date, 'now', { value: () => now() + 31_000 })

  t.equal((await putWith(app, await provider.serviceToken(), url)).statusCode, 200)
  t.equal((await putWith(app, old, url)).statusCode, 200)
  t.equal(saved.length, 3)
})

t.test('the keys are read once each, however many tokens they sign', async (t) => {
  const { provider, app } = await setting(t)
  const tokens = await Promise.all([provider.userToken('User.ReadWrite'), provider.userToken('User.ReadWrite')])

  for (const token of [...tokens, ...tokens]) t.equal((await putWith(app, token)).statusCode, 200)

  t.equal(provider.keyReads(), 1)
})

const strangersKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })

/** A token with all the right claims that the provider never signed. */
function forged ({ authority, tenantId, clientId }: OpenIdProvider, kid?: string): string {
  const sign = createSigner({ key: strangersKey, algorithm: 'RS256', ...(kid !== undefined && { kid }) })
  const exp = Math.floor(Date.now() / 1000) + 3600
  return sign({ iss: `${authority}/${tenantId}/v2.0`, aud: clientId, exp, oid: user.oid, tid: tenantId, scp: 'User.ReadWrite' })
}

function keyIdOf (token: string): string {
  return JSON.parse(Buffer.from(String(token.split('.')[0]), 'base64url').toString()).kid
}

t.test('a token that names an unknown key is refused', async (t) => {
  const { provider, app, saved, logs } = await setting(t)

  assertError(t, await putWith(app, forged(provider, 'unknown')), tokenInvalid)

  t.equal(provider.keyReads(), 1)
  t.strictSame(saved, [])
  t.notOk(logs.some(({ level }) => level >= 50), 'which is not an error of the server')
})

t.test('a token that names no key is refused, without asking the provider', async (t) => {
  const { provider, app, saved } = await setting(t)

  assertError(t, await putWith(app, forged(provider)), tokenInvalid)

  t.equal(provider.keyReads(), 0)
  t.strictSame(saved, [])
})

t.test("a token that names the provider's key and was signed with another is refused", async (t) => {
  const { provider, app, saved } = await setting(t)
  const kid = keyIdOf(await provider.serviceToken())

  assertError(t, await putWith(app, forged(provider, kid)), tokenInvalid)
  t.strictSame(saved, [])
})

t.test('a token of another tenant is refused, though the key that signed it is the same, and its issuer is never asked', async (t) => {
  const { app, saved } = await setting(t)
  const other = await openIdProvider(t, entraClaims)

  assertError(t, await putWith(app, await other.userToken('User.ReadWrite')), tokenInvalid)

  t.equal(other.keyReads(), 0)
  t.strictSame(saved, [])
})

t.test('a token of the same tenant for another API is refused', async (t) => {
  const provider = await openIdProvider(t, entraClaims)
  const { app, saved } = await host(t, { jwt: entraId({ ...provider, clientId: '00000003-0000-0000-c000-000000000000' }) })

  assertError(t, await putWith(app, await provider.userToken('User.ReadWrite')), {
    statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token validation failure. Invalid audience.'
  })
  t.strictSame(saved, [])
})
