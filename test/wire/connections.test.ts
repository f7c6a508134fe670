import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { FastifyInstance, RequestPayload } from 'fastify'
import t, { type Test } from 'tap'
import { graphServerOptions, type Caller, type GraphPhotoOptions } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { stopClock } from '../helpers/clock.js'
import { errorsIn, host } from '../helpers/host.js'
import { userId } from '../helpers/tokens.js'
import {
  accepted, chunk, gone, head, lastChunk, listen, openHttp2, ownPhoto, RawClient, serverOptions, uploadHttp2
} from '../helpers/wire.js'

const noToken = { Authorization: undefined }
const chunked = { 'Transfer-Encoding': 'chunked' }
const whole = { 'Content-Length': String(portrait.length) }
const valid = (fields = {}) => Buffer.concat([Buffer.from(head({ ...whole, ...fields })), portrait])
const caller: Caller = { kind: 'delegated', id: userId, permissions: ['User.ReadWrite'] }

interface Gate {
  readonly asked: Promise<void>
  readonly open: () => void
  readonly authenticate: () => Promise<Caller>
}

/** An `authenticate` that takes until the gate opens. */
function gate (): Gate {
  let open = () => {}
  let ask = () => {}
  const opened = new Promise<void>((resolve) => { open = resolve })
  const asked = new Promise<void>((resolve) => { ask = resolve })
  return {
    asked,
    open,
    async authenticate () {
      ask()
      await opened
      return caller
    }
  }
}

/** A server whose host adds hooks and routes of its own. */
const hostWith = (t: Test, setUp: (app: FastifyInstance) => void, options: Partial<GraphPhotoOptions> = {}) =>
  host(t, options, graphServerOptions, setUp)

const turn = () => new Promise((resolve) => { setImmediate(resolve) })

t.test('refused and accepted requests in one pipeline are answered in order', async (t) => {
  const { app, saved } = await host(t)
  const client = await RawClient.open(t, await listen(app))
  const refused = Buffer.from(head({ ...noToken, 'Content-Length': '5' }) + 'hello')
  await client.write(Buffer.concat([valid(), refused, refused, valid(), refused, valid()]))
  for (const statusCode of [200, 401, 401, 200, 401, 200]) t.equal((await client.answer())?.statusCode, statusCode)
  await client.write(valid())
  t.equal((await client.answer())?.statusCode, 200)
  t.equal(saved.length, 4)
})

t.test('a refused body of unknown length ends the connection, even where all of it is there', async (t) => {
  const { asked, open, authenticate } = gate()
  const { app } = await host(t, { authenticate, authorize: () => false })
  const client = await RawClient.open(t, await listen(app))
  await client.write(head(chunked) + '5\r\nhello\r\n' + lastChunk)
  await asked
  open()
  const answer = await client.answer()
  t.equal(answer?.statusCode, 403)
  t.equal(answer?.headers['connection'], 'close')
  t.equal(await client.answer(), undefined)
})

t.test('nothing that follows the last answer of a connection is saved', async (t) => {
  const { app, saved } = await host(t)
  const sockets = accepted(app)
  const client = await RawClient.open(t, await listen(app))
  const refused = Buffer.from(head({ ...noToken, ...chunked }) + '5\r\nhello\r\n' + lastChunk)
  await client.write(Buffer.concat([refused, valid()]))
  const answer = await client.answer()
  t.equal(answer?.statusCode, 401)
  t.equal(answer?.headers['connection'], 'close')
  t.equal(await client.answer(), undefined)
  await Promise.all(sockets.map(gone))
  await turn()
  t.equal(saved.length, 0)
})

t.test('an endless body whose answer comes too late for the connection does not keep it', async (t) => {
  const { asked, open, authenticate } = gate()
  open()
  const { app } = await hostWith(t, (app) => {
    app.get('/last', async (_request, reply) => {
      await asked
      await turn()
      return reply.header('connection', 'close').send('last')
    })
  }, { maxRequestBytes: 10_000, authenticate, authorize: () => false })
  const sockets = accepted(app)
  stopClock(t)
  const client = await RawClient.open(t, await listen(app))
  await client.write('GET /last HTTP/1.1\r\nHost: localhost\r\n\r\n' + head(chunked))
  t.equal((await client.answer())?.body, 'last')
  await client.writeUntilClosed(chunk(Buffer.alloc(10_000)))
  await Promise.all(sockets.map(gone))
  t.equal(sockets.length, 1)
})

