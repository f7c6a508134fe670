import t from 'tap'
import Fastify from 'fastify'
import { defaultPermissions, graphAuthorize, graphPhoto, type GraphPhotoOptions } from '../../lib/index.js'
import { readOptions } from '../../lib/options/index.js'
import { secret } from '../helpers/tokens.js'

/** As a host without types may write them. */
const read = (options: object) => readOptions({ savePhoto () {}, jwt: { secret }, ...options } as unknown as GraphPhotoOptions, { verifiesTokens: false })
const jwtOf = (part: object) => ({ jwt: { secret, ...part } })
const verifying = (part: object) => jwtOf({ verify: part })

const allowed = 'a string, a RegExp, or an array of them that is not empty'
const verifyNames = [
  'algorithms', 'allowedAud', 'allowedIss', 'allowedSub', 'allowedJti', 'allowedNonce', 'requiredClaims', 'maxAge', 'clockTolerance', 'cache',
  'cacheTTL', 'errorCacheTTL', 'extractToken'
].join(', ')
const types = 'a list of image/jpeg, image/png, image/gif, image/webp'
const algorithms = 'an array of signature algorithms, such as RS256'
const key = 'a secret, a PEM public key, an object with such a key as `public`, or a function that finds the key'

const rows: ReadonlyArray<readonly [name: string, requirement: string, options: object]> = [
  ['resolveTarget', 'a function', { resolveTarget: 'x' }],
  ['authorize', 'a function', { authorize: 'x' }],
  ['authenticate', 'a function', { authenticate: 'x', jwt: undefined }],
  ['maxRequestBytes', 'a positive integer', { maxRequestBytes: 0 }],
  ['maxPixels', 'a positive integer', { maxPixels: 0 }],
  ['explain', 'a boolean', { explain: 'yes' }],
  ['permissions', 'an object with no other keys than user, group, contact', { permissions: { users: {} } }],
  ['permissions.user', 'an object with no other keys than delegated, application', { permissions: { user: { other: [] } } }],
  ['permissions.user.delegated', 'an array of strings', { permissions: { user: { delegated: ['a', 1], application: [] } } }],
  ['permissions.user.application', 'an array of strings', { permissions: { user: { delegated: [], application: [1, 'a'] } } }],
  ...['image/*', 'jpeg', '<image/jpeg', 'image/jpeg;q=1', ''].map((type) => (
    ['contentTypes', "'*' or a list of media types without wildcards", { contentTypes: ['image/png', type] }] as const)),
  ['contentTypes', "'*' or a list of media types without wildcards", { contentTypes: [['image/png']] }],
  ['imageTypes', types, { imageTypes: ['image/png', 'image/bmp'] }],
  ['imageTypes', types, { imageTypes: [] }],
  ['jwt', 'an object with a secret', { jwt: {} }],
  ['jwt', 'an object with a secret', { jwt: [] }],
  ['jwt', 'an object with no other keys than secret, verify, decode, trusted', jwtOf({ sign: {} })],
  ['jwt.secret', key, jwtOf({ secret: 5 })],
  ['jwt.trusted', 'a function', jwtOf({ trusted: true })],
  ['jwt.verify', 'an object', jwtOf({ verify: [] })],
  ['jwt.verify', `an object with no other keys than ${verifyNames}`, verifying({ audience: 'x' })],
  ['jwt.decode', 'an object', jwtOf({ decode: 5 })],
  ['jwt.decode', 'an object with no other keys than complete, checkTyp', jwtOf({ decode: { typ: 'x' } })],
  ['jwt.decode.complete', 'a boolean', jwtOf({ decode: { complete: 1 } })],
  ['jwt.decode.checkTyp', 'a string', jwtOf({ decode: { checkTyp: 1 } })],
  ...[['RS256', 'none'], ['xRS256'], ['RS256x'], ['EdDSAx'], ['']].map((list) => (
    ['jwt.verify.algorithms', algorithms, verifying({ algorithms: list })] as const)),
  ...['allowedAud', 'allowedIss', 'allowedSub', 'allowedJti', 'allowedNonce'].flatMap((name) => [['x', 5], [], '', 5].map((value) => (
    [`jwt.verify.${name}`, allowed, verifying({ [name]: value })] as const))),
  ['jwt.verify.requiredClaims', 'an array of claim names', verifying({ requiredClaims: ['iss', 5] })],
  ['jwt.verify.requiredClaims', 'an array of claim names', verifying({ requiredClaims: [''] })],
  ...[0, -1, '', 'x1h', '1hx', '1 h h', 'h'].map((maxAge) => (
    ['jwt.verify.maxAge', "a positive number of seconds, or a time span such as '1h'", verifying({ maxAge })] as const)),
  ['jwt.verify.clockTolerance', 'a number of milliseconds', verifying({ clockTolerance: -1 })],
  ['jwt.verify.cache', 'a boolean, or how many tokens to keep', verifying({ cache: 'x' })],
  ['jwt.verify.cacheTTL', 'a number of milliseconds', verifying({ cacheTTL: '5' })],
  ['jwt.verify.errorCacheTTL', 'a number of milliseconds (-1 for none), or a function that returns one', verifying({ errorCacheTTL: -2 })],
  ['jwt.verify.extractToken', 'a function', verifying({ extractToken: 'x' })]
]

