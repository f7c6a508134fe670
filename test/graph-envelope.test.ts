import { once } from 'node:events'
import type { ServerHttp2Stream } from 'node:http2'
import { PassThrough } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import fastifyJwt from '@fastify/jwt'
import createHttpError from 'http-errors'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { graphEnvelope, GraphError, graphPhoto, graphServerOptions } from '../lib/index.js'
import { portrait } from './fixtures/pictures.js'
import { stopClock } from './helpers/clock.js'
import { assertError, errorsIn, guid, put, type ExpectedError, type LogLine } from './helpers/host.js'
import { audience, jwt, secret } from './helpers/tokens.js'
import {
  accepted, chunk, gone, head, lastChunk, listen, openHttp2, RawClient, sender, serverOptions, statusOf, uploadHttp2, type Fields
} from './helpers/wire.js'

const savePhoto = (): void => {}

/** A server with the envelope below /v1.0, and its own routes there. */
async function server (t: Test, build: (scope: FastifyInstance) => unknown, options: FastifyServerOptions = graphServerOptions) {
  const logs: LogLine[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => { logs.push(JSON.parse(line)) } } }, ...options })
  t.teardown(() => app.close())
  app.get('/outside', async () => { throw new Error('mine') })
  await app.register(async (scope) => {
    await scope.register(graphEnvelope)
    await build(scope)
  }, { prefix: '/v1.0' })
  await app.ready()
  return { app, logs }
}

const coded = (code: string, statusCode: number, message: string) => Object.assign(new Error(message), { code, statusCode })

