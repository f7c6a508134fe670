import { once } from 'node:events'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { graphServerOptions, type GraphPhotoOptions } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { gate, stopClock, turns } from '../helpers/clock.js'
import { errorsIn, host, type Host } from '../helpers/host.js'
import { accepted, chunk, type Fields, gone, head, lastChunk, listen, openHttp2, RawClient, serverOptions, statusOf, uploadHttp2 } from '../helpers/wire.js'

const noToken = { Authorization: undefined }
const endless = { ...noToken, 'Transfer-Encoding': 'chunked' }
const announced = (bytes: number): Fields => ({ ...noToken, 'Content-Length': String(bytes) })
const valid = Buffer.concat([Buffer.from(head({ 'Content-Length': String(portrait.length) })), portrait])

interface Refused extends Host {
  readonly client: RawClient
  readonly socket: Socket
  readonly pass: (milliseconds: number) => void
  /** Sends bytes, and waits until the server has read them. */
  readonly send: (bytes: string | Uint8Array) => Promise<void>
}

/** A client that has read its refusal, and whose body is being discarded. */
async function refused (t: Test, fields: Fields, options: Partial<GraphPhotoOptions> = {}, requestTimeout = 300_000): Promise<Refused> {
  const hosted = await host(t, options, { ...graphServerOptions, requestTimeout })
  const sockets = accepted(hosted.app)
  const pass = stopClock(t)
  const client = await RawClient.open(t, await listen(hosted.app))
  await client.write(head(fields))
  t.equal((await client.answer())?.statusCode, 401)
  const [socket] = sockets as [Socket]
  const send = async (bytes: string | Uint8Array) => {
    const before = socket.bytesRead
    await client.write(bytes)
    while (socket.bytesRead < before + bytes.length && !socket.destroyed) await turns(1)
    await turns(2)
  }
  return { ...hosted, client, socket, pass, send }
}

const oneChunk = '1\r\nx\r\n'

t.test('what a client pipelines behind a request whose refusal closes the connection costs it no answer', async (t) => {
  const pipelined = `${head({ 'Content-Length': '60000' })}${'x'.repeat(60_000)}`
  // The body may be here as a whole before it is refused, or only then.
  for (const delay of [0, 3]) {
    const { app, saved } = await host(t, {}, graphServerOptions, (app) => { app.addHook('onRequest', () => turns(delay)) })
    const sockets = accepted(app)
    const client = await RawClient.open(t, await listen(app))
    client.socket.pause()
    const ended = once(app.server, 'request').then(([, response]) => once(response, 'finish'))
    await client.write(`${head(endless)}1\r\nx\r\n${lastChunk}`)
    await ended
    for (let i = 0; i < 5; i++) {
      await client.write(pipelined)
      await turns(5)
    }
    client.socket.resume()
    t.equal((await client.answer())?.statusCode, 401)
    client.socket.end()
    await client.closed()
    t.equal(await client.answer(), undefined)
    t.equal(saved.length, 0)
    await Promise.all(sockets.map(gone))
  }
})

/** Lets time pass while a byte comes every four seconds. */
async function trickle ({ pass, send, socket }: Refused, seconds: number, byte: string): Promise<void> {
  for (let passed = 0; passed < seconds && !socket.destroyed; passed += 4) {
    await send(byte)
    pass(4000)
  }
  await turns(5)
}

t.test('a body of unannounced length is discarded for thirty seconds, however long it goes on', async (t) => {
  const all = await refused(t, endless)
  await trickle(all, 28, oneChunk)
  await all.send(oneChunk)
  all.pass(1900)
  await turns(5)
  t.equal(all.socket.destroyed, false)
  all.pass(200)
  await gone(all.socket)
  t.equal(all.saved.length, 0)
  t.strictSame(errorsIn(all.logs), [])
})

