import fastifyJwt, { type FastifyJWTOptions } from '@fastify/jwt'
import { createRemoteJWKSet, jwtVerify, type JWTVerifyOptions } from 'jose'
import t, { type Test } from 'tap'
import { callerFromClaims, GraphError, type GraphPhotoJwtOptions as JwtOptions, type GraphPhotoOptions } from '../../lib/index.js'
import { assertError, errorsIn, type LogLine } from '../helpers/host.js'
import { served, type Served } from '../helpers/served.js'
import { audience, claims, jwt, part, secret, token } from '../helpers/tokens.js'
import { issuer } from '../recipes/issuer.js'

const invalid = { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token validation failure.' }
const refusedConnection = new Error('connect ECONNREFUSED')
const down = new GraphError(503, 'ServiceUnavailable', 'The keys cannot be read.', { retryAfter: 7, cause: refusedConnection })

function fail (error: unknown): never {
  throw error
}

const coded = (code: string) => Object.assign(new Error('No matching key.'), { code })

/** The reason in the log line of the only request. */
function whyIn (logs: readonly LogLine[]): unknown {
  const [why, ...others] = logs.flatMap(({ photo }) => photo === undefined ? [] : [Object(photo).why.code])
  return others.length === 0 ? why : others
}

/** A host without types may write it so. */
const withoutJwt = { jwt: undefined } as unknown as Partial<GraphPhotoOptions>

/** Every way in which a provider may fail: at once, by a promise, by a callback; asked for a key, or for trust. */
const ways: ReadonlyArray<readonly [how: string, jwtOf: (error: Error) => JwtOptions]> = [
  ['secret throws', (error) => ({ ...jwt, secret: () => fail(error) })],
  ['secret rejects', (error) => ({ ...jwt, secret: async () => fail(error) })],
  ['secret calls back', (error) => ({ ...jwt, secret: (_request, _token, done) => { done(error) } })],
  ['trusted throws', (error) => ({ ...jwt, trusted: () => fail(error) })],
  ['trusted rejects', (error) => ({ ...jwt, trusted: async () => fail(error) })],
  ['trusted throws, after a secret that was waited for', (error) => ({ ...jwt, secret: async () => secret, trusted: () => fail(error) })]
]

/** Each of the ways, with these errors in turn. */
function failing (...errors: readonly [Error, ...Error[]]): ReadonlyArray<readonly [how: string, options: JwtOptions, error: Error]> {
  return ways.map(([how, jwtOf], at) => {
    const error = errors[at % errors.length] ?? errors[0]
    return [`${how}: ${error.message}`, jwtOf(error), error]
  })
}

type Start = (t: Test, jwt: JwtOptions) => Promise<Served>

const starts: ReadonlyArray<readonly [by: string, start: Start]> = [
  ['our own @fastify/jwt', (t, jwt) => served(t, { jwt })],
  ["the host's @fastify/jwt", (t, options) => served(t, withoutJwt, async (app) => {
    // The two types differ in `readonly` alone.
    await app.register(fastifyJwt, options as FastifyJWTOptions)
  })]
]

for (const [by, start] of starts) {
  t.test(`a GraphError is answered as written: ${by}`, async (t) => {
    for (const [how, options] of failing(down)) {
      const { send, saved, logs } = await start(t, options)
      const answer = await send(token())
      assertError(t, answer, { statusCode: 503, code: 'ServiceUnavailable', message: 'The keys cannot be read.' }, how)
      t.equal(answer.headers['retry-after'], '7')
      t.match(errorsIn(logs), [{ err: { message: /ECONNREFUSED/ } }], 'logged once, with its cause')
      t.equal(errorsIn(logs).length, 1)
      t.equal(saved.length, 0)
    }
  })

  t.test(`a key that is not found is 401, and nothing that a server does wrong: ${by}`, async (t) => {
    const errors = [coded('ERR_JWKS_NO_MATCHING_KEY'), coded('JWK_NOT_FOUND'), coded('ERR_JWKS_MULTIPLE_MATCHING_KEYS')] as const
    for (const [how, options] of failing(...errors)) {
      const { send, logs } = await start(t, options)
      assertError(t, await send(token()), invalid, how)
      t.strictSame([whyIn(logs), errorsIn(logs)], ['keyNotFound', []])
    }
  })

  t.test(`any other error of theirs is 401, and logged once as an error with its cause: ${by}`, async (t) => {
    const cause = new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND login.example') })
    const forbidden = Object.assign(new Error('Forbidden'), { statusCode: 403, expose: true })
    for (const [how, options, error] of failing(cause, forbidden, coded('ERR_JOSE_GENERIC'), coded('JWKS_REQUEST_FAILED'))) {
      const { send, logs, saved } = await start(t, options)
      assertError(t, await send(token()), invalid, how)
      t.equal(whyIn(logs), 'keyFailed')
      t.match(errorsIn(logs), [{ msg: 'token not verified', err: { message: error.message } }])
      t.equal(errorsIn(logs).length, 1)
      t.equal(saved.length, 0)
    }
  })
}

t.test('what jose says of a token in authenticate is a 401 with its reason', async (t) => {
  const op = await issuer(t)
  op.publish('1', '2')
  const keys = createRemoteJWKSet(new URL(op.origin))
  const accepted: JWTVerifyOptions = {
    issuer: 'https://op.example', audience, algorithms: ['RS256'], typ: 'at+jwt', requiredClaims: ['oid'], maxTokenAge: '1h'
  }
  const authenticate: GraphPhotoOptions['authenticate'] = async ({ headers: { authorization = '' } }) =>
    callerFromClaims((await jwtVerify(authorization.slice('Bearer '.length), keys, accepted)).payload)
  const { send, saved, logs } = await served(t, { authenticate })
  const now = Math.floor(Date.now() / 1000)
  const good = claims({ iss: 'https://op.example', iat: now })
  const [header = '', payload = '', signature = ''] = op.token(good).split('.')
  const withHeader = (fields: object): string => `${part({ alg: 'RS256', typ: 'at+jwt', kid: '2', ...fields })}.${payload}.${signature}`

  const refused: ReadonlyArray<readonly [reason: string, token: string, message?: string]> = [
    ['tokenExpired', op.token({ ...good, exp: now - 60 }), 'Lifetime validation failed, the token is expired.'],
    ['tokenExpired', op.token({ ...good, iat: now - 7200 }), 'Lifetime validation failed, the token is expired.'],
    ['tokenNotYetValid', op.token({ ...good, nbf: now + 60 })],
    ['tokenNotYetValid', op.token({ ...good, iat: now + 60 })],
    ['audienceInvalid', op.token({ ...good, aud: 'another' }), 'Access token validation failure. Invalid audience.'],
    ['issuerInvalid', op.token({ ...good, iss: 'https://another.example' })],
    ['typeNotAccepted', op.token(good, { typ: 'JWT' })],
    ['claimMissing', op.token({ ...good, oid: undefined })],
    ['claimInvalid', op.token({ ...good, nbf: 'now' })],
    ['signatureInvalid', `${header}.${part({ ...good, oid: 'another' })}.${signature}`],
    ['keyNotFound', op.token(good, { kid: 'invented' })],
    ['keyNotFound', withHeader({ kid: undefined })],
    ['algorithmNotAccepted', withHeader({ alg: 'ES256' })],
    ['algorithmNotAccepted', withHeader({ alg: 'none' })],
    ['tokenInvalid', withHeader({ crit: ['x'], x: 1 })],
    ['tokenUnreadable', `${header}.${payload}`],
    ['tokenUnreadable', `!.${payload}.${signature}`],
    ['tokenWithoutDots', 'token', 'IDX14100: JWT is not well formed, there are no dots (.).']
  ]
  for (const [reason, sent, message = invalid.message] of refused) {
    logs.length = 0
    assertError(t, await send(sent), { ...invalid, message }, reason)
    t.strictSame([whyIn(logs), errorsIn(logs)], [reason, []])
  }
  t.equal((await send(op.token(good))).statusCode, 200)
  t.equal(saved.length, 1)
})

t.test('an issuer that is down does not make a token invalid: what authenticate throws then is a 500, unless it says otherwise', async (t) => {
  const op = await issuer(t)
  op.mood = 'answers 503 in HTML'
  const verify = (token: string) => jwtVerify(token, createRemoteJWKSet(new URL(op.origin)))
  const wholly = await served(t, { authenticate: async () => { await verify(op.token(claims())) } } as object)
  assertError(t, await wholly.send('x.y.z'), { statusCode: 500, code: 'ErrorInternalServerError' })
  t.match(errorsIn(wholly.logs), [{ err: { code: 'ERR_JOSE_GENERIC' } }])
  const said = await served(t, { authenticate: async () => { await verify(op.token(claims())).catch(() => fail(down)) } } as object)
  assertError(t, await said.send('x.y.z'), { statusCode: 503, code: 'ServiceUnavailable' })
})

t.test('a provider that fails for a token from elsewhere than the Authorization header is logged as well', async (t) => {
  const { send, logs } = await served(t, { jwt: { secret: async () => fail(new Error('down')), verify: { extractToken: () => token() } } })
  assertError(t, await send(undefined), invalid)
  t.match(errorsIn(logs), [{ msg: 'token not verified', err: { message: 'down' } }])
})

t.test('a token from elsewhere than the Authorization header has its reason too, without what it says of itself', async (t) => {
  const { send, logs } = await served(t, { jwt: { secret, verify: { extractToken: () => token(claims({ exp: 1 })) } } })
  assertError(t, await send(undefined), { ...invalid, message: 'Lifetime validation failed, the token is expired.' })
  t.equal(whyIn(logs), 'tokenExpired')
})

t.test('authenticate may return no caller: 401, by the first row of the table only where there is no Authorization header', async (t) => {
  for (const nobody of [null, undefined]) {
    const { send, logs } = await served(t, { authenticate: async () => nobody })
    const without = await send(undefined)
    assertError(t, without, { ...invalid, message: 'Access token is empty.' })
    t.equal(without.headers['www-authenticate'], 'Bearer realm=""')
    const withToken = await send(token())
    assertError(t, withToken, invalid)
    t.equal(withToken.headers['www-authenticate'], 'Bearer realm="", error="invalid_token"')
    t.strictSame(errorsIn(logs), [])
  }
})

type SecretFunction = Extract<JwtOptions['secret'], (...args: never) => unknown>

/** What a host might return in place of a key; types do not keep JavaScript from it. */
const noKeys: readonly unknown[] = [undefined, null, '', {}, 7]

t.test('a secret that gives no key is 401 at once, and nothing that a server does wrong, however it gives it', async (t) => {
  for (const none of noKeys) {
    // The casts: hosts in JavaScript return anything.
    const key = none as string
    const ways: ReadonlyArray<readonly [how: string, secret: JwtOptions['secret']]> = [
      ['returned', () => key],
      ['promised', async () => key],
      ['called back', (_request, _token, done) => { done(null, key) }],
      ['called back later', (_request, _token, done) => { setImmediate(done, null, key) }]
    ]
    for (const [how, secret] of ways) {
      const { send, logs, saved } = await served(t, { jwt: { ...jwt, secret } })
      assertError(t, await send(token()), invalid, `${String(none)}, ${how}`)
      t.strictSame([whyIn(logs), errorsIn(logs), saved.length], ['keyNotFound', [], 0])
    }
  }
})

t.test('a secret gives a key in each of the ways that @fastify/jwt knows, and by return; the first one counts', async (t) => {
  const ways: ReadonlyArray<readonly [how: string, secret: JwtOptions['secret']]> = [
    ['returned', () => secret],
    ['returned as bytes', () => Buffer.from(secret)],
    ['promised', async () => secret],
    ['called back', (_request, _token, done) => { done(null, secret) }],
    ['called back later', (_request, _token, done) => { setImmediate(done, null, secret) }],
    ['called back twice', (_request, _token, done) => { done(null, secret); done(null) }],
    ['called back by a function that does not name it', (...args: Parameters<SecretFunction>) => { args[2](null, secret) }]
  ]
  for (const [how, secret] of ways) {
    const { send, saved } = await served(t, { jwt: { ...jwt, secret } })
    t.equal((await send(token())).statusCode, 200, how)
    t.equal(saved.length, 1)
  }
})