const raised: ReadonlyArray<readonly [what: string, error: unknown, answer: ExpectedError, lines: number]> = [
  ['a GraphError', new GraphError(404, 'Request_ResourceNotFound', 'No such user.'), { statusCode: 404, code: 'Request_ResourceNotFound', message: 'No such user.' }, 0],
  ['a GraphError of the server', new GraphError(503, 'ServiceUnavailable', 'Busy.', { retryAfter: 5, cause: new Error('full') }), { statusCode: 503, code: 'ServiceUnavailable', message: 'Busy.' }, 1],
  ['a GraphError of the server without a cause', new GraphError(502, 'BadGateway', 'Down.'), { statusCode: 502, code: 'BadGateway', message: 'Down.' }, 1],
  ['an http-error', createHttpError(409, 'Taken.'), { statusCode: 409, code: 'Conflict', message: 'Taken.' }, 0],
  ['a token that is missing', coded('FST_JWT_NO_AUTHORIZATION_IN_HEADER', 401, 'x'), { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token is empty.' }, 0],
  ['load shedding', coded('FST_UNDER_PRESSURE', 503, 'Busy.'), { statusCode: 503, code: 'ServiceUnavailable', message: 'Busy.' }, 1],
  ['an error that nobody meant for the client', new Error('secret'), { statusCode: 500, code: 'ErrorInternalServerError', message: /^An internal server error occurred/ }, 1],
  ['what is not an error', 'secret', { statusCode: 500, code: 'ErrorInternalServerError' }, 1]
]

for (const [what, error, answer, lines] of raised) {
  t.test(`${what} is answered in the envelope, and logged once if it is the server's fault`, async (t) => {
    const { app, logs } = await server(t, (scope) => {
      scope.get('/handler', async () => { throw error })
      scope.get('/hook', { preHandler: async () => { throw error } }, async () => ({}))
    })
    for (const url of ['/v1.0/handler', '/v1.0/hook']) {
      logs.length = 0
      const response = await app.inject(url)
      assertError(t, response, answer)
      t.notMatch(response.body, /secret/)
      t.equal(errorsIn(logs).length, lines)
      const { cause = error } = Object(error)
      if (lines > 0 && cause instanceof Error) t.match(errorsIn(logs), [{ err: { message: cause.message } }], 'by its cause')
      t.strictSame(logs.filter(({ msg }) => !/^incoming request|^request completed|^request failed/.test(msg)), [])
    }
  })
}

t.test("what Fastify itself refuses has the envelope: validation, a body that can't be parsed, one that is too large", async (t) => {
  const { app } = await server(t, (scope) => {
    scope.post('/users', { bodyLimit: 100, schema: { body: { type: 'object', required: ['mail'], properties: { mail: { type: 'string' } } } } }, async () => ({}))
  })
  const post = (payload: string, type = 'application/json') => app.inject({ method: 'POST', url: '/v1.0/users', headers: { 'content-type': type }, payload })
  assertError(t, await post('{}'), { statusCode: 400, code: 'BadRequest', message: /mail/ })
  assertError(t, await post('{'), { statusCode: 400, code: 'BadRequest' })
  assertError(t, await post('{}', 'text/x'), { statusCode: 415, code: 'UnsupportedMediaType' })
  assertError(t, await post(JSON.stringify({ mail: 'x'.repeat(200) })), { statusCode: 413, code: 'RequestEntityTooLarge' })
})

const unknown: ReadonlyArray<readonly [url: string, segment: string]> = [
  ['/v1.0/nothing', 'nothing'],
  ['/v1.0/users/a/nothing/here?a=b/c', 'here'],
  ['/v1.0/no%20thing/', 'no thing'],
  ['/v1.0/$value', '$value'],
  ['/v1.0/%24value', '$value'],
  ['/v1.0/%2Fa%3Fb', '/a?b'],
  [`/v1.0/${'x'.repeat(300)}`, 'x'.repeat(100)],
  ['/v1.0/%22%3Cb%3E$%26', '"<b>$&'],
  ['/v1.0', 'v1.0'],
  ['/v1.0/', 'v1.0']
]

t.test('an unknown path is answered 404 with its last segment', async (t) => {
  const { app, logs } = await server(t, (scope) => { scope.get('/users/:id', async () => ({})) })
  for (const [url, segment] of unknown) {
    const response = await app.inject(url)
    assertError(t, response, { statusCode: 404, code: 'ResourceNotFound' })
    t.equal(response.json().error.message, `Resource not found for the segment '${segment}'.`)
  }
  assertError(t, await app.inject({ method: 'DELETE', url: '/v1.0/users/x' }), { statusCode: 404, code: 'ResourceNotFound', message: "Resource not found for the segment 'x'." })
  t.strictSame(errorsIn(logs), [])
})

t.test('a segment that cannot be decoded is quoted as it came', async (t) => {
  const { app } = await server(t, (scope) => { scope.get('/nothing', async (_request, reply) => reply.callNotFound()) }, {
    ...graphServerOptions, useSemicolonDelimiter: true
  })
  assertError(t, await app.inject('/v1.0/nothing;%zz'), { statusCode: 404, code: 'ResourceNotFound', message: /'nothing;%zz'/ })
})

t.test('an unknown path is answered before its body is parsed, and after the hooks that guard it', async (t) => {
  const { app } = await server(t, (scope) => {
    scope.addHook('onRequest', async ({ headers }) => { if (headers['x-blocked']) throw createHttpError(403, 'Not you.') })
  })
  const answers = ['{', 'x'.repeat(2 * 1024 * 1024)].map((payload) => {
    return app.inject({ method: 'POST', url: '/v1.0/nothing', headers: { 'content-type': payload === '{' ? 'application/json' : 'text/plain' }, payload })
  })
  for (const answer of answers) assertError(t, await answer, { statusCode: 404, code: 'ResourceNotFound' })
  assertError(t, await app.inject({ url: '/v1.0/nothing', headers: { 'x-blocked': '1' } }), { statusCode: 403, code: 'ErrorAccessDenied' })
})

t.test('a handler that finds nothing may say so', async (t) => {
  const { app } = await server(t, (scope) => { scope.get('/users/:id', async (_request, reply) => reply.callNotFound()) })
  assertError(t, await app.inject('/v1.0/users/a'), { statusCode: 404, code: 'ResourceNotFound', message: "Resource not found for the segment 'a'." })
})

t.test('every answer of the scope has both ids, and its log the same', async (t) => {
  const ids: unknown[] = []
  const { app, logs } = await server(t, (scope) => {
    scope.get('/text', async (request) => { request.log.info('here'); return 'text' })
    scope.get('/json', async () => ({ a: 1 }))
    scope.get('/none', async (_request, reply) => reply.code(204).send())
  }, {})
  const sent = '0a4e4a5c-9f1b-4d0a-8c55-5b1f3f6b7a10'
  for (const url of ['/v1.0/text', '/v1.0/json', '/v1.0/none', '/v1.0/nothing']) {
    const { headers } = await app.inject({ url, headers: { 'client-request-id': sent } })
    t.match(headers['request-id'], guid)
    t.equal(headers['client-request-id'], sent)
    ids.push(headers['request-id'])
  }
  t.equal(new Set(ids).size, 4)
  const [line] = logs.filter(({ msg }) => msg === 'here')
  t.equal(line?.['request-id'], ids[0])
})

t.test('what lies outside the scope stays as it is', async (t) => {
  const { app } = await server(t, () => {})
  const failed = await app.inject('/outside')
  t.same(failed.json(), { statusCode: 500, error: 'Internal Server Error', message: 'mine' })
  t.notOk('request-id' in failed.headers)
  t.match((await app.inject('/nothing')).json(), { message: 'Route GET:/nothing not found' })
})

for (const order of ['before', 'after'] as const) {
  t.test(`registered ${order} the plugin, both answer with the same ids, and the plugin writes its own line`, async (t) => {
    const logs: LogLine[] = []
    const app = Fastify({ logger: { stream: { write: (line: string) => { logs.push(JSON.parse(line)) } } } })
    t.teardown(() => app.close())
    await app.register(async (scope) => {
      if (order === 'before') await scope.register(graphEnvelope)
      await scope.register(graphPhoto, { jwt, savePhoto })
      if (order === 'after') await scope.register(graphEnvelope)
    }, { prefix: '/v1.0' })
    const saved = await put(app)
    t.equal(saved.statusCode, 200)
    t.match(saved.headers['request-id'], guid)
    t.notOk('content-type' in saved.headers)
    assertError(t, await put(app, { headers: { 'content-type': 'text/plain' } }), { statusCode: 415, code: 'UnsupportedMediaType' })
    assertError(t, await app.inject('/v1.0/nothing'), { statusCode: 404, code: 'ResourceNotFound' })
    const lines = logs.filter(({ msg }) => /^photo/.test(msg))
    t.strictSame(lines.map(({ msg }) => msg), ['photo saved', 'photo refused'])
    t.equal(lines[0]?.['request-id'], saved.headers['request-id'])
  })
}

t.test("the envelope at the root leaves the plugin's answers as they are", async (t) => {
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  await app.register(graphEnvelope)
  await app.register(graphPhoto, { prefix: '/v1.0', jwt, savePhoto })
  await app.register(graphPhoto, { prefix: '/beta', jwt, savePhoto })
  t.equal((await put(app)).statusCode, 200)
  assertError(t, await put(app, { headers: { authorization: undefined } }), { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token is empty.' })
  assertError(t, await app.inject('/nothing'), { statusCode: 404, code: 'ResourceNotFound' })
})

t.test("a token that the host's @fastify/jwt refuses is answered as the plugin answers it", async (t) => {
  const { app } = await server(t, async (scope) => {
    await scope.register(fastifyJwt, { secret, verify: { allowedAud: audience } })
    scope.get('/me', async (request) => request.jwtVerify())
  })
  assertError(t, await app.inject('/v1.0/me'), { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Access token is empty.' })
  const malformed = await app.inject({ url: '/v1.0/me', headers: { authorization: 'Bearer x' } })
  assertError(t, malformed, { statusCode: 401, code: 'InvalidAuthenticationToken', message: /no dots/ })
})

for (const kind of [{ tls: true }, { http2: true }, { tls: true, http2: true }]) {
  t.test(`the envelope serves ${JSON.stringify(kind)}`, async (t) => {
    const { app } = await server(t, (scope) => { scope.get('/fails', async () => { throw new GraphError(409, 'Conflict', 'No.') }) }, await serverOptions(kind))
    const port = await listen(app)
    if (kind.http2 === true) {
      const session = await openHttp2(t, port, { tls: kind.tls === true })
      t.equal(await statusOf(session.request({ ':path': '/v1.0/fails' })), 409)
      t.equal(await statusOf(session.request({ ':path': '/v1.0/nothing' })), 404)
    } else {
      const [failed, missing] = [await app.inject('/v1.0/fails'), await app.inject('/v1.0/nothing')]
      assertError(t, failed, { statusCode: 409, code: 'Conflict' })
      assertError(t, missing, { statusCode: 404, code: 'ResourceNotFound' })
    }
  })
}

t.test('a path that clients write with an empty segment is unknown like any other', async (t) => {
  const { app } = await server(t, () => {})
  const send = sender(t, await listen(app))
  assertError(t, await send({ method: 'GET', path: '/v1.0//nothing' }), { statusCode: 404, code: 'ResourceNotFound', message: /'nothing'/ })
})

t.test('the root of a server is a path without a segment', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(graphEnvelope)
  assertError(t, await app.inject({ url: '/' }), { statusCode: 404, code: 'ResourceNotFound', message: "Resource not found for the segment ''." })
})

const notFound = { statusCode: 404, code: 'ResourceNotFound' }
const blocked = { statusCode: 401, code: 'InvalidAuthenticationToken' }

/** A scope whose requests are refused by a host hook where they say so. */
const guarded = (scope: FastifyInstance): void => {
  scope.addHook('onRequest', async ({ headers }) => { if (headers['x-blocked']) throw new GraphError(401, blocked.code, 'Not you.') })
}

const tenMB = Buffer.alloc(10_000_000, 'x')
const framings = [
  { framing: 'announced', fields: { 'Content-Length': String(tenMB.length) }, body: tenMB },
  { framing: 'chunked', fields: { 'Transfer-Encoding': 'chunked' }, body: Buffer.concat([chunk(tenMB), Buffer.from(lastChunk)]) }
]

for (const { framing, fields, body } of framings) {
  // As nginx does.
  t.test(`a client that writes all of ${framing} 10 MB, and asks that the connection end, reads the answer of the envelope`, async (t) => {
    const { app, logs } = await server(t, guarded)
    const port = await listen(app)
    for (const [answer, more] of [[notFound, {}], [blocked, { 'X-Blocked': '1' }]] as ReadonlyArray<readonly [ExpectedError, Fields]>) {
      const client = await RawClient.open(t, port)
      client.socket.pause()
      await client.write(head({ ...fields, ...more, Connection: 'close' }))
      await client.write(body)
      client.socket.resume()
      assertError(t, await client.answer(), answer)
      client.socket.end()
      await client.closed()
    }
    t.strictSame(errorsIn(logs), [])
  })
}

t.test('over HTTP/2 a client that writes all of 10 MB reads the answer of the envelope', async (t) => {
  const { app } = await server(t, guarded, await serverOptions({ http2: true }))
  const session = await openHttp2(t, await listen(app))
  for (const [status, fields] of [[404, {}], [401, { 'x-blocked': '1' }]] as const) {
    const stream = uploadHttp2(session, fields)
    stream.pause()
    const responded = statusOf(stream)
    await new Promise<void>((resolve) => { stream.end(tenMB, () => resolve()) })
    t.equal(await responded, status)
    await once(stream.resume(), 'close')
    t.equal(stream.rstCode, 0)
  }
})

t.test('over HTTP/2 the 404 of an unknown path ends its stream, which is not reset, where the request has no body', async (t) => {
  const { app } = await server(t, () => {}, await serverOptions({ http2: true }))
  const resets: number[] = []
  app.server.on('stream', (stream: ServerHttp2Stream) => {
    const { close } = stream
    stream.close = (code = 0, ...rest) => { resets.push(code); close.call(stream, code, ...rest) }
  })
  const session = await openHttp2(t, await listen(app))
  const stream = session.request({ ':path': '/v1.0/nothing' })
  const [[headers], body] = await Promise.all([once(stream, 'response'), text(stream)])
  assertError(t, { statusCode: headers[':status'], headers, body }, notFound)
  t.equal(stream.rstCode, 0)
  // What the server does once the answer is sent has been done by then.
  await new Promise((resolve) => session.ping(resolve))
  t.strictSame(resets, [])
})

t.test('after an unknown path whose body was announced within 4 MiB, the connection serves the next request', async (t) => {
  const { app } = await server(t, async (scope) => { await scope.register(graphPhoto, { jwt, savePhoto }) })
  const client = await RawClient.open(t, await listen(app))
  await client.write(head({ 'Content-Length': '3000000' }, 'PUT /v1.0/nothing HTTP/1.1'))
  assertError(t, await client.answer(), notFound)
  await client.write(Buffer.alloc(3_000_000))
  await client.write(head({ 'Content-Length': String(portrait.length) }))
  await client.write(portrait)
  t.equal((await client.answer())?.statusCode, 200)
})

t.test('the body of an unknown path is discarded within the bounds of others: five seconds without a byte are enough', async (t) => {
  const { app } = await server(t, () => {})
  const sockets = accepted(app)
  const pass = stopClock(t)
  const client = await RawClient.open(t, await listen(app))
  await client.write(head({ 'Transfer-Encoding': 'chunked' }))
  assertError(t, await client.answer(), notFound)
  pass(4900)
  t.equal(sockets[0]?.destroyed, false)
  pass(200)
  await gone(sockets[0])
})

t.test('a body that a handler has begun to read is left to it, whatever is answered meanwhile', async (t) => {
  const bodies: Array<Promise<Buffer>> = []
  const { app } = await server(t, (scope) => {
    scope.addContentTypeParser('image/jpeg', (_request, payload, done) => { done(null, payload) })
    scope.put('/me/photo/$value', async ({ raw }) => {
      bodies.push(buffer(raw.pipe(new PassThrough())))
      await once(raw, 'data')
      throw new GraphError(409, 'Conflict', 'Later.')
    })
  })
  const client = await RawClient.open(t, await listen(app))
  await client.write(Buffer.concat([Buffer.from(head({ 'Content-Length': String(portrait.length) })), portrait.subarray(0, 100)]))
  assertError(t, await client.answer(), { statusCode: 409, code: 'Conflict' })
  await client.write(portrait.subarray(100))
  t.ok(portrait.equals(await bodies[0] ?? Buffer.alloc(0)))
})
