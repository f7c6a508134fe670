import { mock } from 'node:test'
import t from 'tap'
import createHttpError from 'http-errors'
import Fastify from 'fastify'
import { graphPhoto, GraphError, graphServerOptions } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { assertError, type ExpectedError, type LogLine } from '../helpers/host.js'
import { audience, secret, token } from '../helpers/tokens.js'

// Comes first: the date is kept from one error to the next.
t.test('an error bears the second in which it is sent, from the first one on', async (t) => {
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  await app.register(graphPhoto, { jwt: { secret }, savePhoto () {} })
  mock.timers.enable({ apis: ['Date'], now: 0 })
  t.teardown(() => mock.timers.reset())
  const dateOf = async () => (await app.inject({ method: 'PUT', url: '/me/photo/$value' })).json().error.innerError.date
  t.equal(await dateOf(), '1970-01-01T00:00:00')
  mock.timers.setTime(1_999)
  t.equal(await dateOf(), '1970-01-01T00:00:01')
})

/** A host whose own onRequest hook, and so not one of ours, raises an error. */
async function raising (t: Parameters<typeof assertError>[0], raise: (reply: { code: (status: number) => unknown, header: (name: string, value: string) => unknown }) => unknown) {
  const logs: LogLine[] = []
  const stream = { write: (line: string) => { logs.push(JSON.parse(line)) } }
  const app = Fastify({ ...graphServerOptions, logger: { stream } })
  t.teardown(() => app.close())
  app.addHook('onRequest', async (_request, reply) => { await raise(reply) })
  await app.register(graphPhoto, { jwt: { secret, verify: { allowedAud: audience } }, savePhoto: () => { t.fail('nothing is saved') } })
  const headers = { authorization: `Bearer ${token()}`, 'content-type': 'image/jpeg' }
  const response = await app.inject({ method: 'PUT', url: '/me/photo/$value', headers, payload: portrait })
  return { response, errors: logs.filter(({ level }) => level >= 50) }
}

function fail (error: unknown): never {
  throw error
}

const coded = (code: string, statusCode: number, message: string) => Object.assign(new Error(message), { code, statusCode })

