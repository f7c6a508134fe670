import fastifyJwt from '@fastify/jwt'
import t, { type Test } from 'tap'
import type { GraphPhotoOptions } from '../../lib/index.js'
import { errorsIn, host, put, type PutOptions } from '../helpers/host.js'
import { claims, jwt, part, token, type Claims } from '../helpers/tokens.js'

const coded = (code: string, message: string) => Object.assign(new Error(message), { code })
const throwing = (error: unknown): Partial<GraphPhotoOptions> => ({ authenticate: () => { throw error } })

/** The reason in the log line of the only request. */
async function whyOf (t: Test, options: Partial<GraphPhotoOptions>, request: PutOptions, setUp?: Parameters<typeof host>[3]): Promise<string> {
  const { app, logs } = await host(t, options, undefined, setUp)
  await put(app, request)
  const [line] = logs.flatMap(({ photo }) => photo === undefined ? [] : [Object(photo)])
  return `${line.why.code}: ${line.why.message}`
}

const date = (seconds: number) => new Date(seconds * 1000).toISOString()
const expired = coded('ERR_JWT_EXPIRED', '"exp" claim timestamp check failed')
const tooEarly = coded('ERR_JWT_CLAIM_VALIDATION_FAILED', '"iat" claim timestamp check failed (it should be in the past)')
const audience = coded('ERR_JWT_CLAIM_VALIDATION_FAILED', 'unexpected "aud" claim value')
const longest = 200

/** What jose and fast-jwt throw, and what the reason says besides. */
const sentences: ReadonlyArray<readonly [what: string, error: Error, claims: Claims, why: string]> = [
  ['an exp', expired, { exp: 1_700_000_000 }, `tokenExpired: The token expired at ${date(1_700_000_000)}.`],
  ['no exp', expired, { exp: undefined }, 'tokenExpired: The token expired at a date that is not known.'],
  ['an exp in text', expired, { exp: '1700000000' }, 'tokenExpired: The token expired at a date that is not known.'],
  ['an exp beyond all dates', expired, { exp: 1e15 }, 'tokenExpired: The token expired at a date that is not known.'],
  ['an iat', tooEarly, { iat: 5_000_000_000 }, `tokenNotYetValid: The token is not valid before ${date(5_000_000_000)}.`],
  ['an nbf and an iat', tooEarly, { iat: 5, nbf: 5_000_000_000 }, `tokenNotYetValid: The token is not valid before ${date(5_000_000_000)}.`],
  ['no aud', audience, { aud: undefined }, 'audienceInvalid: The token is for the audience none; accepted: what the host allows.'],
  ['a list of aud', audience, { aud: ['a', 'b'] }, 'audienceInvalid: The token is for the audience ["a","b"]; accepted: what the host allows.'],
  ['an aud that is not a string', audience, { aud: { a: 1 } },
    'audienceInvalid: The token is for the audience a value of type object; accepted: what the host allows.'],
  ['an aud that is not all strings', audience, { aud: ['a', {}] },
    'audienceInvalid: The token is for the audience a value of type object; accepted: what the host allows.'],
  ['a long aud', audience, { aud: 'a'.repeat(500) },
    `audienceInvalid: The token is for the audience "${'a'.repeat(longest - 1)}; accepted: what the host allows.`],
  ['a claim that jose misses', coded('ERR_JWT_CLAIM_VALIDATION_FAILED', 'missing required "oid" claim'), {},
    "claimMissing: The token has no claim 'oid'."],
  ['a claim that fast-jwt misses', coded('FAST_JWT_MISSING_REQUIRED_CLAIM', 'The jti claim is required.'), {},
    "claimMissing: The token has no claim 'jti'."],
  ['a claim of the wrong type', coded('ERR_JWT_INVALID', '"nbf" claim must be a number'), {},
    "claimInvalid: The token's claim 'nbf' must be of the right type."]
]

