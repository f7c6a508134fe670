import t from 'tap'
import { GraphError, type GraphPhotoOptions } from '../../lib/index.js'
import { assertError, errorsIn } from '../helpers/host.js'
import { served } from '../helpers/served.js'
import { secret, token } from '../helpers/tokens.js'

t.test('a GraphError carries what is answered', async (t) => {
  const cause = new Error('why')
  const error = new GraphError(503, 'ServiceUnavailable', 'Busy.', { retryAfter: 5, cause })
  t.match(error, { name: 'GraphError', statusCode: 503, code: 'ServiceUnavailable', message: 'Busy.', retryAfter: 5, cause })
  t.ok(error instanceof Error)
  t.notOk('cause' in new GraphError(404, 'itemNotFound', 'No.'))
})

t.test('a status that is not an error status is refused', async (t) => {
  for (const statusCode of [200, 399, 600, 404.5, NaN]) {
    t.throws(() => new GraphError(statusCode, 'x', 'y'), { name: 'RangeError', message: /statusCode/ })
  }
  for (const statusCode of [400, 599]) t.equal(new GraphError(statusCode, 'x', 'y').statusCode, statusCode)
})

t.test('a retryAfter that is not a whole number of seconds is refused', async (t) => {
  for (const retryAfter of [-1, 1.5, NaN, Infinity]) {
    t.throws(() => new GraphError(503, 'x', 'y', { retryAfter }), { name: 'RangeError', message: /retryAfter/ })
  }
  t.equal(new GraphError(503, 'x', 'y', { retryAfter: 0 }).retryAfter, 0)
})

t.test('a header that is not valid is refused where the error is made', async (t) => {
  const invalid: ReadonlyArray<readonly [name: string, value: unknown]> = [
    ['', 'x'], ['a b', 'x'], ['a:', 'x'], ['é', 'x'],
    ['x', 'a\r\nb'], ['x', 'a\0'], ['x', '\u0100'], ['x', undefined], ['x', 1], ['x', ['a']], ['x', null]
  ]
  for (const [name, value] of invalid) {
    // As a host without types may write it.
    const headers = { [name]: value } as Record<string, string>
    t.throws(() => new GraphError(401, 'x', 'y', { headers }), { name: 'TypeError' }, JSON.stringify({ name, value }))
  }
  const untyped = { 'X-Own': 1 } as unknown as Record<string, string>
  t.throws(() => new GraphError(401, 'x', 'y', { headers: untyped }), { message: 'The value of the header X-Own must be a string' })
  const headers = { 'WWW-Authenticate': 'Bearer', 'x-latin': 'é' }
  const error = new GraphError(401, 'x', 'y', { headers })
  t.strictSame(error.headers, headers)
  t.not(error.headers, headers, 'a copy')
  t.equal(new GraphError(401, 'x', 'y').headers, undefined)
})

/** What a client of Continuous Access Evaluation sends to the token endpoint to get a better token. */
const claims = JSON.stringify({ access_token: { nbf: { essential: true, value: '1767225600' } } })
const challenge = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", ' +
  `error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`

t.test('a claims challenge arrives in WWW-Authenticate, from each hook', async (t) => {
  const revoked = () => {
    throw new GraphError(401, 'InvalidAuthenticationToken', 'Continuous access evaluation resulted in challenge.', {
      headers: { 'WWW-Authenticate': challenge }
    })
  }
  const hooks: ReadonlyArray<Partial<GraphPhotoOptions>> = [
    { authenticate: revoked }, { resolveTarget: revoked }, { authorize: revoked }, { savePhoto: revoked },
    { jwt: { secret, trusted: revoked } }, { jwt: { secret: revoked } }
  ]
  for (const hook of hooks) {
    const { send, logs } = await served(t, hook)
    const answer = await send(token())
    assertError(t, answer, {
      statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Continuous access evaluation resulted in challenge.'
    })
    const [, sent = ''] = /claims="([^"]+)"/.exec(answer.headers['www-authenticate'] ?? '') ?? []
    t.equal(answer.headers['www-authenticate'], challenge)
    t.equal(Buffer.from(sent, 'base64').toString(), claims)
    t.strictSame(errorsIn(logs), [])
  }
})

t.test('headers of an error are sent, but for those of the envelope and of the framing', async (t) => {
  const headers = {
    'X-Mine': 'a',
    Allow: 'PUT',
    'Content-Type': 'text/html',
    'content-length': '1',
    'Content-Encoding': 'gzip',
    'Cache-Control': 'max-age=60',
    'request-id': 'x',
    'Client-Request-Id': 'x',
    Connection: 'close',
    'Transfer-Encoding': 'chunked',
    'Retry-After': '9'
  }
  const { send } = await served(t, { savePhoto: () => { throw new GraphError(423, 'Locked', 'Wait.', { headers, retryAfter: 5 }) } })
  const answer = await send(token())
  assertError(t, answer, { statusCode: 423, code: 'Locked', message: 'Wait.' })
  t.match(answer.headers, { 'x-mine': 'a', allow: 'PUT', 'retry-after': '5', connection: 'keep-alive' })
  t.equal(answer.headers['content-length'], String(answer.body.length))
  t.notOk('content-encoding' in answer.headers || 'transfer-encoding' in answer.headers)
})

t.test('an error of another copy of this package is answered as written too', async (t) => {
  const path = '../../lib/answers/graph-error.js?copy'
  const copy: { readonly GraphError: typeof GraphError } = await import(path)
  t.not(copy.GraphError, GraphError, 'these are two classes')
  for (const hook of ['authenticate', 'authorize', 'savePhoto'] as const) {
    const refuse = () => { throw new copy.GraphError(409, 'Conflict', 'Not now.', { retryAfter: 3, headers: { Allow: 'GET' } }) }
    const { send } = await served(t, { [hook]: refuse })
    const answer = await send(token())
    assertError(t, answer, { statusCode: 409, code: 'Conflict', message: 'Not now.' })
    t.match(answer.headers, { 'retry-after': '3', allow: 'GET' })
  }
  const unreadable = new Proxy(new Error('secret'), { get () { throw new Error('unreadable') } })
  const odd = await served(t, { savePhoto: () => { throw unreadable } })
  assertError(t, await odd.send(token()), { statusCode: 500, code: 'ErrorInternalServerError' })
  t.match(odd.logs.find(({ msg }) => msg === 'photo refused'), { photo: { why: { code: 'hookFailed' } } })
  // Whichever version of the package made it.
  const marked = Object.assign(new Error('Not now.'), { [Symbol.for('fastify-graph-photo.GraphError')]: true, statusCode: 409, code: 'Conflict' })
  const other = await served(t, { savePhoto: () => { throw marked } })
  assertError(t, await other.send(token()), { statusCode: 409, code: 'Conflict', message: 'Not now.' })
  // Whatever it may call itself.
  const pretender = Object.assign(new Error('secret'), { name: 'GraphError', statusCode: 409, code: 'Conflict' })
  const { send } = await served(t, { savePhoto: () => { throw pretender } })
  assertError(t, await send(token()), { statusCode: 500, code: 'ErrorInternalServerError' })
})
