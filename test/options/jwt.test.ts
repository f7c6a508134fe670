import { generateKeyPairSync } from 'node:crypto'
import { createSigner } from 'fast-jwt'
import t from 'tap'
import Fastify from 'fastify'
import { graphPhoto, type GraphPhotoOptions } from '../../lib/index.js'
import { host, put } from '../helpers/host.js'
import { claims, secret } from '../helpers/tokens.js'

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }
})
const damaged = publicKey.replace(/\n(.{10})/, '\n')

const wrong: ReadonlyArray<readonly [key: string, jwt: unknown]> = [
  ['jwt', {}], ['jwt', []], ['jwt', { secret, allowedIss: 'x' }], ['jwt', { secret, sign: {} }],
  ...[{}, 42, '', Buffer.alloc(0), null, { public: '' }, damaged, Buffer.from(damaged), { public: damaged }, privateKey].map((value) =>
    ['jwt.secret', { secret: value }] as const),
  ...[5, 'x', null, []].map((verify) => ['jwt.verify', { secret, verify }] as const),
  ...[{ allowedIssuer: 'x' }, { audience: 'x' }].map((verify) => ['jwt.verify', { secret, verify }] as const),
  ...[true, { complet: true }].map((decode) => ['jwt.decode', { secret, decode }] as const),
  ['jwt.decode.complete', { secret, decode: { complete: 1 } }],
  ['jwt.decode.checkTyp', { secret, decode: { checkTyp: true } }],
  ['jwt.trusted', { secret, trusted: true }],
  ...Object.entries({
    algorithms: ['RS256', ['none'], []],
    allowedAud: [5, '', [], [5]],
    allowedIss: [true],
    allowedSub: [{}],
    allowedJti: [null],
    allowedNonce: [0],
    requiredClaims: ['iss', [5]],
    maxAge: ['soon', 0, -1, NaN, ''],
    clockTolerance: [-1, '5'],
    cache: ['yes', -1],
    cacheTTL: ['1h', -1],
    errorCacheTTL: [-2, 'x'],
    extractToken: ['authorization']
  }).flatMap(([name, values]) => values.map((value) => [`jwt.verify.${name}`, { secret, verify: { [name]: value } }] as const)),
  ['jwt', { secret, verify: { algorithms: ['RS256'] } }]
]

for (const [key, jwt] of wrong) {
  t.test(`${key} is refused by its name: ${JSON.stringify(jwt).slice(0, 90)}`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    const register = async () => { await app.register(graphPhoto, { savePhoto () {}, jwt } as GraphPhotoOptions) }
    await t.rejects(register(), { code: 'FST_GRAPH_PHOTO_INVALID_OPTION', message: `The option ${key} must be ` })
  })
}

for (const [what, key] of Object.entries({ 'as text': publicKey, 'as a Buffer': Buffer.from(publicKey), 'of a pair': { public: publicKey } })) {
  t.test(`a PEM public key ${what} verifies`, async (t) => {
    const sign = createSigner({ key: privateKey, algorithm: 'RS256' })
    const { app } = await host(t, { jwt: { secret: key } })
    t.equal((await put(app, { headers: { authorization: `Bearer ${sign(claims())}` } })).statusCode, 200)
    t.equal((await put(app)).statusCode, 401, 'a token signed with a shared secret does not pass')
  })
}

t.test('every option of verify and decode is taken in each of its forms', async (t) => {
  const verify = {
    algorithms: ['HS256'],
    allowedAud: [/graph/, 'x'],
    requiredClaims: ['oid'],
    maxAge: '1h',
    clockTolerance: 5000,
    cache: 10,
    cacheTTL: 1000,
    errorCacheTTL: -1
  } as const
  const { app } = await host(t, { jwt: { secret, verify, decode: { complete: false } } })
  const sign = createSigner({ key: secret, algorithm: 'HS256' })
  t.equal((await put(app, { headers: { authorization: `Bearer ${sign(claims())}` } })).statusCode, 200)
  for (const more of [{ maxAge: 90 }, { maxAge: '2 days' }, { cache: true }, { errorCacheTTL: () => 5 }, { extractToken: () => undefined }]) {
    await t.resolves(host(t, { jwt: { secret, verify: more } }))
  }
})