const raised: ReadonlyArray<readonly [what: string, raise: Parameters<typeof raising>[1], answer: ExpectedError]> = [
  ['a limiter', () => fail(coded('FST_ERR_RATE_LIMIT', 429, 'Slow down.')), { statusCode: 429, code: 'TooManyRequests', message: 'Slow down.' }],
  ['load shedding', () => fail(coded('FST_UNDER_PRESSURE', 503, 'Busy.')), { statusCode: 503, code: 'ServiceUnavailable', message: 'Busy.' }],
  ['a guard', () => fail(createHttpError(403, 'Not from here.')), { statusCode: 403, code: 'ErrorAccessDenied', message: 'Not from here.' }],
  ['a body limit', () => fail(coded('FST_ERR_CTP_BODY_TOO_LARGE', 413, 'Too large.')), { statusCode: 413, code: 'RequestEntityTooLarge', message: 'Too large.' }],
  ['a guard that throws a plain object', () => fail({ statusCode: 410, message: 'Gone away.' }), { statusCode: 410, code: 'Gone', message: 'Gone away.' }],
  ['an error with a status only', () => fail({ status: 418 }), { statusCode: 418, code: 'ImaTeapot', message: '' }],
  ...[399, 404.5, 600].map((statusCode) => [
    `a status beside ${statusCode}`, () => fail({ statusCode, status: 410, message: 'Gone away.' }), { statusCode: 410, code: 'Gone', message: 'Gone away.' }
  ] as const),
  ['a status that HTTP does not know', () => fail({ statusCode: 499, message: 'Odd.' }), { statusCode: 499, code: 'BadRequest', message: 'Odd.' }],
  ['a status set on the reply', (reply) => { reply.code(404); fail(new Error('Nothing here.')) }, { statusCode: 404, code: 'ErrorItemNotFound', message: 'Nothing here.' }],
  ['a GraphError', () => fail(new GraphError(423, 'Locked', 'Wait.')), { statusCode: 423, code: 'Locked', message: 'Wait.' }],
  ['@fastify/jwt: no token', () => fail(coded('FST_JWT_NO_AUTHORIZATION_IN_HEADER', 401, 'x')), { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token is empty.' }],
  ['@fastify/jwt: not active', () => fail(coded('FAST_JWT_INACTIVE', 500, 'x')), { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token validation failure.' }]
]

for (const [what, raise, answer] of raised) {
  t.test(`what the host's ${what} raises is answered as raised, in Graph's envelope`, async (t) => {
    const { response, errors } = await raising(t, raise)
    assertError(t, response, answer)
    t.strictSame(errors, [])
  })
}

t.test('Retry-After and WWW-Authenticate that the host set are kept', async (t) => {
  const { response } = await raising(t, (reply) => {
    reply.header('retry-after', '9')
    reply.header('www-authenticate', 'Bearer realm="host"')
    fail(coded('HOST', 401, 'No.'))
  })
  assertError(t, response, { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'No.' })
  t.equal(response.headers['retry-after'], '9')
  t.equal(response.headers['www-authenticate'], 'Bearer realm="host"')
})

t.test('Retry-After that an error carries is sent, where it is a number of seconds', async (t) => {
  const carried: ReadonlyArray<readonly [headers: unknown, sent: string | undefined]> = [
    [{ 'X-Other': '7', 'Retry-After': 9 }, '9'], [{ 'retry-after': '0' }, '0'], [{ 'retry-after': 'soon' }, undefined], [null, undefined]
  ]
  for (const [headers, sent] of carried) {
    const { response } = await raising(t, () => fail(createHttpError(429, 'Slow down.', { headers })))
    assertError(t, response, { statusCode: 429, code: 'TooManyRequests', message: 'Slow down.' })
    t.equal(response.headers['retry-after'], sent)
  }
})

t.test('WWW-Authenticate that an error carries is sent, where it is a valid value', async (t) => {
  const ours = 'Bearer realm="", error="invalid_token"'
  const carried: ReadonlyArray<readonly [headers: unknown, sent: string]> = [
    [{ 'WWW-Authenticate': 'Bearer realm="", claims="x"' }, 'Bearer realm="", claims="x"'],
    [{ 'www-authenticate': ['Bearer realm="a"', 'Basic'] }, 'Bearer realm="a", Basic'],
    [{ 'WWW-Authenticate': ['Basic', 5] }, ours], [{ 'WWW-Authenticate': 'a\r\nb: c' }, ours], [{ 'WWW-Authenticate': '' }, ours], [{ 'WWW-Authenticate': undefined }, ours]
  ]
  for (const [headers, sent] of carried) {
    const { response } = await raising(t, () => fail(createHttpError(401, 'No.', { headers })))
    assertError(t, response, { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'No.' })
    t.equal(response.headers['www-authenticate'], sent)
  }
})

for (const error of [new Error('secret'), coded('E', 502, 'secret'), 'secret', { statusCode: 'x', message: 'secret' }, { statusCode: 599, status: 410, message: 'secret' }]) {
  t.test(`any other host error is a 500, logged once: ${JSON.stringify(error)}`, async (t) => {
    const { response, errors } = await raising(t, () => fail(error))
    assertError(t, response, { statusCode: 500, code: 'ErrorInternalServerError', message: /^An internal server error occurred/ })
    t.notMatch(response.body, /secret/)
    t.equal(errors.length, 1)
  })
}

t.test("where a host hook fails while a refusal is sent, the host's own error handler answers", async (t) => {
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  app.setErrorHandler((error: Error, _request, reply) => reply.code(500).send({ mine: error.message }))
  app.addHook('onSend', async (_request, _reply, payload) => { if (String(payload).includes('InvalidAuthenticationToken')) throw new Error('broken') })
  await app.register(graphPhoto, { jwt: { secret }, savePhoto () {} })
  const response = await app.inject({ method: 'PUT', url: '/me/photo/$value' })
  t.match(response, { statusCode: 500, headers: { 'content-type': 'application/json; charset=utf-8' } })
  t.same(response.json(), { mine: 'broken' })
})