t.test('a body that is announced within the limit may take as long as an accepted one, and its connection then serves the next request', async (t) => {
  const all = await refused(t, announced(1000))
  await trickle(all, 200, 'x')
  t.equal(all.socket.destroyed, false)
  await all.send('x'.repeat(950))
  await all.send(valid)
  t.equal((await all.client.answer())?.statusCode, 200)
  t.equal(all.saved.length, 1)
})

t.test('a body that is announced within the limit has no more time than an accepted one', async (t) => {
  const all = await refused(t, announced(1000), {}, 60_000)
  await trickle(all, 56, 'x')
  await all.send('x')
  all.pass(3900)
  await turns(5)
  t.equal(all.socket.destroyed, false)
  all.pass(200)
  await gone(all.socket)
})

t.test('bytes of framing are not bytes of body: five seconds without those are enough', async (t) => {
  const all = await refused(t, endless)
  await all.send(oneChunk)
  for (let i = 0; i < 5; i++) {
    all.pass(1000)
    await all.send('000')
  }
  t.equal(all.socket.destroyed, false)
  all.pass(200)
  await gone(all.socket)
})

t.test('once the server closes, a body of unannounced length has five more seconds', async (t) => {
  const all = await refused(t, endless)
  await trickle(all, 8, oneChunk)
  const closed = all.app.close()
  await turns(20)
  await trickle(all, 4, oneChunk)
  await all.send(oneChunk)
  all.pass(900)
  await turns(5)
  t.equal(all.socket.destroyed, false)
  all.pass(200)
  await closed
  await gone(all.socket)
})

t.test('once the server closes, a body that ends in time ends its connection, though that could have served another request', async (t) => {
  const all = await refused(t, announced(1000))
  const closed = all.app.close()
  await turns(20)
  await all.client.write('x'.repeat(1000))
  await closed
  await gone(all.socket)
})

t.test('each event of a body counts as 1 KiB at least', async (t) => {
  const all = await refused(t, endless, { maxRequestBytes: 10_240 })
  // 16 limits of 10 KiB.
  await all.send(oneChunk.repeat(160))
  await turns(20)
  t.equal(all.socket.destroyed, false)
  await all.client.write(oneChunk)
  await gone(all.socket)
})

t.test('what counts of a body in large chunks are its bytes', async (t) => {
  const all = await refused(t, endless, { maxRequestBytes: 10_240 })
  await all.send(chunk(Buffer.alloc(16 * 10_240 - 3000)))
  t.equal(all.socket.destroyed, false)
  await all.client.write(chunk(Buffer.alloc(3001)))
  await gone(all.socket)
})

t.test('chunk extensions count as they come over the wire', async (t) => {
  const all = await refused(t, endless, { maxRequestBytes: 100_000 })
  await all.client.writeUntilClosed(Buffer.from(`1;${'x'.repeat(10_000)}\r\nx\r\n`.repeat(10)))
  await gone(all.socket)
  t.ok(all.socket.bytesRead > 16 * 100_000, `${all.socket.bytesRead} bytes were read`)
  t.ok(all.socket.bytesRead < 17 * 100_000 + 4 * 65_536, `${all.socket.bytesRead} bytes were read`)
})

t.test('a discarded body leaves no listener behind, on its request or its connection', async (t) => {
  const { app } = await host(t)
  const sockets = accepted(app)
  const client = await RawClient.open(t, await listen(app))
  const raws: EventEmitterLike[] = []
  app.server.on('request', (raw) => { raws.push(raw) })
  const counts: number[][] = []
  for (let i = 0; i < 5; i++) {
    await client.write(head(announced(5)))
    t.equal((await client.answer())?.statusCode, 401)
    await client.write('hello')
    while (raws[i]?.listenerCount('data') !== 0) await turns(1)
    counts.push([sockets[0]?.listenerCount('close') ?? -1, raws[i]?.listenerCount('end') ?? -1])
  }
  t.strictSame(counts, counts.map(() => counts[1]))

  const [socket] = sockets as [Socket]
  let calls = 0
  socket.prependOnceListener('close', () => { socket.destroySoon = () => { calls++ } })
  client.socket.end()
  await gone(socket)
  t.equal(calls, 0, 'the end of the connection is no news to bodies that have ended before')
})