t.test('the reason of a token says of it what is known', async (t) => {
  for (const [what, error, overrides, why] of sentences) {
    const authorization = `Bearer ${part({})}.${part(claims(overrides))}.`
    t.equal(await whyOf(t, throwing(error), { headers: { authorization } }), why, what)
  }
})

t.test('a date that JavaScript cannot write is a claim that is not valid', async (t) => {
  const why = "claimInvalid: The token's claim 'exp or nbf' must be a date."
  t.equal(await whyOf(t, { jwt }, { claims: claims({ nbf: 1e300 }) }), why)
})

const withoutToken: ReadonlyArray<readonly [authorization: string | undefined, code: string]> = [
  [undefined, 'tokenMissing'], ['', 'tokenSchemeOther'], ['Bearer', 'tokenSchemeOther'], ['Basic dTpw', 'tokenSchemeOther'],
  ['Basic Bearer a.b.c', 'tokenSchemeOther']
]

t.test("a request without a token is told apart from one with another scheme, where the host's @fastify/jwt verifies too", async (t) => {
  // A host without types may write it so.
  const hosts = { 'our own': { jwt }, "the host's": { jwt: undefined } as unknown as Partial<GraphPhotoOptions> }
  for (const [whose, options] of Object.entries(hosts)) {
    for (const [authorization, code] of withoutToken) {
      const setUp: Parameters<typeof host>[3] = async (app) => {
        if (whose === "the host's") await app.register(fastifyJwt, { secret: jwt.secret })
      }
      const [found] = (await whyOf(t, options, { headers: { authorization } }, setUp)).split(':')
      t.equal(found, code, `${whose}: ${authorization}`)
    }
  }
})

t.test('what a key provider throws is logged without the token, and without any other', async (t) => {
  const sent = token()
  const [header = '', payload = '', signature = ''] = sent.split('.')
  const other = token(claims({ oid: 'another' }), 'another secret, 32 characters or more')
  const quoting = (...parts: readonly string[]) => new Error(`no key for ${parts.join(' or ')}, it says`)
  const errors: ReadonlyArray<readonly [error: Error, logged: RegExp]> = [
    [quoting(sent), /no key for \[token\], it says/],
    [quoting(header), /no key for \[token\], it says/],
    [quoting(payload, signature), /no key for \[token\] or \[token\], it says/],
    [quoting(other), /no key for \[token\], it says/],
    [quoting('nothing'), /no key for nothing, it says/]
  ]
  for (const [error, logged] of errors) {
    const { app, logs } = await host(t, { jwt: { secret: async () => { throw error } } })
    await put(app, { headers: { authorization: `Bearer ${sent}` } })
    t.match(JSON.stringify(errorsIn(logs)), logged)
    for (const part of [payload, signature, other.split('.')[1], other.split('.')[2]]) t.notMatch(JSON.stringify(logs), part)
  }
})

t.test('a part of eight characters is a word, and stays', async (t) => {
  const { app, logs } = await host(t, { jwt: { secret: async () => { throw new Error('notfound') } } })
  await put(app, { headers: { authorization: `Bearer ${token().replace(/[^.]+$/, 'notfound')}` } })
  t.match(errorsIn(logs), [{ err: { message: 'notfound' } }])
})

t.test("a host's onError hook finds what the verifier threw as the cause", async (t) => {
  const errors: unknown[] = []
  const { app } = await host(t, { jwt: undefined } as unknown as Partial<GraphPhotoOptions>, undefined, async (app) => {
    await app.register(fastifyJwt, { secret: jwt.secret })
    app.addHook('onError', async (_request, _reply, error) => { errors.push(error) })
  })
  for (const authorization of [undefined, 'Bearer opaque', 'Bearer x.y.z']) await put(app, { headers: { authorization } })
  t.match(errors, [
    { name: 'GraphError', cause: { code: 'FST_JWT_NO_AUTHORIZATION_IN_HEADER' } },
    { name: 'GraphError', cause: { code: /JWT/ } },
    { name: 'GraphError', cause: { code: /JWT/ } }
  ])
})
