import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createSigner } from 'fast-jwt'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { reasons, type ReasonName } from '../../lib/answers/reasons.js'
import { GraphError, graphServerOptions, type GraphPhotoJwtVerifyOptions, type GraphPhotoOptions } from '../../lib/index.js'
import { fixture, jpegOf, portrait } from '../fixtures/pictures.js'
import { host, put, type Host, type PutOptions } from '../helpers/host.js'
import { appClaims, audience, claims, secret, token, type Claims } from '../helpers/tokens.js'

interface Provocation {
  readonly options?: Partial<GraphPhotoOptions>
  readonly setUp?: (app: FastifyInstance) => unknown
  readonly request?: PutOptions
  /** What the sentence must contain: the facts. */
  readonly facts: readonly string[]
}

const now = Math.floor(Date.now() / 1000)
const someoneElse = '/v1.0/users/0b1b0d5e-1a67-4f0a-9a4c-3c2f1d3c9e55/photo/$value'
const bearer = (value: string): PutOptions => ({ headers: { authorization: `Bearer ${value}` } })
const withClaims = (overrides: Claims): PutOptions => ({ claims: claims(overrides) })
const withType = (type: string | undefined): PutOptions => ({ headers: { 'content-type': type } })
const verifying = (verify: GraphPhotoJwtVerifyOptions) => ({ jwt: { secret, verify } })
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const rs256 = createSigner({ key: privateKey.export({ type: 'pkcs8', format: 'pem' }), algorithm: 'RS256' })
const [header, payload] = token().split('.')
const critical = createSigner({ key: secret, header: { crit: ['x'], alg: 'HS256' } })

/** The picture's bytes, 16 at a time, as text could carry them. */
const pieces = Array.from({ length: portrait.length - 16 }, (_, at) => portrait.subarray(at, at + 16)).flatMap((bytes) =>
  (['latin1', 'hex', 'base64'] as const).map((encoding) => bytes.toString(encoding).replace(/=+$/, '')))