interface EventEmitterLike { listenerCount: (name: string) => number }

t.test('a pipeline of refused bodies is discarded without a warning', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => { warnings.push(warning) }
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const { app } = await host(t, { authenticate: () => { throw Object.assign(new Error('no'), { statusCode: 401, expose: true }) } })
  const client = await RawClient.open(t, await listen(app))
  await client.write((head(announced(5)) + 'hello').repeat(30))
  for (let i = 0; i < 30; i++) t.equal((await client.answer())?.statusCode, 401)
  await turns(5)
  t.strictSame(warnings.map(String), [])
})

t.test('a refused body does not keep a connection that an earlier answer ends after it', async (t) => {
  let answerFirst = () => {}
  const first = new Promise<void>((resolve) => { answerFirst = resolve })
  const { app } = await host(t, {}, graphServerOptions, (app) => {
    app.get('/first', async (_request, reply) => {
      await first
      return reply.header('connection', 'close').send('first')
    })
  })
  const sockets = accepted(app)
  const pass = stopClock(t)
  const client = await RawClient.open(t, await listen(app))
  await client.write('GET /first HTTP/1.1\r\nHost: localhost\r\n\r\n' + head(endless) + oneChunk)
  while ((sockets[0]?.bytesRead ?? 0) < 100) await turns(1)
  await turns(20)
  pass(100)
  pass(5100)
  await turns(5)
  t.equal(sockets[0]?.destroyed, false, 'the earlier answer is still to come')
  answerFirst()
  t.equal((await client.answer())?.body, 'first')
  // The client keeps its own side open.
  await gone(sockets[0])
})

t.test('over HTTP/2 a refused stream has thirty seconds, and the session goes on', async (t) => {
  const { app, saved } = await host(t, {}, await serverOptions({ http2: true }))
  const session = await openHttp2(t, await listen(app))
  const pass = stopClock(t)
  const stream = uploadHttp2(session, noToken).resume()
  t.equal(await statusOf(stream), 401)
  for (let i = 0; i < 7; i++) {
    stream.write('x')
    await new Promise((resolve) => session.ping(resolve))
    await turns(5)
    pass(4000)
  }
  t.equal(stream.closed, false)
  stream.write('x')
  await new Promise((resolve) => session.ping(resolve))
  pass(2200)
  await once(stream, 'close')
  t.equal(stream.rstCode, 0)
  const next = uploadHttp2(session)
  next.end(portrait)
  t.equal(await statusOf(next), 200)
  t.equal(saved.length, 1)
})

t.test('over HTTP/2 a server that closes waits for a refused stream for five seconds', async (t) => {
  const { app } = await host(t, {}, await serverOptions({ http2: true }))
  const session = await openHttp2(t, await listen(app))
  const pass = stopClock(t)
  const stream = uploadHttp2(session, noToken).resume()
  t.equal(await statusOf(stream), 401)
  const closed = app.close()
  await turns(20)
  stream.write('x')
  await new Promise((resolve) => session.ping(resolve))
  await turns(5)
  pass(4000)
  stream.write('x')
  await new Promise((resolve) => session.ping(resolve))
  await turns(5)
  t.equal(stream.closed, false)
  pass(1200)
  await once(stream, 'close')
  session.close()
  await closed
})

t.test('over HTTP/2 what a session carries besides does not count', async (t) => {
  const { app, saved } = await host(t, { maxRequestBytes: 40_000 }, await serverOptions({ http2: true }))
  const session = await openHttp2(t, await listen(app))
  const pass = stopClock(t)
  const stream = uploadHttp2(session, noToken).resume()
  t.equal(await statusOf(stream), 401)
  // 17 limits.
  for (let sent = 0; sent < 17 * 40_000; sent += portrait.length) {
    const other = uploadHttp2(session)
    other.end(portrait)
    t.equal(await statusOf(other), 200)
  }
  pass(200)
  await new Promise((resolve) => session.ping(resolve))
  await turns(5)
  t.equal(stream.closed, false)
  t.ok(saved.length > 20)
  stream.close()
})