t.test('a client that goes away leaves nothing of a refused body behind', async (t) => {
  const { app } = await host(t)
  const sockets = accepted(app)
  const arrived = once(app.server, 'request')
  const client = await RawClient.open(t, await listen(app))
  await client.write(head({ ...noToken, 'Content-Length': '10000' }) + 'x')
  t.equal((await client.answer())?.statusCode, 401)
  const [raw] = await arrived
  t.equal(raw.listenerCount('data'), 1)
  client.socket.destroy()
  await Promise.all(sockets.map(gone))
  t.equal(raw.listenerCount('data'), 0)
})

t.test('a connection is changed once, however many of its bodies are refused', async (t) => {
  const { app } = await host(t)
  const sockets = accepted(app)
  const client = await RawClient.open(t, await listen(app))
  const ways = new Set()
  for (let i = 0; i < 5; i++) {
    await client.write(head({ ...noToken, 'Content-Length': '5' }))
    t.equal((await client.answer())?.statusCode, 401)
    ways.add(sockets[0]?.destroySoon)
    await client.write('hello')
  }
  t.equal(ways.size, 1)
})

for (const [name, fields, version] of [
  ['asks for the end of the connection', { Connection: 'close' }, '1.1'],
  ['speaks HTTP/1.0', {}, '1.0']
] as const) {
  t.test(`a client that ${name} reads its refusal, may finish its body, and is then let go`, async (t) => {
    const { app } = await host(t)
    const sockets = accepted(app)
    stopClock(t)
    const client = await RawClient.open(t, await listen(app))
    await client.write(head({ ...noToken, ...fields, 'Content-Length': '100000' }, `PUT ${ownPhoto} HTTP/${version}`))
    t.equal((await client.answer())?.statusCode, 401)
    await client.write(Buffer.alloc(50_000))
    await turn()
    t.equal(sockets[0]?.destroyed, false)
    await client.write(Buffer.alloc(50_000))
    await gone(sockets[0])
  })
}

t.test('an upload over HTTP/1.0 is saved', async (t) => {
  const { app, saved } = await host(t)
  const client = await RawClient.open(t, await listen(app))
  await client.write(Buffer.concat([Buffer.from(head(whole, `PUT ${ownPhoto} HTTP/1.0`)), portrait]))
  t.equal((await client.answer())?.statusCode, 200)
  t.equal(await client.answer(), undefined)
  t.equal(saved.length, 1)
})

t.test('bodies that overlap in a pipeline each have their time', async (t) => {
  const { app } = await hostWith(t, (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      if (request.headers.authorization === undefined) reply.code(429).send('later')
      else done()
    })
  })
  const sockets = accepted(app)
  stopClock(t)
  const client = await RawClient.open(t, await listen(app))
  const first = head({ ...noToken, 'Content-Length': '5' }) + 'hello'
  const second = head({ ...noToken, 'Content-Length': '10', Connection: 'close' }) + 'hello'
  await client.write(first + second)
  t.equal((await client.answer())?.statusCode, 429)
  t.equal((await client.answer())?.statusCode, 429)
  await turn()
  t.equal(sockets[0]?.destroyed, false)
  await client.write('world')
  await gone(sockets[0])
})

for (const [name, redirect] of [
  ['pipes', (payload: RequestPayload) => payload.pipe(new PassThrough())],
  ['pauses', (payload: RequestPayload) => payload.pause()]
] as const) {
  t.test(`a body that a host hook ${name} is discarded all the same`, async (t) => {
    const { app } = await hostWith(t, (app) => {
      app.addHook('preParsing', (_request, _reply, payload, done) => { done(null, redirect(payload)) })
    }, { maxRequestBytes: 1_000_000 })
    stopClock(t)
    const client = await RawClient.open(t, await listen(app))
    client.socket.pause()
    const body = Buffer.alloc(900_000)
    await client.write(head({ 'Content-Type': 'text/plain', 'Content-Length': String(body.length) }))
    await client.write(body)
    client.socket.resume()
    t.equal((await client.answer())?.statusCode, 415)
    await client.write(head({ 'Content-Type': 'text/plain', 'Content-Length': '0' }))
    t.equal((await client.answer())?.statusCode, 415, 'the connection serves the next request')
  })
}

