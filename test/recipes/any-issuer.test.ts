import fastifyJwt from '@fastify/jwt'
import t from 'tap'
import type { GraphPhotoOptions } from '../../lib/index.js'
import { assertError, errorsIn } from '../helpers/host.js'
import { served } from '../helpers/served.js'
import { audience, jwt, token, type Claims } from '../helpers/tokens.js'
import {
  anyIssuer, callerOfAuth0, callerOfKeycloak, callerOfOkta, callerOfRfc9068, type IssuerOptions, type ToCaller
} from './any-issuer.js'
import { entraId } from './entra-id.js'
import { page, section, valuesIn } from './identity-page.js'
import { issuer, type Issuer } from './issuer.js'

const someone = '/v1.0/users/someone/photo/$value'
const exp = Math.floor(Date.now() / 1000) + 3600

type OptionsOf = (values: Readonly<Record<string, unknown>>, op: Issuer) => Partial<GraphPhotoOptions>
type Pages = readonly [heading: string, typ: string, optionsOf: OptionsOf]

/** The recipe with the page's options, but that the keys are those of the test. */
function anyIssuerOf (toCaller?: ToCaller): OptionsOf {
  return (values, { origin }) => ({ authenticate: anyIssuer({ ...values, jwksUri: origin } as IssuerOptions, toCaller) })
}

const pages: readonly Pages[] = [
  ['Keycloak', 'JWT', anyIssuerOf(callerOfKeycloak)],
  ['Auth0', 'JWT', anyIssuerOf(callerOfAuth0)],
  ['Okta', 'none', anyIssuerOf(callerOfOkta)],
  ['Any other provider', 'at+jwt', anyIssuerOf()],
  // Both name the place of the keys by their authority, which here is the test's.
  ...['Entra ID', 'entra-local'].map((heading): Pages => [heading, 'JWT', ({ tenantId, clientId }, { origin }) => (
    { jwt: entraId({ tenantId: String(tenantId), clientId: String(clientId), authority: origin }) }
  )])
]

for (const [heading, typ, optionsOf] of pages) {
  t.test(`${heading}: with what the page says to pass, its claims make the callers that it shows`, async (t) => {
    const op = await issuer(t)
    const { code: [code = ''], examples } = section(heading)
    const { send, saved, logs } = await served(t, optionsOf(valuesIn(code), op))
    t.equal(examples.length, 2)
    for (const [claims, caller] of examples) {
      const { iss } = claims
      const there = String(iss).replace(/^https:\/\/(?:login\.microsoftonline\.com|localhost:8443)/, op.origin)
      const url = caller.kind === 'application' ? someone : undefined
      t.equal((await send(op.token({ ...claims, iss: there, exp }, { typ }), url)).statusCode, 200, caller.kind)
      t.strictSame(saved.pop()?.context.caller, caller)
      for (const spoilt of [{ iss: 'https://another.example' }, { aud: 'another' }, { exp: 1 }]) {
        t.equal((await send(op.token({ ...claims, iss: there, exp, ...spoilt }, { typ }), url)).statusCode, 401, JSON.stringify(spoilt))
      }
    }
    t.strictSame(errorsIn(logs), [])
  })
}

t.test('a token of neither of the issuer\'s two kinds names no caller', async (t) => {
  const keycloak = { sub: 's', azp: 'a', typ: 'Bearer', scope: 'A' }
  const rows: ReadonlyArray<readonly [string, ToCaller, Claims]> = [
    ['Keycloak, an ID token', callerOfKeycloak, { ...keycloak, typ: 'ID' }],
    ['Keycloak, a refresh token', callerOfKeycloak, { ...keycloak, typ: 'Refresh' }],
    ['Keycloak, no azp', callerOfKeycloak, { ...keycloak, azp: undefined }],
    ['Keycloak, a user with a lightweight token, which has no sub', callerOfKeycloak, { ...keycloak, sub: undefined, sid: 'i' }],
    ['Auth0, no client', callerOfAuth0, { sub: 'auth0|1', scope: 'A' }],
    ['Okta, an ID token', callerOfOkta, { sub: 's', aud: 'c', name: 'A' }],
    ['Okta, neither user nor app', callerOfOkta, { sub: 's', cid: 'c', scp: ['A'] }],
    ['RFC 9068, an ID token', callerOfRfc9068, { sub: 's', aud: 'c', nonce: 'n' }],
    ['oauth2-mock-server, a user, who has no client', callerOfRfc9068, { sub: 'adele', amr: ['pwd'], scope: 'User.ReadWrite' }],
    ['oauth2-mock-server, an app, which has neither', callerOfRfc9068, { aud: 'photos', scope: 'User.ReadWrite.All' }],
    ['RFC 9068, no sub', callerOfRfc9068, { client_id: 'c', scope: 'A' }]
  ]
  for (const [name, toCaller, claims] of rows) t.equal(toCaller(claims), null, name)
  t.match(callerOfKeycloak({ ...keycloak, client_id: 'another' }), { kind: 'delegated' }, 'only its own client id makes it an app')
  t.strictSame(callerOfKeycloak(keycloak), { kind: 'delegated', id: 's', appId: 'a', permissions: ['A'] }, 'a realm without roles')
  t.match(callerOfAuth0({ sub: 'another@clients', azp: 'c' }), { kind: 'delegated', permissions: [] })
})