t.test('over HTTP/2 a client that goes away before its refusal, while the server closes, is not a server error', async (t) => {
  const slowly = gate()
  const { app, logs } = await host(t, {
    async authenticate () {
      await slowly.pass()
      throw Object.assign(new Error('No.'), { statusCode: 401, expose: true })
    }
  }, await serverOptions({ http2: true }))
  const session = await openHttp2(t, await listen(app))
  uploadHttp2(session).on('error', () => {}).write('x')
  await slowly.asked
  const closed = app.close()
  await turns(5)
  session.destroy()
  await turns(20)
  slowly.open()
  await closed
  t.strictSame(errorsIn(logs), [])
})

t.test('a refused request without a body keeps its connection', async (t) => {
  const { app } = await host(t)
  const client = await RawClient.open(t, await listen(app))
  for (const length of [undefined, '0']) {
    await client.write(head({ ...noToken, 'Content-Length': length }))
    const answer = await client.answer()
    t.strictSame([answer?.statusCode, answer?.headers['connection']], [401, 'keep-alive'])
  }
})

t.test('a photo in chunks that is saved keeps its connection', async (t) => {
  const { app } = await host(t)
  const client = await RawClient.open(t, await listen(app))
  for (let i = 0; i < 2; i++) {
    await client.write(head({ 'Transfer-Encoding': 'chunked' }))
    await client.write(Buffer.concat([chunk(portrait), Buffer.from(lastChunk)]))
    const answer = await client.answer()
    t.strictSame([answer?.statusCode, answer?.headers['connection']], [200, 'keep-alive'])
  }
})

t.test('a refused body that is exactly as long as the limit keeps its connection, and one that is a byte longer does not', async (t) => {
  const bytes = 1000
  const { length } = head(announced(bytes))
  for (const [maxRequestBytes, connection] of [[length + bytes, 'keep-alive'], [length + bytes - 1, 'close']] as const) {
    const { app } = await host(t, { maxRequestBytes })
    const client = await RawClient.open(t, await listen(app))
    await client.write(head(announced(bytes)) + 'x'.repeat(bytes))
    const answer = await client.answer()
    t.strictSame([answer?.statusCode, answer?.headers['connection']], [401, connection])
  }
})

t.test('the bytes on the wire are bounded to the byte', async (t) => {
  const most = 16 * 10_240
  const all = await refused(t, endless, { maxRequestBytes: 10_240 })
  const extension = (bytes: number) => `1;${'x'.repeat(bytes - 7)}\r\nx\r\n`
  for (let sent = 0; sent < most; sent += 10_240) await all.send(extension(10_240))
  all.pass(100)
  await turns(5)
  t.equal(all.socket.destroyed, false)
  await all.send('1')
  all.pass(100)
  await gone(all.socket)
})

t.test('five seconds without a byte of body are enough, to the tenth of a second', async (t) => {
  const all = await refused(t, endless)
  all.pass(4900)
  await turns(5)
  t.equal(all.socket.destroyed, false)
  all.pass(100)
  await gone(all.socket)
})

t.test('a body that is given up before its answer is sent ends the connection behind the answer', async (t) => {
  const slowly = gate()
  const { app } = await host(t, {}, { ...graphServerOptions, keepAliveTimeout: 0 }, (app) => app.get('/slow', async () => {
    await slowly.pass()
    return 'slow'
  }))
  const sockets = accepted(app)
  const pass = stopClock(t)
  const client = await RawClient.open(t, await listen(app))
  await client.write(`GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n${head(announced(1000))}`)
  await slowly.asked
  await turns(20)
  pass(5100)
  slowly.open()
  t.equal((await client.answer())?.statusCode, 200)
  t.equal((await client.answer())?.statusCode, 401)
  await gone(sockets[0])
})