t.test('a refused upload that expects 100 Continue reads its refusal, and the connection goes on', async (t) => {
  const { app, saved } = await host(t)
  const client = await RawClient.open(t, await listen(app))
  await client.write(head({ ...noToken, ...whole, Expect: '100-continue' }))
  // Node says so before anyone else sees the request.
  t.equal((await client.answer())?.statusCode, 100)
  t.equal((await client.answer())?.statusCode, 401)
  await client.write(portrait)
  await client.write(valid())
  t.equal((await client.answer())?.statusCode, 200)
  t.equal(saved.length, 1)
})

t.test('an upload with an Upgrade header is an upload', async (t) => {
  const { app, saved } = await host(t)
  const client = await RawClient.open(t, await listen(app))
  for (const protocol of ['websocket', 'h2c', 'TLS/1.0']) {
    await client.write(valid({ Connection: 'Upgrade', Upgrade: protocol }))
    t.equal((await client.answer())?.statusCode, 200)
  }
  t.equal(saved.length, 3)
})

t.test('trailers are not part of the picture', async (t) => {
  const { app, saved } = await host(t)
  const client = await RawClient.open(t, await listen(app))
  const trailers = '0\r\nContent-Type: text/plain\r\nX-Checksum: 1\r\n\r\n'
  await client.write(Buffer.concat([Buffer.from(head(chunked)), chunk(portrait), Buffer.from(trailers)]))
  t.equal((await client.answer())?.statusCode, 200)
  t.equal(saved.length, 1)
  t.ok(saved[0]?.photo.data.equals(portrait))
})

const inChunks = Buffer.concat([chunk(portrait), Buffer.from(lastChunk)])
const twoRequests = (fields: string, body: Buffer) =>
  Buffer.concat([Buffer.from(head().replace('\r\n\r\n', `\r\n${fields}\r\n\r\n`)), body, valid()])
const length = portrait.length

for (const [name, bytes] of [
  ['a length and chunks', twoRequests(`Content-Length: ${length}\r\nTransfer-Encoding: chunked`, inChunks)],
  ['chunks and a length', twoRequests(`Transfer-Encoding: chunked\r\nContent-Length: ${length}`, inChunks)],
  ['two lengths', twoRequests(`Content-Length: ${length}\r\nContent-Length: 5`, portrait)],
  ['two equal lengths', twoRequests(`Content-Length: ${length}\r\nContent-Length: ${length}`, portrait)],
  ['a list of lengths', twoRequests(`Content-Length: ${length}, ${length}`, portrait)],
  ['a length with a sign', twoRequests(`Content-Length: +${length}`, portrait)],
  ['a negative length', twoRequests('Content-Length: -1', portrait)],
  ['a hexadecimal length', twoRequests('Content-Length: 0x10', portrait)],
  ['a length past 2^64', twoRequests('Content-Length: 18446744073709551617', portrait)],
  ['chunked under another name', twoRequests('Transfer-Encoding: xchunked', inChunks)],
  ['chunked, but not last', twoRequests('Transfer-Encoding: chunked, identity', inChunks)],
  ['chunked twice', twoRequests('Transfer-Encoding: chunked, chunked', inChunks)],
  ['white space before the colon', twoRequests('Transfer-Encoding : chunked', inChunks)],
  ['a folded header', twoRequests('Transfer-Encoding:\r\n chunked', inChunks)],
  ['a bare line feed in the head', twoRequests('X: 1\nTransfer-Encoding: chunked', inChunks)],
  ['a chunk size with a sign', twoRequests('Transfer-Encoding: chunked', Buffer.from('-5\r\nhello\r\n0\r\n\r\n'))],
  ['a chunk size that is not a number', twoRequests('Transfer-Encoding: chunked', Buffer.from('0x5\r\nhello\r\n0\r\n\r\n'))],
  ['a chunk size past 2^64', twoRequests('Transfer-Encoding: chunked', Buffer.from('10000000000000005\r\nhello\r\n0\r\n\r\n'))],
  ['a chunk that is longer than its size', twoRequests('Transfer-Encoding: chunked', Buffer.from('5\r\nhello!\r\n0\r\n\r\n'))],
  ['a bare line feed after a chunk size', twoRequests('Transfer-Encoding: chunked', Buffer.from('5\nhello\r\n0\r\n\r\n'))]
] as const) {
  t.test(`nothing is smuggled in behind ${name}`, async (t) => {
    const { app, saved, logs } = await host(t)
    const sockets = accepted(app)
    const client = await RawClient.open(t, await listen(app))
    await client.write(bytes)
    const answer = await client.answer()
    t.equal(answer?.statusCode, 400)
    await Promise.all(sockets.map(gone))
    t.equal(saved.length, 0)
    t.strictSame(errorsIn(logs), [])
  })
}