t.test('an ID token of a client, an opaque token and no token at all are refused', async (t) => {
  const op = await issuer(t)
  const { send } = await served(t, { authenticate: anyIssuer({ issuer: 'https://op.example', audience, jwksUri: op.origin }) })
  const claims = { iss: 'https://op.example', aud: audience, sub: 's', client_id: 'c', scope: 'User.ReadWrite', exp }
  t.equal((await send(op.token(claims))).statusCode, 200)
  assertError(t, await send(op.token(claims, { typ: 'JWT' })), { statusCode: 401, code: 'InvalidAuthenticationToken' })
  assertError(t, await send(op.token({ ...claims, sub: undefined })), { statusCode: 401, code: 'InvalidAuthenticationToken' })
  assertError(t, await send('opaque'), { statusCode: 401, code: 'InvalidAuthenticationToken', message: /there are no dots/ })
  assertError(t, await send(undefined), { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token is empty.' })
})

t.test('while the issuer is down the answer is 503, and the next request asks anew', async (t) => {
  const op = await issuer(t)
  const authenticate = anyIssuer({ issuer: 'https://op.example', audience, jwksUri: op.origin, timeout: 100 })
  const { send } = await served(t, { authenticate })
  const sent = op.token({ iss: 'https://op.example', aud: audience, sub: 's', client_id: 'c', scope: 'User.ReadWrite', exp })
  for (const mood of ['resets', 'is silent', 'answers 503 in HTML', 'answers 429', 'answers with something else'] as const) {
    op.mood = mood
    const answer = await send(sent)
    assertError(t, answer, { statusCode: 503, code: 'ServiceUnavailable' }, mood)
    t.equal(answer.headers['retry-after'], '5')
  }
  await op.stop()
  assertError(t, await send(sent), { statusCode: 503, code: 'ServiceUnavailable' })
  await op.start()
  op.mood = 'up'
  // A busy machine may take longer than the timeout for the keys.
  const patient = await served(t, { authenticate: anyIssuer({ issuer: 'https://op.example', audience, jwksUri: op.origin }) })
  t.equal((await patient.send(sent)).statusCode, 200)
})

t.test('keys serve for ten minutes while the issuer is down, and for an invented key id it is asked once in 30 s', async (t) => {
  const op = await issuer(t)
  const { send } = await served(t, { authenticate: anyIssuer({ issuer: 'https://op.example', audience, jwksUri: op.origin }) })
  const claims = { iss: 'https://op.example', aud: audience, sub: 's', client_id: 'c', scope: 'User.ReadWrite', exp }
  const sent = op.token(claims)
  const now = Date.now.bind(Date)
  let waited = 0
  t.intercept(Date, 'now', { value: () => now() + waited })

  t.equal((await send(sent)).statusCode, 200)
  for (const kid of ['2 invented', '3 invented']) t.equal((await send(op.token(claims, { kid }))).statusCode, 401)
  t.equal(op.reads(), 1)
  waited = 31_000
  t.equal((await send(op.token(claims, { kid: '2 invented' }))).statusCode, 401)
  t.equal(op.reads(), 2)

  await op.stop()
  waited += 9 * 60_000
  t.equal((await send(sent)).statusCode, 200)
  waited += 61_000
  assertError(t, await send(sent), { statusCode: 503, code: 'ServiceUnavailable' })
  await op.start()
  t.equal((await send(sent)).statusCode, 200)
})

t.test("the mapping alone, where the host's @fastify/jwt verifies", async (t) => {
  t.match(page, /authenticate: async \(request\) => callerOfRfc9068\(await request\.jwtVerify\(\)\)/)
  const authenticate: GraphPhotoOptions['authenticate'] = async (request) => callerOfRfc9068(await request.jwtVerify())
  const { send, saved } = await served(t, { authenticate }, async (app) => { await app.register(fastifyJwt, jwt) })
  t.equal((await send(token({ sub: 's', client_id: 'c', scope: 'User.ReadWrite', aud: audience, exp }))).statusCode, 200)
  t.match(saved, [{ context: { caller: { kind: 'delegated', id: 's', appId: 'c', permissions: ['User.ReadWrite'] } } }])
  assertError(t, await send(token({ sub: 's', client_id: 'c', aud: audience, exp: 1 })), { statusCode: 401, code: 'InvalidAuthenticationToken' })
})
