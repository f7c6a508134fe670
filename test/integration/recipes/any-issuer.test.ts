import t, { type Test } from 'tap'
import { assertError } from '../../helpers/host.js'
import { served, type Served } from '../../helpers/served.js'
import { callerFromClaims } from '../../../lib/index.js'
import { anyIssuer, type ToCaller } from '../../recipes/any-issuer.js'
import { openIdProvider, user, type OpenIdProvider } from './openid-provider.js'

const someone = '/v1.0/users/someone/photo/$value'

interface Setting extends Served {
  readonly provider: OpenIdProvider
}

async function setting (t: Test, audience?: string, toCaller?: ToCaller): Promise<Setting> {
  const provider = await openIdProvider(t)
  const { authority, tenantId, clientId } = provider
  const issuer = `${authority}/${tenantId}/v2.0`
  const options = { issuer, audience: audience ?? clientId, jwksUri: `${issuer}/jwks` }
  return { provider, ...await served(t, { authenticate: anyIssuer(options, toCaller) }) }
}

function partOf (token: string, at: number): unknown {
  return JSON.parse(Buffer.from(String(token.split('.')[at]), 'base64url').toString())
}

t.test("oidc-provider's token of a user writes the user's photo with its scopes", async (t) => {
  const { provider, send, saved } = await setting(t)
  const token = await provider.userToken('User.ReadWrite Contacts.ReadWrite')
  t.match([partOf(token, 0), partOf(token, 1)], [{ typ: 'at+jwt' }, { sub: user.oid, scope: 'User.ReadWrite Contacts.ReadWrite' }])

  t.equal((await send(token)).statusCode, 200)
  t.match(saved, [{
    context: { caller: { kind: 'delegated', id: user.oid, permissions: ['User.ReadWrite', 'Contacts.ReadWrite'] }, isOwn: true }
  }])
  assertError(t, await send(token, someone), { statusCode: 403, code: 'ErrorAccessDenied' })
})

t.test("oidc-provider's token of an app, whose sub is its client id, is an app's", async (t) => {
  const { provider, send, saved } = await setting(t)
  const token = await provider.serviceToken('User.ReadWrite.All')
  const { sub, client_id: clientId } = Object(partOf(token, 1))
  t.equal(sub, clientId)

  t.equal((await send(token, someone)).statusCode, 200)
  t.match(saved, [{ context: { caller: { kind: 'application', id: sub, appId: sub, permissions: ['User.ReadWrite.All'] } } }])
  assertError(t, await send(token), { statusCode: 400, code: 'BadRequest' })
})

t.test('a token of the same provider for another API is refused', async (t) => {
  const { provider, send, saved } = await setting(t, 'https://another.example')
  assertError(t, await send(await provider.userToken('User.ReadWrite')), {
    statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token validation failure. Invalid audience.'
  })
  t.equal(saved.length, 0)
})

t.test("by Entra ID's rules, oidc-provider's tokens name no caller", async (t) => {
  const { provider, send, logs } = await setting(t, undefined, (claims) => callerFromClaims(claims))
  for (const token of [await provider.userToken('User.ReadWrite'), await provider.serviceToken('User.ReadWrite.All')]) {
    assertError(t, await send(token), { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token validation failure.' })
  }
  t.equal(logs.filter(({ level }) => level >= 50).length, 0)
})