t.test('a half-closed client costs nothing', async (t) => {
  const { app, saved, logs } = await host(t)
  const sockets = accepted(app)
  const port = await listen(app)
  for (const body of [Buffer.alloc(0), portrait.subarray(0, 100)]) {
    const client = await RawClient.open(t, port)
    await client.write(Buffer.concat([Buffer.from(head(whole)), body]))
    client.socket.end()
    await client.closed()
  }
  await Promise.all(sockets.map(gone))
  t.equal(saved.length, 0)
  t.strictSame(errorsIn(logs), [])
})

t.test('a client that never reads its refusals is not read from any more', async (t) => {
  const { app } = await host(t)
  const sockets = accepted(app)
  const client = await RawClient.open(t, await listen(app))
  client.socket.pause()
  const refused = Buffer.from((head({ ...noToken, 'Content-Length': '5' }) + 'hello').repeat(1000))
  let written = 0
  const write = (error?: Error | null) => {
    if (error) return
    written += refused.length
    client.socket.write(refused, write)
  }
  write()
  let before
  do {
    before = sockets[0]?.bytesRead
    await new Promise((resolve) => setTimeout(resolve, 300))
  } while (before !== sockets[0]?.bytesRead)
  t.ok(written < 64 * 1024 * 1024, `${written} bytes were taken`)
  client.socket.destroy()
  await Promise.all(sockets.map(gone))
})

t.test('a client that goes away while it is asked who it is saves nothing', async (t) => {
  const { asked, open, authenticate } = gate()
  const { app, saved, logs } = await host(t, { authenticate })
  const sockets = accepted(app)
  const client = await RawClient.open(t, await listen(app))
  await client.write(Buffer.concat([Buffer.from(head(whole)), portrait.subarray(0, 1000)]))
  await asked
  client.socket.destroy()
  await Promise.all(sockets.map(gone))
  open()
  await turn()
  t.equal(saved.length, 0)
  t.notOk(logs.some(({ msg }) => msg === 'photo saved'))
  t.strictSame(errorsIn(logs), [])
})

t.test('a client that goes away while it is asked who it is saves nothing, over HTTP/2', async (t) => {
  const { asked, open, authenticate } = gate()
  const { app, saved, logs } = await host(t, { authenticate }, await serverOptions({ http2: true }))
  const session = await openHttp2(t, await listen(app))
  const arrived = once(app.server, 'stream')
  // No length: only the end of the stream would say that the picture is whole.
  const stream = uploadHttp2(session, noToken)
  stream.on('error', () => {}).write(portrait)
  await asked
  const [served] = await arrived
  const closed = once(served, 'close')
  stream.close(8)
  await closed
  open()
  await turn()
  await turn()
  t.equal(saved.length, 0)
  t.notOk(logs.some(({ msg }) => msg === 'photo saved'), 'and no log line says that it did')
  t.strictSame(errorsIn(logs), [])
})

t.test('an HTTP/2 answer never carries a connection header', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => { warnings.push(warning) }
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const { app } = await host(t, { maxRequestBytes: 10_000 }, await serverOptions({ http2: true }), (app) => {
    // As hosts do that know HTTP/1 only.
    app.addHook('onRequest', async (_request, reply) => { reply.header('connection', 'close') })
  })
  const session = await openHttp2(t, await listen(app))
  for (const body of [20_000, 10_001, 100_000]) {
    const stream = uploadHttp2(session)
    stream.on('error', () => {}).resume().end(Buffer.alloc(body))
    const [headers] = await once(stream, 'response')
    t.equal(headers[':status'], 413)
    t.equal(headers['connection'], undefined)
    await once(stream, 'close')
  }
  await turn()
  t.notOk(warnings.some(({ name }) => name === 'UnsupportedWarning'), warnings.join())
})

t.test('a handler that takes too long answers once, and its connection serves the next request', async (t) => {
  const { app, saved, logs } = await host(t, {}, { ...graphServerOptions, handlerTimeout: 100 })
  const client = await RawClient.open(t, await listen(app))
  await client.write(Buffer.concat([Buffer.from(head(whole)), portrait.subarray(0, 1000)]))
  t.equal((await client.answer())?.statusCode, 503)
  await client.write(portrait.subarray(1000))
  await client.write(valid())
  t.equal((await client.answer())?.statusCode, 200)
  t.equal(saved.length, 1)
  t.strictSame(errorsIn(logs), [])
})