t.test('the error of an option says what the option must be', async (t) => {
  for (const [name, requirement, options] of rows) {
    t.throws(() => read(options), { code: 'FST_GRAPH_PHOTO_INVALID_OPTION', message: `The option ${name} must be ${requirement}.` }, name)
  }
})

t.test('what an option may be passes, at its limits too', async (t) => {
  const imageTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']
  for (const options of [
    ...imageTypes.map((type) => ({ imageTypes: [type] })), { imageTypes }, { contentTypes: '*' }, { contentTypes: ['a/b', 'image/svg+xml'] },
    { maxRequestBytes: 1, maxPixels: 1, explain: true }, { permissions: {} }, { permissions: { group: { delegated: [], application: ['x'] } } },
    { resolveTarget () {}, authorize () {} }, { jwt: undefined, authenticate () {} },
    jwtOf({ verify: {}, decode: {}, trusted () {} }), jwtOf({ decode: { complete: false, checkTyp: 'x' } }),
    ...['RS256', 'HS384', 'ES512', 'PS256', 'EdDSA'].map((algorithm) => verifying({ algorithms: [algorithm] })),
    ...[1, 0.5, '1h', '1 H', '.5 days', '90', '2 WEEKS'].map((maxAge) => verifying({ maxAge })),
    verifying({ cache: 0, cacheTTL: 0, clockTolerance: 0, errorCacheTTL: -1, requiredClaims: [] }), verifying({ cache: false, errorCacheTTL () {} }),
    verifying({ allowedAud: /x/, allowedIss: ['x', /y/], allowedSub: 'x' })
  ]) t.doesNotThrow(() => read(options), JSON.stringify(options))
})

t.test('what is not said has its documented default, and who calls is found the way that is said', async (t) => {
  const { savePhoto, authorize, permissions, authentication, ...others } = read({})
  t.strictSame(others, {
    resolveTarget: undefined,
    contentTypes: ['image/jpeg'],
    imageTypes: ['image/jpeg'],
    maxRequestBytes: 4_194_304,
    maxPixels: 100_000_000,
    explain: false
  })
  t.strictSame([authorize, permissions, authentication], [graphAuthorize, defaultPermissions, { by: 'own jwt', jwt: { secret } }])
  const authenticate = () => null
  t.strictSame(read({ jwt: undefined, authenticate }).authentication, { by: 'hook', authenticate })
  t.strictSame(readOptions({ savePhoto }, { verifiesTokens: true }).authentication, { by: 'host jwt' })
})

t.test('the error of options that @fastify/jwt cannot work with quotes it, and has it as its cause', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const register = async () => { await app.register(graphPhoto, { savePhoto () {}, jwt: { secret, verify: { algorithms: ['RS256'] } } }) }
  const error = await register().then(() => undefined, (error: unknown) => error)
  const { cause, message } = Object(error)
  t.ok(cause instanceof Error)
  t.equal(message, `The option jwt must be usable by @fastify/jwt, which says: ${Object(cause).message}.`)
})