function dateOf (seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

/** Each reason by a request that provokes it; for the other reasons, the file whose tests do. */
const provocations: Readonly<Partial<Record<ReasonName, Provocation>>> = {
  tokenMissing: { request: { headers: { authorization: undefined } }, facts: [] },
  tokenSchemeOther: { request: { headers: { authorization: 'Basic dTpw' } }, facts: [] },
  tokenRepeated: { setUp: (app) => app.addHook('onRequest', async ({ raw }) => { raw.rawHeaders.push('Authorization', 'x') }), facts: [] },
  tokenWithoutDots: { request: bearer('opaque'), facts: ['no dots'] },
  tokenUnreadable: { request: bearer('x.y.z'), facts: [] },
  tokenExpired: { request: withClaims({ exp: now - 60 }), facts: [dateOf(now - 60)] },
  tokenNotYetValid: { request: withClaims({ nbf: now + 600 }), facts: [dateOf(now + 600)] },
  signatureInvalid: { request: bearer(token(claims(), 'another secret, 32 characters or more')), facts: [] },
  signatureMissing: { request: bearer(`${header}.${payload}.`), facts: [] },
  algorithmNotAccepted: { request: bearer(rs256(claims())), facts: ['"RS256"', 'those that fit the key'] },
  typeNotAccepted: { options: { jwt: { secret, decode: { checkTyp: 'at+jwt' } } }, facts: ['typ'] },
  audienceInvalid: { options: verifying({ allowedAud: ['api://mine', /^x$/] }), facts: [`"${audience}"`, '"api://mine", /^x$/'] },
  issuerInvalid: {
    options: verifying({ allowedIss: 'https://i/' }), request: withClaims({ iss: 'https://i' }), facts: ['"https://i"', '"https://i/"']
  },
  claimNotAccepted: { options: verifying({ allowedSub: 'a' }), request: withClaims({ sub: 'b' }), facts: ["'sub'"] },
  keyNotFound: {
    options: { jwt: { secret: async () => { throw Object.assign(new Error('no such key'), { code: 'JWK_NOT_FOUND' }) } } }, facts: []
  },
  keyFailed: { options: { jwt: { secret: async () => { throw new Error('refused') } } }, facts: [] },
  tokenUntrusted: { options: { jwt: { secret, trusted: () => false } }, facts: [] },
  tokenInvalid: { request: bearer(critical(claims())), facts: ['FAST_JWT_INVALID_CRIT_HEADER'] },
  claimMissing: { request: withClaims({ exp: undefined }), facts: ["'exp'"] },
  claimInvalid: { request: withClaims({ scp: ['User.ReadWrite'] }), facts: ["'scp'", 'a string'] },
  neitherUserNorApp: { request: withClaims({ scp: undefined }), facts: [] },
  scopeBesideApp: { request: withClaims({ idtyp: 'app' }), facts: [] },
  callerMissing: { options: { authenticate: () => undefined }, facts: [] },
  callerInvalid: { options: { authenticate: () => ({ kind: 'robot' }) as never }, facts: [] },
  meNeedsUser: { request: { claims: appClaims() }, facts: ['/me'] },
  personalAccount: { request: withClaims({ tid: '9188040d-6c67-4c5b-b112-36a304b66dad' }), facts: [] },
  idMalformed: { request: { url: '/v1.0/groups/%00/photo/$value' }, facts: ['groupId'] },
  permissionMissing: { request: withClaims({ scp: 'Mail.Read' }), facts: ['delegated', 'Mail.Read', 'User.ReadWrite, User.ReadWrite.All'] },
  notOwn: { request: { url: someoneElse }, facts: ['their own'] },
  // What a missing `return` gives.
  authorizeRefused: { options: { authorize: () => undefined as never }, facts: ['undefined'] },
  targetUnknown: { options: { resolveTarget: () => null }, facts: ['user'] },
  targetInvalid: { options: { resolveTarget: () => ({ kind: 'group', groupId: 'g' }) }, facts: ['kind'] },
  requestTooLarge: { options: { maxRequestBytes: 1000 }, facts: ['1000'] },
  bodyTooLarge: { options: { maxRequestBytes: 1000 }, request: { payload: Readable.from([portrait]) }, facts: ['1000'] },
  contentTypeMissing: { request: withType(undefined), facts: ['image/jpeg'] },
  contentTypeNotAccepted: { request: withType('image/png'), facts: ["'image/png'", 'image/jpeg'] },
  contentTypeMalformed: { request: withType('image'), facts: ["'image'", 'image/jpeg'] },
  contentEncodingNotAccepted: { request: { headers: { 'content-encoding': 'br' } }, facts: ["'br'"] },
  bodyEmpty: { request: { payload: '' }, facts: [] },
  bodyCutOff: { request: { headers: { 'content-length': '9' } }, facts: [] },
  bodyNotBytes: { setUp: (app) => app.addHook('preParsing', async () => Readable.from([{}])), facts: ['bytes'] },
  hookFailed: { options: { savePhoto: () => { throw new Error('disk full') } }, facts: ['savePhoto'] },
  hostFailed: { setUp: (app) => { app.addHook('preHandler', async () => { throw new Error('broken') }) }, facts: [] },
  notAnImage: { request: { payload: 'hello' }, facts: [] },
  formatNotAccepted: { request: { payload: fixture('photo.png') }, facts: ['image/png', 'image/jpeg'] },
  bodyIsJson: { request: { payload: '{"type":"Buffer"}' }, facts: ['JSON'] },
  bodyIsBase64: { request: { payload: portrait.toString('base64') }, facts: ['base64'] },
  bodyIsMultipart: { request: { payload: '--boundary\r\n' }, facts: ['multipart'] },
  endMissing: { request: { payload: portrait.subarray(0, -2) }, facts: ['end'] },
  pixelsTooMany: { request: { payload: jpegOf({ width: 20_000, height: 10_000 }) }, facts: ['20000 by 10000', '100000000'] }
}

interface Why {
  readonly code: string
  readonly message: string
}

function detailsOf (answer: { readonly body: string }): readonly Why[] | undefined {
  return JSON.parse(answer.body).error.details
}

function whyOf ({ logs }: Host): Why | undefined {
  const line = logs.findLast(({ msg }) => msg === 'photo refused')
  return (line?.['photo'] as { readonly why?: Why } | undefined)?.why
}

for (const [name, { options, setUp, request, facts }] of Object.entries(provocations)) {
  t.test(`${name} stands in the log, with explain in the answer too, and never in an answer without`, async (t) => {
    const plain = await host(t, options, graphServerOptions, setUp)
    t.equal(detailsOf(await put(plain.app, request)), undefined)
    const why = whyOf(plain)
    t.equal(why?.code, name)
    for (const fact of facts) t.match(why?.message, fact)

    if (request?.payload instanceof Readable) return
    const explained = await host(t, { ...options, explain: true }, graphServerOptions, setUp)
    const answer = await put(explained.app, request)
    t.strictSame(detailsOf(answer), answer.statusCode < 500 ? [why] : undefined)

    const authorization = request?.headers?.['authorization'] ?? token(request?.claims)
    const signature = authorization.split('.')[2] || secret
    const written = JSON.stringify([why, detailsOf(answer)])
    t.strictSame([signature, secret, ...pieces].filter((piece) => written.includes(piece)), [], 'nothing of token, secret and picture')
  })
}

t.test('every other reason is provoked by a test of its room', async (t) => {
  const others = Object.keys(reasons).filter((name) => !(name in provocations))
  const folder = fileURLToPath(new URL('..', import.meta.url))
  // Not the folder of the other suite, which may have packages installed.
  const rooms = readdirSync(folder).filter((name) => name !== 'integration' && !name.includes('.'))
  const all = rooms.flatMap((room) => readdirSync(join(folder, room), { recursive: true, encoding: 'utf8' }).map((file) => join(room, file)))
  const files = all.filter((file) => /^(?!.*reasons).*\.test\.ts$/.test(file))
  const text = files.map((file) => readFileSync(join(folder, file), 'utf8')).join()
  t.strictSame(others.filter((name) => !new RegExp(`\\b${name}\\b`).test(text)), [])
})

t.test('an answer tells a signed-in user of everybody else the same, and the log tells the truth', async (t) => {
  const cases: ReadonlyArray<readonly [truth: ReasonName, options: Partial<GraphPhotoOptions>, scp?: string]> = [
    ['notOwn', {}],
    ['permissionMissing', {}, 'Mail.Read'],
    ['targetUnknown', { resolveTarget: () => null }],
    ['authorizeRefused', { authorize: () => false }]
  ]
  for (const [truth, options, scp = 'User.ReadWrite'] of cases) {
    const explained = await host(t, { ...options, explain: true })
    const answer = await put(explained.app, { url: someoneElse, claims: claims({ scp }) })
    t.strictSame(detailsOf(answer), [{ code: 'notOwn', message: reasons.notOwn[1] }], truth)
    t.equal(whyOf(explained)?.code, truth)
  }
})

t.test('everybody else is told the truth: a user of their own photo and of groups, and an app', async (t) => {
  const explained = await host(t, { authorize: () => false, explain: true })
  const group = '/v1.0/groups/g/photo/$value'
  const user = claims({ scp: 'User.ReadWrite Group.ReadWrite.All' })
  const cases: ReadonlyArray<readonly [truth: ReasonName, request: PutOptions]> = [
    ['authorizeRefused', { claims: user }],
    ['authorizeRefused', { url: group, claims: user }],
    ['authorizeRefused', { url: someoneElse, claims: appClaims() }],
    ['permissionMissing', { url: group, claims: claims({ scp: 'User.ReadWrite' }) }],
    ['permissionMissing', { url: someoneElse, claims: appClaims({ roles: [] }) }]
  ]
  for (const [truth, request] of cases) t.match(detailsOf(await put(explained.app, request)), [{ code: truth }])
})

t.test('what is no 403 is not disguised', async (t) => {
  const busy = new GraphError(409, 'Conflict', 'Managed elsewhere.')
  const explained = await host(t, { explain: true, authorize: () => { throw busy } })
  t.equal(detailsOf(await put(explained.app, { url: someoneElse })), undefined)
})

t.test('a refusal by authorize says what it returned, and nothing that is in it', async (t) => {
  const values: ReadonlyArray<readonly [returned: unknown, said: string]> = [
    [undefined, 'undefined'], [null, 'null'], [false, 'false'], ['yes', 'a value of type string'], [1, 'a value of type number'],
    [{ secret }, 'a value of type object']
  ]
  for (const [returned, said] of values) {
    const refusing = await host(t, { authorize: () => returned as boolean })
    await put(refusing.app)
    t.strictSame(whyOf(refusing), { code: 'authorizeRefused', message: `The host's authorize returned ${said}; only true grants access.` })
  }
})

t.test('a refusal for want of a permission says which there are, and which would do', async (t) => {
  const rows = [
    [{ user: { delegated: ['A'], application: [] } }, 'Mail.Read Files.Read', 'The delegated caller holds Mail.Read, Files.Read; one of these is needed: A.'],
    [{ user: { delegated: ['A', 'B'], application: [] } }, '', 'The delegated caller holds none; one of these is needed: A, B.'],
    [{ user: { delegated: [], application: [] } }, 'A', 'The delegated caller holds A; one of these is needed: none.']
  ] as const
  for (const [permissions, scp, message] of rows) {
    const refusing = await host(t, { permissions })
    await put(refusing.app, withClaims({ scp }))
    t.strictSame(whyOf(refusing), { code: 'permissionMissing', message })
  }
})

t.test("a host's own error is its own reason", async (t) => {
  const explained = await host(t, { explain: true, authorize: () => { throw new GraphError(409, 'Conflict', 'Managed elsewhere.') } })
  t.equal(detailsOf(await put(explained.app)), undefined)
  t.strictSame(whyOf(explained), { code: 'Conflict', message: 'Managed elsewhere.' })
})

t.test('every reason is a sentence, and so is what to do about it', async (t) => {
  const sentences = Object.values(reasons).flatMap(([, message, remedy]) => [message, remedy])
  t.strictSame(sentences.filter((sentence) => !/^[A-Z].*[.?]$/.test(sentence)), [])
})
