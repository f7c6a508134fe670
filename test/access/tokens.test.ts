import { deflateRawSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { graphAuthorize, photoKey, type GraphPhotoJwtOptions } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { assertError, host, put } from '../helpers/host.js'
import {
  appClaims, audience, claims, ecdsa, ecKeys, hmac, jws, part, rsa, rsaKeys, secret, tenantId, token, userId
} from '../helpers/tokens.js'
import { head, listen, RawClient } from '../helpers/wire.js'

const me = '/v1.0/me/photo/$value'
const user = `/v1.0/users/${userId}/photo/$value`

const wellFormedMessage = 'IDX14100: JWT is not well formed, there are no dots (.).'
const answers = {
  empty: { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token is empty.' },
  malformed: { statusCode: 401, code: 'InvalidAuthenticationToken', message: wellFormedMessage },
  expired: { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Lifetime validation failed, the token is expired.' },
  otherAudience: { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token validation failure. Invalid audience.' },
  invalid: { statusCode: 401, code: 'InvalidAuthenticationToken', message: /^Access token validation failure\.$/ },
  denied: { statusCode: 403, code: 'ErrorAccessDenied', message: 'Access is denied. Check credentials and try again.' }
} as const

interface Request {
  readonly url?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly payload?: string
}

type Row = readonly [name: string, sent: string | Request, expected: keyof typeof answers | 'accepted']

const bearer = (sent: string): Request => ({ headers: { authorization: `Bearer ${sent}` } })

/** A host that notes who was asked; what is refused here must have asked nobody. */
async function guardedHost (t: Test, jwt: Partial<GraphPhotoJwtOptions> = {}) {
  const asked: string[] = []
  const { app, saved, logs } = await host(t, {
    jwt: { secret, verify: { allowedAud: audience }, ...jwt },
    resolveTarget: (target) => {
      asked.push('resolveTarget')
      return target
    },
    authorize: (permissions, context) => {
      asked.push('authorize')
      return graphAuthorize(permissions, context)
    }
  })

  async function send (sent: string | Request) {
    const { headers = {}, ...rest } = typeof sent === 'string' ? bearer(sent) : sent
    asked.length = saved.length = logs.length = 0
    const response = await put(app, { ...rest, headers: { authorization: undefined, ...headers } })
    return { response, asked: [...asked], saved: [...saved] }
  }

  /** @param serverErrors what is logged as an error for each refusal */
  async function follow (t: Test, rows: readonly Row[], serverErrors: readonly string[] = []): Promise<void> {
    for (const [name, sent, expected] of rows) {
      const { response, asked, saved } = await send(sent)
      if (expected === 'accepted') {
        t.strictSame({ statusCode: response.statusCode, asked, saved: saved.length }, { statusCode: 200, asked: ['resolveTarget', 'authorize'], saved: 1 }, name)
        continue
      }
      assertError(t, response, answers[expected], name)
      const isUnauthorized = answers[expected].statusCode === 401
      const { headers } = typeof sent === 'string' ? bearer(sent) : sent
      const secrets = Object.values(headers ?? {}).flatMap((value = '') => value.split(/[\s.,]/)).filter((value) => value.length > 30)
      const written = JSON.stringify(logs.filter(({ req }) => req === undefined))
      t.strictSame({
        asked,
        saved: saved.length,
        challenge: isUnauthorized && response.headers['www-authenticate'],
        serverErrors: logs.filter(({ level }) => level > 30).map(({ msg }) => msg),
        loggedSecrets: secrets.filter((value) => written.includes(value))
      }, {
        asked: [],
        saved: 0,
        challenge: isUnauthorized && (expected === 'empty' ? 'Bearer realm=""' : 'Bearer realm="", error="invalid_token"'),
        serverErrors,
        loggedSecrets: []
      }, `${name}: nobody is asked, nothing is saved, and no part of the token is logged`)
    }
  }

  return { app, send, follow }
}

const hs256 = { alg: 'HS256', typ: 'JWT' } as const
const genuine = token()
const [header = '', payload = '', signature = ''] = genuine.split('.')
const othersPayload = part(claims({ oid: '11111111-1111-4111-8111-111111111111' }))

t.test('RFC 8725, 2.1 and 3.1: the algorithm is the one of the key, not the one that the token names', async (t) => {
  const { follow } = await guardedHost(t)
  await follow(t, [
    ['a genuine token', genuine, 'accepted'],
    ...['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg): Row[] => [
      [`"${alg}" without a signature`, `${part({ alg })}.${payload}.`, 'invalid'],
      [`"${alg}" with a signature`, jws({ alg }, claims()), 'invalid']
    ]),
    ['no algorithm', jws({ typ: 'JWT' }, claims()), 'invalid'],
    ['an algorithm in lower case', jws({ alg: 'hs256' }, claims()), 'invalid'],
    ['an unknown algorithm', jws({ alg: 'HS257' }, claims()), 'invalid'],
    ['a list of algorithms', jws({ alg: ['HS256'] }, claims()), 'invalid'],
    ['an algorithm named after what every object has', jws({ alg: 'constructor' }, claims()), 'invalid'],
    ['RS256 named, where the key is a secret', jws({ alg: 'RS256' }, claims()), 'invalid'],
    ['HS512 named, HS256 signed', jws({ alg: 'HS512' }, claims()), 'invalid'],
    ['HS512 with the secret', jws({ alg: 'HS512' }, claims(), hmac(secret, 'sha512')), 'accepted']
  ])
})

t.test('RFC 8725, 3.1: the host names the accepted algorithms', async (t) => {
  const { follow } = await guardedHost(t, { verify: { allowedAud: audience, algorithms: ['HS256'] } })
  await follow(t, [
    ['HS256', genuine, 'accepted'],
    ['HS512', jws({ alg: 'HS512' }, claims(), hmac(secret, 'sha512')), 'invalid'],
    ['none', `${part({ alg: 'none' })}.${payload}.`, 'invalid']
  ])
})

t.test('RFC 8725, 2.1: a public key is never taken for a secret', async (t) => {
  const { publicKey, privateKey, public: spki } = rsaKeys()
  const stranger = rsaKeys()
  const genuine = jws({ alg: 'RS256', typ: 'JWT' }, claims(), rsa(privateKey))
  const spellings: ReadonlyArray<readonly [string, string | Buffer]> = [
    ['as PEM', spki],
    ['as PEM without its last line break', spki.trim()],
    ['as PEM with CRLF', spki.replaceAll('\n', '\r\n')],
    ['as PKCS#1 PEM', publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['as DER', publicKey.export({ type: 'spki', format: 'der' })],
    ['as JWK', JSON.stringify(publicKey.export({ format: 'jwk' }))],
    ['as bare base64', spki.split('\n').slice(1, -2).join('')]
  ]
  const rows: readonly Row[] = [
    ['a genuine token', genuine, 'accepted'],
    ...spellings.flatMap(([name, key]): Row[] => [
      [`HS256 with the public key ${name}`, jws({ alg: 'HS256' }, claims(), hmac(key)), 'invalid'],
      [`HS512 with the public key ${name}`, jws({ alg: 'HS512' }, claims(), hmac(key, 'sha512')), 'invalid'],
      [`RS256 named, HMAC with the public key ${name}`, jws({ alg: 'RS256' }, claims(), hmac(key)), 'invalid']
    ]),
    ['none', `${part({ alg: 'none' })}.${payload}.`, 'invalid'],
    ["another's private key", jws({ alg: 'RS256' }, claims(), rsa(stranger.privateKey)), 'invalid'],
    ['PS256 named, RS256 signed', jws({ alg: 'PS256' }, claims(), rsa(privateKey)), 'invalid'],
    ['RS512 named, RS256 signed', jws({ alg: 'RS512' }, claims(), rsa(privateKey)), 'invalid'],
    ['RFC 8725, 3.10: the key in the header', jws({ alg: 'RS256', jwk: stranger.publicKey.export({ format: 'jwk' }) }, claims(), rsa(stranger.privateKey)), 'invalid'],
    ['RFC 8725, 3.10: the address of a key in the header', jws({ alg: 'RS256', jku: 'http://127.0.0.1:9/keys', x5u: 'file:///etc/passwd' }, claims(), rsa(stranger.privateKey)), 'invalid']
  ]
  const secrets: ReadonlyArray<readonly [string, GraphPhotoJwtOptions['secret']]> = [
    ['a pair', { public: spki }],
    ['a function', async () => spki],
    ['a function with a callback', (_request, _token, done) => { done(null, `\n${spki}`) }]
  ]
  for (const [name, secret] of secrets) {
    await t.test(`the key is given as ${name}`, async (t) => (await guardedHost(t, { secret })).follow(t, rows))
  }
  await t.test('the host allows RS256 and HS256 together', async (t) => {
    const verify = { allowedAud: audience, algorithms: ['RS256', 'HS256'] } as const
    await (await guardedHost(t, { secret: { public: spki }, verify })).follow(t, rows)
  })
})

t.test('RFC 8725, 3.3: a signature over anything else is refused', async (t) => {
  const { follow } = await guardedHost(t)
  const flipped = Buffer.from(signature, 'base64url')
  flipped.writeUInt8(flipped.readUInt8(0) ^ 1)
  const cut = (length: number): string => Buffer.from(signature, 'base64url').subarray(0, length).toString('base64url')
  await follow(t, [
    ['a changed payload', `${header}.${othersPayload}.${signature}`, 'invalid'],
    ['a changed header', `${part({ ...hs256, kid: '1' })}.${payload}.${signature}`, 'invalid'],
    ['a payload with a space more', `${header}.${part(`${JSON.stringify(claims())} `)}.${signature}`, 'invalid'],
    ['one bit of the signature flipped', `${header}.${payload}.${flipped.toString('base64url')}`, 'invalid'],
    ['no signature', `${header}.${payload}.`, 'invalid'],
    ...[1, 16, 31].map((length): Row => [`${length} of the 32 bytes of the signature`, `${header}.${payload}.${cut(length)}`, 'invalid']),
    ['a byte more than the signature', `${header}.${payload}.${Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.of(0)]).toString('base64url')}`, 'invalid'],
    ['another secret', token(claims(), 'another secret that is 32 characters long'), 'invalid'],
    ['the secret with a line break', token(claims(), `${secret}\n`), 'invalid'],
    ['the empty secret', jws(hs256, claims(), hmac('')), 'invalid'],
    ['a signature with padding', `${genuine}=`, 'invalid'],
    ['a signature that is not base64url', `${header}.${payload}.${'+/'.repeat(21)}A`, 'invalid'],
    ['the signature twice', `${genuine}${signature}`, 'invalid'],
    ['a token inside a token', jws({ ...hs256, cty: 'JWT' }, genuine), 'invalid'],
    ['a token inside a token, by somebody else', jws({ ...hs256, cty: 'JWT' }, genuine, hmac('x')), 'invalid']
  ])
})

t.test('RFC 8725, 3.4: an elliptic-curve signature of zeros proves nothing', async (t) => {
  const { publicKey, privateKey, public: spki } = ecKeys()
  const { follow } = await guardedHost(t, { secret: { public: spki } })
  const es256 = { alg: 'ES256' } as const
  const signedBy = (...bytes: Buffer[]) => () => Buffer.concat(bytes).toString('base64url')
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
  await follow(t, [
    ['a genuine token', jws(es256, claims(), ecdsa(privateKey)), 'accepted'],
    ['r and s are 0', jws(es256, claims(), signedBy(Buffer.alloc(64))), 'invalid'],
    ['r and s are the order of the curve', jws(es256, claims(), signedBy(order, order)), 'invalid'],
    ['r is 1, s is 0', jws(es256, claims(), signedBy(Buffer.alloc(31), Buffer.of(1), Buffer.alloc(32))), 'invalid'],
    ['a signature of one byte', jws(es256, claims(), signedBy(Buffer.of(1))), 'invalid'],
    ['a signature of 10,000 bytes', jws(es256, claims(), signedBy(Buffer.alloc(10_000, 1))), 'invalid'],
    ['HS256 with the public key', jws(hs256, claims(), hmac(spki)), 'invalid'],
    ['HS256 with the point of the public key', jws(hs256, claims(), hmac(publicKey.export({ type: 'spki', format: 'der' }).subarray(-65))), 'invalid'],
    ['ES384 named', jws({ alg: 'ES384' }, claims(), ecdsa(privateKey)), 'invalid']
  ])
})

t.test('RFC 8725, 3.5: without a key every token is refused', async (t) => {
  const forged: readonly Row[] = [
    ['HS256 with the empty key', jws(hs256, claims(), hmac('')), 'invalid'],
    ['none', `${part({ alg: 'none' })}.${payload}.`, 'invalid'],
    ['a genuine token', genuine, 'invalid']
  ]
  const keyless: ReadonlyArray<readonly [string, GraphPhotoJwtOptions['secret']]> = [
    ['the key is empty', async () => ''],
    ['the key is an empty buffer', async () => Buffer.alloc(0)]
  ]
  const failing: typeof keyless = [
    ['no key is found', async () => { throw new Error('no such key') }],
    ['the search for the key throws at once', () => { throw new Error('no such key') }],
    ['the search for the key fails', (_request, _token, done) => { done(new Error('no such key')) }]
  ]
  for (const [name, secret] of keyless) {
    await t.test(name, async (t) => (await guardedHost(t, { secret })).follow(t, forged))
  }
  for (const [name, secret] of failing) {
    await t.test(name, async (t) => (await guardedHost(t, { secret })).follow(t, forged, ['token not verified']))
  }
})

t.test('RFC 8725, 3.6 and 3.7: a payload is plain JSON in UTF-8', async (t) => {
  const { follow } = await guardedHost(t)
  const json = JSON.stringify(claims())
  const spoilt = Buffer.from(json.replace(audience, 'https://graph.microsoft\u0001com'))
  spoilt[spoilt.indexOf(1)] = 0xae
  await follow(t, [
    ['compressed', jws({ ...hs256, zip: 'DEF' }, deflateRawSync(json)), 'invalid'],
    ['UTF-16', jws(hs256, Buffer.from(json, 'utf16le')), 'invalid'],
    ['UTF-8 with a byte-order mark', jws(hs256, `\ufeff${json}`), 'invalid'],
    ['bytes that are no UTF-8, in the audience', jws(hs256, spoilt), 'otherAudience'],
    ['an overlong slash in the audience', jws(hs256, Buffer.from(json.replace('https://', 'https:\xc0\xaf/'), 'latin1')), 'otherAudience'],
    ...['', '{', '[]', 'null', '1', '"x"', `${json}x`, `[${json}]`].map((text): Row => [`the payload ${text.slice(0, 5)}`, jws(hs256, text), 'invalid']),
    ...['', '{', '[]', 'null', '"HS256"'].map((text): Row => [`the header ${text}`, jws(text, claims()), 'invalid']),
    ['claims behind __proto__', jws(hs256, `{"__proto__":${json}}`), 'invalid'],
    ['claims behind constructor.prototype', jws(hs256, `{"constructor":{"prototype":${json}}}`), 'invalid'],
    ['a claim twice: the last one counts', jws(hs256, json.replace(/}$/, ',"aud":"https://elsewhere.example"}')), 'otherAudience'],
    ['nested 5,000 deep', jws(hs256, json.replace(/}$/, `,"x":${'['.repeat(5000)}${']'.repeat(5000)}}`)), 'accepted'],
    ['RFC 7515, 4.1.11: a critical header that nobody here understands', jws({ ...hs256, crit: ['x'], x: 1 }, claims()), 'invalid'],
    ['RFC 7515, 4.1.11: no list of critical headers', jws({ ...hs256, crit: 'x', x: 1 }, claims()), 'invalid'],
    ['RFC 7797: an unencoded payload', jws({ ...hs256, crit: ['b64'], b64: false }, claims()), 'invalid'],
    ['an encrypted token', [part({ alg: 'dir', enc: 'A128GCM' }), '', 'iv', 'text', 'tag'].join('.'), 'invalid']
  ])
})

const issuer = `https://login.microsoftonline.com/${tenantId}/v2.0`
const otherTenant = 'bbbbbbbb-0000-4000-8000-000000000000'
const otherIssuer = issuer.replace(tenantId, otherTenant)

t.test('RFC 8725, 3.8: a host that names its issuer accepts no other', async (t) => {
  const { follow } = await guardedHost(t, { verify: { allowedAud: audience, allowedIss: issuer } })
  await follow(t, [
    ['the issuer', token(claims({ iss: issuer })), 'accepted'],
    ['another tenant', token(claims({ iss: otherIssuer, tid: otherTenant })), 'invalid'],
    ["another tenant's issuer, this tenant's id", token(claims({ iss: otherIssuer })), 'invalid'],
    ['no issuer', token(claims()), 'invalid'],
    ['an issuer that begins the same', token(claims({ iss: `${issuer}x` })), 'invalid'],
    ['an issuer that ends the same', token(claims({ iss: `https://evil.example/${issuer}` })), 'invalid'],
    ['an issuer in capitals', token(claims({ iss: issuer.toUpperCase() })), 'invalid'],
    ['a list of issuers', token(claims({ iss: [issuer] })), 'invalid'],
    ['an empty issuer', token(claims({ iss: '' })), 'invalid'],
    ['null', token(claims({ iss: null })), 'invalid'],
    ['an object', token(claims({ iss: { toString: issuer } })), 'invalid']
  ])
})

t.test('RFC 8725, 3.8: what a host names, a token must have', async (t) => {
  for (const [option, claim] of [['allowedSub', 'sub'], ['allowedJti', 'jti'], ['allowedNonce', 'nonce'], ['allowedIss', 'iss']] as const) {
    const { follow } = await guardedHost(t, { verify: { allowedAud: audience, [option]: /^known$/, requiredClaims: ['tid'] } })
    await follow(t, [
      [`the ${claim}`, token(claims({ [claim]: 'known' })), 'accepted'],
      [`another ${claim}`, token(claims({ [claim]: 'other' })), 'invalid'],
      [`no ${claim}`, token(claims()), 'invalid'],
      ['a claim missing that the host requires', token(claims({ [claim]: 'known', tid: undefined })), 'invalid']
    ])
  }
})

t.test("another tenant's user writes in the other tenant, where the host names no issuer", async (t) => {
  const { send } = await guardedHost(t)
  for (const url of [me, user]) {
    const { saved } = await send({ url, ...bearer(token(claims({ tid: otherTenant }))) })
    const targets = saved.map(({ context }) => context.target)
    t.strictSame(targets, [{ tenantId: otherTenant, kind: 'user', userId }])
    t.strictSame(targets.map(photoKey), [`tenant-${otherTenant}/user-${userId}`])
  }
})

t.test('RFC 8725, 3.9: a token for anybody else is refused', async (t) => {
  const { follow } = await guardedHost(t)
  const aud = (value: unknown): string => token(claims({ aud: value }))
  await follow(t, [
    ['no audience', aud(undefined), 'invalid'],
    ['another', aud('https://elsewhere.example'), 'otherAudience'],
    ['one that begins the same', aud(`${audience}.evil.example`), 'otherAudience'],
    ['one with a slash more', aud(`${audience}/`), 'otherAudience'],
    ['in capitals', aud(audience.toUpperCase()), 'otherAudience'],
    ['several in one string', aud(`${audience} https://elsewhere.example`), 'otherAudience'],
    ['empty', aud(''), 'otherAudience'],
    ['others in a list', aud(['https://elsewhere.example', 'x']), 'otherAudience'],
    ['an empty list', aud([]), 'otherAudience'],
    ['ours in a list', aud(['https://elsewhere.example', audience]), 'accepted'],
    ['ours in a list with a number', aud([audience, 1]), 'invalid'],
    ['ours in a list in a list', aud([[audience]]), 'invalid'],
    ['ours in an object', aud({ 0: audience }), 'invalid'],
    ['a number', aud(1), 'invalid'],
    ['null', aud(null), 'invalid'],
    ['true', aud(true), 'invalid']
  ])
})

t.test('RFC 8725, 3.10: a key id finds a key, and nothing else', async (t) => {
  const keys = new Map([['1', secret]])
  const { follow } = await guardedHost(t, {
    secret: async (_request: unknown, token: Readonly<Record<string, unknown>>) => keys.get(String(Object(token['header'])['kid'])) ?? '',
    decode: { complete: true }
  })
  await follow(t, [
    ['a known key', jws({ ...hs256, kid: '1' }, claims()), 'accepted'],
    ...['2', '', '../../dev/null', "' OR 1=1 --", '__proto__', '1\0', 'x'.repeat(10_000)]
      .map((kid): Row => [`"${kid.slice(0, 20)}"`, jws({ ...hs256, kid }, claims(), hmac('')), 'invalid'])
  ])
})

t.test('RFC 8725, 3.11: a host that names the type of its tokens accepts no other', async (t) => {
  const { follow } = await guardedHost(t, { decode: { checkTyp: 'at+jwt' } })
  const typ = (value: unknown): string => jws({ alg: 'HS256', typ: value }, claims())
  await follow(t, [
    ['an access token', typ('at+jwt'), 'accepted'],
    ['any token', typ('JWT'), 'invalid'],
    ['a logout token', typ('logout+jwt'), 'invalid'],
    ['a proof of possession', typ('dpop+jwt'), 'invalid'],
    ['none', typ(undefined), 'invalid'],
    ['a list', typ(['at+jwt']), 'invalid']
  ])
})

t.test('RFC 8725, 3.12: a token of another kind is not an access token', async (t) => {
  const { follow } = await guardedHost(t)
  const idToken = { scp: undefined, sub: 'pairwise', name: 'Adele', nonce: 'n', preferred_username: 'adele@contoso.example' }
  await follow(t, [
    ["an ID token, which is the client's", token(claims({ ...idToken, aud: 'f6b4f1d2-7f0b-4e0e-8f53-0a2f2cf4a0c1' })), 'otherAudience'],
    ['an ID token of an app that is its own API', token(claims(idToken)), 'invalid'],
    ['an ID token with the roles of its user', token(claims({ ...idToken, roles: ['User.ReadWrite.All'] })), 'invalid'],
    ['an ID token with roles, without a subject', token(claims({ ...idToken, sub: undefined, roles: ['User.ReadWrite.All'] })), 'invalid'],
    ['a client assertion', token({ aud: audience, exp: claims()['exp'], iss: 'app', sub: 'app', jti: '1' }), 'invalid'],
    ['nothing but a lifetime', token({ aud: audience, exp: claims()['exp'] }), 'invalid']
  ])
})

t.test('RFC 7519, 4.1.4 and 4.1.5: a token lives from nbf to exp', async (t) => {
  const now = 1_800_000_000
  let time = now * 1000
  t.intercept(Date, 'now', { value: () => time })
  const at = (milliseconds: number) => { time = now * 1000 + milliseconds }
  const { follow } = await guardedHost(t)
  // A signer of a library would not write what some of these say.
  const signed = (payload: Record<string, unknown>): string => jws(hs256, payload)
  const inOneHour = { exp: now + 3600 }

  await follow(t, [
    ['no exp', signed(claims({ exp: undefined })), 'invalid'],
    ['exp in a second', signed(claims({ exp: now + 1 })), 'accepted'],
    ['exp a second ago', signed(claims({ exp: now - 1 })), 'expired'],
    ['exp in 1970', signed(claims({ exp: 0 })), 'expired'],
    ['exp before all time', signed(claims({ exp: -1e300 })), 'invalid'],
    ['exp in milliseconds', signed(claims({ exp: now * 1000 })), 'accepted'],
    ['exp never', jws(hs256, JSON.stringify(claims({ exp: 1 })).replace('"exp":1', '"exp":1e999')), 'invalid'],
    ...['9999999999', null, true, [9999999999], {}].map((exp): Row => [`exp ${JSON.stringify(exp)}`, signed(claims({ exp })), 'invalid']),
    ['no nbf', signed(claims(inOneHour)), 'accepted'],
    ['nbf now', signed(claims({ ...inOneHour, nbf: now })), 'accepted'],
    ['nbf in a second', signed(claims({ ...inOneHour, nbf: now + 1 })), 'invalid'],
    ['nbf after all time', signed(claims({ ...inOneHour, nbf: 1e300 })), 'invalid'],
    ...['0', null, true, [0], {}].map((nbf): Row => [`nbf ${JSON.stringify(nbf)}`, signed(claims({ ...inOneHour, nbf })), 'invalid']),
    ...['0', null, true, [0], {}].map((iat): Row => [`iat ${JSON.stringify(iat)}`, signed(claims({ ...inOneHour, iat })), 'invalid'])
  ])

  const edges = token(claims({ nbf: now, exp: now + 10 }))
  for (const [milliseconds, expected] of [[-1, 'invalid'], [0, 'accepted'], [9_999, 'accepted'], [10_001, 'expired']] as const) {
    at(milliseconds)
    await follow(t, [[`${milliseconds} ms after nbf, where exp is 10 s later`, edges, expected]])
  }

  await t.test('with a tolerance of 2 s', async (t) => {
    const { follow } = await guardedHost(t, { verify: { allowedAud: audience, clockTolerance: 2000 } })
    for (const [milliseconds, expected] of [[-2_001, 'invalid'], [-2_000, 'accepted'], [11_999, 'accepted'], [12_001, 'expired']] as const) {
      at(milliseconds)
      await follow(t, [[`${milliseconds} ms after nbf`, edges, expected]])
    }
  })

  await t.test('with an oldest age of 5 s', async (t) => {
    const { follow } = await guardedHost(t, { verify: { allowedAud: audience, maxAge: 5 } })
    const dated = signed(claims({ iat: now, exp: now + 10 }))
    await follow(t, [['no iat', token(claims({ exp: now + 10 })), 'invalid']])
    for (const [milliseconds, expected] of [[4_999, 'accepted'], [5_001, 'expired']] as const) {
      at(milliseconds)
      await follow(t, [[`${milliseconds} ms after iat`, dated, expected]])
    }
  })

  await t.test('a token that was accepted before, and remembered', async (t) => {
    const { follow } = await guardedHost(t, { verify: { allowedAud: audience, cache: true } })
    for (const [milliseconds, expected] of [[-1, 'invalid'], [0, 'accepted'], [9_999, 'accepted'], [10_001, 'expired']] as const) {
      at(milliseconds)
      await follow(t, [[`${milliseconds} ms after nbf`, edges, expected]])
    }
    at(0)
    await follow(t, [['its payload with the signature of another', `${edges.split('.')[0]}.${othersPayload}.${edges.split('.')[2]}`, 'invalid']])
  })
})

t.test('RFC 6750, 2.1: the token stands in the header, once, after Bearer', async (t) => {
  const { follow } = await guardedHost(t)
  const authorization = (value: string): Request => ({ headers: { authorization: value } })
  await follow(t, [
    ['Bearer', authorization(`Bearer ${genuine}`), 'accepted'],
    ['bearer: a scheme has no case', authorization(`bearer ${genuine}`), 'accepted'],
    ['BEARER', authorization(`BEARER ${genuine}`), 'accepted'],
    ['no header', {}, 'empty'],
    ['an empty header', authorization(''), 'empty'],
    ['Bearer alone', authorization('Bearer'), 'empty'],
    ['Bearer and a space', authorization('Bearer '), 'empty'],
    ['Bearer and spaces', authorization('Bearer    '), 'empty'],
    ['the token alone', authorization(genuine), 'empty'],
    ['Basic', authorization(`Basic ${genuine}`), 'empty'],
    ['DPoP', authorization(`DPoP ${genuine}`), 'empty'],
    ['Bearer:', authorization(`Bearer: ${genuine}`), 'empty'],
    ['Bearer=', authorization(`Bearer=${genuine}`), 'empty'],
    ['Bearertoken', authorization(`Bearer${genuine}`), 'empty'],
    ['two spaces', authorization(`Bearer  ${genuine}`), 'invalid'],
    ['a tab', authorization(`Bearer\t${genuine}`), 'invalid'],
    ['in quotation marks', authorization(`Bearer "${genuine}"`), 'invalid'],
    ['two tokens after a space', authorization(`Bearer ${genuine} ${genuine}`), 'invalid'],
    ['two tokens after a comma', authorization(`Bearer ${genuine},${genuine}`), 'invalid'],
    ['two whole values in one header', authorization(`Bearer ${genuine}, Bearer ${genuine}`), 'invalid'],
    ['another scheme first', authorization(`Basic eDp5, Bearer ${genuine}`), 'empty'],
    ['parameters', authorization(`Bearer realm="", token=${genuine}`), 'invalid'],
    ['a letter beyond ASCII', authorization(`Bearer ${genuine}\u00e9`), 'invalid'],
    ['no dots', 'token', 'malformed'],
    ['one dot', `${header}.${payload}`, 'invalid'],
    ['three dots', `${genuine}.x`, 'invalid'],
    ['dots alone', '..', 'invalid'],
    ['null', 'null', 'malformed'],
    ['undefined', 'undefined', 'malformed'],
    ['100 KB without a dot', 'a'.repeat(100_000), 'malformed'],
    ['100 KB of dots', '.'.repeat(100_000), 'invalid'],
    ['100 KB of signature', `${header}.${payload}.${'A'.repeat(100_000)}`, 'invalid'],
    ['100 KB of claims', token(claims({ x: 'x'.repeat(75_000) }), 'another secret that is 32 characters long'), 'invalid'],
    ['100 KB of permissions', token(claims({ scp: 'User.Read '.repeat(7_500) })), 'denied']
  ])
})

t.test('RFC 6750, 2.2 and 2.3: a token anywhere else is not looked at', async (t) => {
  const { follow, send } = await guardedHost(t)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  await follow(t, [
    ['in the body of a form', { headers: form, payload: `access_token=${genuine}` }, 'empty'],
    ['in the query', { url: `${me}?access_token=${genuine}` }, 'empty'],
    ['in the query, as the scheme', { url: `${me}?authorization=Bearer%20${genuine}` }, 'empty'],
    ...['cookie', 'x-access-token', 'proxy-authorization', 'x-ms-token-aad-access-token', 'www-authenticate']
      .map((name): Row => [`in the header ${name}`, { headers: { [name]: name === 'cookie' ? `token=${genuine}` : `Bearer ${genuine}` } }, 'empty']),
    ["in the query, beside somebody's stale one", { url: `${me}?access_token=${genuine}`, ...bearer(token(claims({ exp: 1 }))) }, 'expired']
  ])
  const other = token(claims({ oid: '11111111-1111-4111-8111-111111111111' }))
  const { saved } = await send({ url: `${me}?access_token=${other}`, ...bearer(genuine) })
  t.equal(saved[0]?.context.caller.id, userId, 'the caller is the one of the header')
})

t.test('RFC 6750, 2: two Authorization headers are refused, even the same twice', async (t) => {
  const { app, saved } = await host(t)
  const port = await listen(app)
  const other = token(claims({ oid: '11111111-1111-4111-8111-111111111111' }))
  for (const values of [[genuine, genuine], [genuine, other], [genuine, 'x'], ['x', genuine], [genuine, '']]) {
    const [first, second] = values
    const fields = { Authorization: `Bearer ${first}`, authorization: `Bearer ${second}`, 'Content-Length': String(portrait.length) }
    const client = await RawClient.open(t, port)
    await client.write(Buffer.concat([Buffer.from(head(fields)), portrait]))
    assertError(t, await client.answer(), answers.invalid)
  }
  t.equal(saved.length, 0)
})

t.test("a user's permissions are the words of scp, whole and exactly", async (t) => {
  const { follow } = await guardedHost(t)
  const scp = (value: unknown, more = {}): string => token(claims({ scp: value, ...more }))
  await follow(t, [
    ['between others', scp('Mail.Read User.ReadWrite openid'), 'accepted'],
    ['more spaces than one', scp('  User.Read   User.ReadWrite  '), 'accepted'],
    ...[...'\t\n\r\v\f\u00a0\u2003\u3000\ufeff'].map((space): Row => [
      `another white space, ${JSON.stringify(space)}`, scp(`User.Read${space}User.ReadWrite User.ReadWrite${space}`), 'denied'
    ]),
    ['empty', scp(''), 'denied'],
    ['white space only', scp(' \t\n'), 'denied'],
    ['another case', scp('user.readwrite USER.READWRITE User.Readwrite'), 'denied'],
    ['the beginning of one', scp('User.ReadWrit User.Read User'), 'denied'],
    ['more than one', scp('User.ReadWriteX xUser.ReadWrite User.ReadWrite.'), 'denied'],
    ['with a resource before it', scp('https://graph.microsoft.com/User.ReadWrite'), 'denied'],
    ['between commas', scp('User.ReadWrite,Contacts.ReadWrite'), 'denied'],
    ['with a zero-width space', scp('User\u200b.ReadWrite User.ReadWrite\u200b'), 'denied'],
    ['with a NUL', scp('User.ReadWrite\0'), 'denied'],
    ['a wildcard', scp('* User.* .default'), 'denied'],
    ['names of what every object has', scp('constructor __proto__ length 0'), 'denied'],
    ['a list', scp(['User.ReadWrite']), 'invalid'],
    ['an object', scp({ 0: 'User.ReadWrite' }), 'invalid'],
    ['null', scp(null), 'invalid'],
    ['a number', scp(1), 'invalid'],
    ['an app permission, for somebody else', { url: '/v1.0/users/someone-else/photo/$value', ...bearer(scp('openid', { roles: ['User.ReadWrite.All'] })) }, 'denied'],
    ['scp beside idtyp app', scp('User.ReadWrite', { idtyp: 'app' }), 'invalid'],
    ['scp beside idtyp app, roles too', scp('User.ReadWrite', { idtyp: 'app', roles: ['User.ReadWrite.All'] }), 'invalid'],
    ['scp beside an idtyp that is not a string', scp('User.ReadWrite', { idtyp: 1 }), 'invalid']
  ])
})

t.test("the roles in a user's token are not permissions", async (t) => {
  const { follow } = await guardedHost(t)
  const roles = ['User.ReadWrite.All', 'ProfilePhoto.ReadWrite.All', 'User.ReadWrite']
  await follow(t, [
    ['beside another scp', token(claims({ scp: 'openid', roles })), 'denied'],
    ['beside an empty scp', token(claims({ scp: '', roles })), 'denied'],
    ['beside idtyp user', token(claims({ scp: undefined, idtyp: 'user', roles })), 'denied'],
    ['beside both', token(claims({ scp: 'openid', idtyp: 'user', roles })), 'denied'],
    ['beside neither', token(claims({ scp: undefined, roles })), 'invalid'],
    ['beside neither, with a subject of its own', token(claims({ scp: undefined, sub: 'pairwise', roles })), 'invalid'],
    ['as a string', token(claims({ roles: 'User.ReadWrite.All' })), 'invalid'],
    ['as the scp of another', { url: '/v1.0/groups/g/photo/$value', ...bearer(token(claims({ scp: 'User.ReadWrite', roles: ['Group.ReadWrite.All'] }))) }, 'denied']
  ])
})

t.test("an app's permissions are its roles", async (t) => {
  const { follow } = await guardedHost(t)
  const app = (more = {}): Request => ({ url: user, ...bearer(token(appClaims(more))) })
  const { oid } = appClaims()
  await follow(t, [
    ['idtyp app', app(), 'accepted'],
    ['no idtyp, sub is oid', app({ idtyp: undefined, sub: oid }), 'accepted'],
    ['idtyp app, sub another', app({ sub: 'pairwise' }), 'accepted'],
    ['no idtyp, sub another', app({ idtyp: undefined, sub: 'pairwise' }), 'invalid'],
    ['no idtyp, sub in another case', app({ idtyp: undefined, sub: String(oid).toUpperCase() }), 'invalid'],
    ['no idtyp, no sub', app({ idtyp: undefined }), 'invalid'],
    ['no idtyp, no sub, no oid', app({ idtyp: undefined, oid: undefined }), 'invalid'],
    ['no idtyp, sub without oid', app({ idtyp: undefined, oid: undefined, sub: oid }), 'invalid'],
    ...['App', 'APP', ' app', 'app\0', 'device', 'service', ''].map((idtyp): Row => [`idtyp ${JSON.stringify(idtyp)}`, app({ idtyp, sub: oid }), 'invalid']),
    ...[null, 1, true, ['app']].map((idtyp): Row => [`idtyp ${JSON.stringify(idtyp)}`, app({ idtyp, sub: oid }), 'invalid']),
    ['idtyp User', app({ idtyp: 'User' }), 'invalid'],
    ['no id at all', app({ oid: undefined, azp: undefined }), 'invalid'],
    ['no roles', app({ roles: undefined }), 'denied'],
    ['an empty list of roles', app({ roles: [] }), 'denied'],
    ['other roles', app({ roles: ['User.Read.All', 'user.readwrite.all', 'User.ReadWrite.All ', 'User.ReadWrite'] }), 'denied'],
    ['all in one', app({ roles: ['User.Read.All User.ReadWrite.All'] }), 'denied'],
    ['roles as a string', app({ roles: 'User.ReadWrite.All' }), 'invalid'],
    ['roles as an object', app({ roles: { 0: 'User.ReadWrite.All', length: 1 } }), 'invalid'],
    ['a number among the roles', app({ roles: ['User.ReadWrite.All', 1] }), 'invalid'],
    ['a list among the roles', app({ roles: [['User.ReadWrite.All']] }), 'invalid'],
    ['null', app({ roles: null }), 'invalid'],
    ['an scp', app({ scp: 'User.ReadWrite.All' }), 'invalid'],
    ['an empty scp', app({ scp: '' }), 'invalid'],
    ['an scp of null', app({ scp: null }), 'invalid']
  ])
})

t.test('an id of a wrong type is not an id', async (t) => {
  const { follow } = await guardedHost(t)
  const wrong = [1, 0, true, null, '', [userId], { id: userId }]
  await follow(t, [
    ['no oid', token(claims({ oid: undefined })), 'invalid'],
    ['a sub for want of an oid', token(claims({ oid: undefined, sub: userId })), 'invalid'],
    ...['oid', 'sub', 'tid', 'azp', 'appid', 'upn'].flatMap((name) => wrong.map((value): Row => (
      [`${name} ${JSON.stringify(value)}`, token(claims({ [name]: value })), 'invalid']
    ))),
    ...['oid', 'sub', 'tid', 'azp'].flatMap((name) => wrong.map((value): Row => (
      [`an app's ${name} ${JSON.stringify(value)}`, { url: user, ...bearer(token(appClaims({ [name]: value }))) }, 'invalid']
    )))
  ])
})

t.test('a name that may change proves nothing: no caller becomes another user by it', async (t) => {
  const { app, saved } = await host(t)
  const other = '11111111-1111-4111-8111-111111111111'
  for (const name of ['preferred_username', 'email', 'unique_name', 'name']) {
    const response = await put(app, { url: '/v1.0/users/victim@contoso.example/photo/$value', claims: claims({ upn: undefined, [name]: 'victim@contoso.example' }) })
    assertError(t, response, answers.denied)
  }
  // The one name that is believed leads to the caller's own photo only, even where it is another's id.
  const response = await put(app, { url: `/v1.0/users/${other}/photo/$value`, claims: claims({ upn: other }) })
  t.equal(response.statusCode, 200)
  t.match(saved.map(({ context }) => context.target), [{ userId }])
})

t.test('a token that a host distrusts is refused, and so is one that its check cannot take', async (t) => {
  const checks: ReadonlyArray<readonly [trusted: NonNullable<GraphPhotoJwtOptions['trusted']>, serverErrors: readonly string[]]> = [
    [() => false, []],
    [async () => false, []],
    [() => { throw new Error('down') }, ['token not verified']],
    [async () => { throw new Error('down') }, ['token not verified']]
  ]
  for (const [trusted, serverErrors] of checks) {
    for (const key of [secret, async () => secret]) {
      const { follow } = await guardedHost(t, { secret: key, trusted })
      await follow(t, [['a genuine token', genuine, 'invalid']], serverErrors)
    }
  }
})
