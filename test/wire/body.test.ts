import t, { type Test } from 'tap'
import { AsyncLocalStorage } from 'node:async_hooks'
import { EventEmitter, once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { graphServerOptions } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { turns } from '../helpers/clock.js'
import { assertError, errorsIn, host, type Host, put } from '../helpers/host.js'
import { audience, secret } from '../helpers/tokens.js'
import {
  accepted, chunk, gone, head, lastChunk, listen, openHttp2, portOf, RawClient, serverOptions, statusOf, uploadHttp2, type Answer, type Fields
} from '../helpers/wire.js'

/** Sends bytes over a connection of its own, and gives what is answered. */
async function exchange (t: Test, { app }: Host, ...parts: ReadonlyArray<string | Buffer>): Promise<Answer | undefined> {
  const client = await RawClient.open(t, app.server.listening ? portOf(app.server) : await listen(app))
  await client.write(Buffer.concat(parts.map((part) => Buffer.from(part))))
  return client.answer()
}

/** A request's head, padded so that head and body have `total` bytes. */
function padded (total: number, fields: Fields): string {
  const { length } = head({ ...fields, 'X-Pad': '' })
  return head({ ...fields, 'X-Pad': 'x'.repeat(total - portrait.length - length) })
}

const whole = { 'Content-Length': String(portrait.length) }
const chunked = { 'Transfer-Encoding': 'chunked' }
const limit = 40_000

t.test('the limit counts the request line, the headers and the body, to the byte', async (t) => {
  const target = await host(t, { maxRequestBytes: limit })
  t.equal((await exchange(t, target, padded(limit, whole), portrait))?.statusCode, 200)
  t.equal((await exchange(t, target, padded(limit + 1, whole), portrait))?.statusCode, 413)
  t.equal(target.saved.length, 1)
  t.strictSame(target.saved[0]?.photo.data, portrait)
})

t.test('the reason of a request that is too long says how long it says it is, where it does', async (t) => {
  const target = await host(t, { maxRequestBytes: limit })
  await exchange(t, target, padded(limit + 1, whole), portrait)
  await exchange(t, target, padded(limit + 1, chunked), chunk(portrait), lastChunk)
  t.strictSame(target.logs.flatMap(({ photo }) => photo === undefined ? [] : [Object(photo).why]), [
    { code: 'requestTooLarge', message: `The request announces ${limit + 1} bytes, head included; at most ${limit} are accepted.` },
    { code: 'bodyTooLarge', message: `The request is longer than ${limit} bytes.` }
  ])
})

t.test('the limit holds for a chunked body too', async (t) => {
  const target = await host(t, { maxRequestBytes: limit })
  const half = portrait.length / 2
  const chunks = [chunk(portrait.subarray(0, half)), chunk(portrait.subarray(half)), lastChunk]
  t.equal((await exchange(t, target, padded(limit, chunked), ...chunks))?.statusCode, 200)
  t.equal((await exchange(t, target, padded(limit + 1, chunked), ...chunks))?.statusCode, 413)
  t.equal(target.saved.length, 1)
  t.strictSame(target.saved[0]?.photo.data, portrait)
})

t.test('hooks that answer a body which is refused while it is read find what AsyncLocalStorage holds for the request', async (t) => {
  const store = new AsyncLocalStorage<string>()
  const found: unknown[] = []
  const target = await host(t, { maxRequestBytes: limit }, graphServerOptions, (app) => {
    app.addHook('onRequest', (_request, _reply, done) => { store.run('the request', done) })
    app.addHook('onError', async () => { found.push(store.getStore()) })
    app.addHook('onSend', async () => { found.push(store.getStore()) })
  })
  t.equal((await exchange(t, target, padded(limit + 1, chunked), chunk(portrait), lastChunk))?.statusCode, 413)
  t.equal((await exchange(t, target, head({ ...chunked, 'Content-Encoding': 'gzip' }), chunk(gzipSync(portrait).subarray(0, 500)), lastChunk))?.statusCode, 400)
  t.strictSame(found, Array(4).fill('the request'))
})

t.test('a body that a host hook listens to is whole, however long admission takes', async (t) => {
  const heard: Buffer[] = []
  const authenticate = async () => {
    await turns(20)
    return { kind: 'delegated', id: 'u', permissions: ['User.ReadWrite'] } as const
  }
  const target = await host(t, { authenticate }, graphServerOptions, (app) => app.addHook('onRequest', (request, _reply, done) => {
    request.raw.on('data', (bytes: Buffer) => { heard.push(bytes) })
    done()
  }))
  const photo = Buffer.concat([portrait, Buffer.alloc(300_000)])
  t.equal((await exchange(t, target, head({ 'Content-Length': String(photo.length) }), photo))?.statusCode, 200)
  t.ok(target.saved[0]?.photo.data.equals(photo))
  t.ok(Buffer.concat(heard).equals(photo), 'and the hook heard all of it')
})

t.test('a limit smaller than the head leaves no room for a body', async (t) => {
  const { app, saved } = await host(t, { maxRequestBytes: 10 })
  assertError(t, await put(app), { statusCode: 413, code: 'RequestEntityTooLarge', message: 'The maximum request length supported is 10 bytes.' })
  t.equal(saved.length, 0)
})

t.test('a body of another length than announced is refused', async (t) => {
  const { app, saved, logs } = await host(t)
  for (const length of [portrait.length - 1, portrait.length + 1]) {
    assertError(t, await put(app, { headers: { 'content-length': String(length) } }), { statusCode: 400, code: 'BadRequest', message: 'The request body is incomplete.' })
  }
  t.equal(saved.length, 0)
  t.strictSame(logs.filter(({ level }) => level > 30), [])
})

t.test('a body that another host hook replaced is read in its place', async (t) => {
  const payloads: ReadonlyArray<readonly [chunks: string, statusCode: number, payload: () => Readable]> = [
    ['bytes', 200, () => Readable.from([portrait])],
    ['bytes of another kind', 200, () => Readable.from([new Uint8Array(portrait)])],
    ['text', 400, () => Readable.from(['no ', 'picture'])]
  ]
  for (const [chunks, statusCode, payload] of payloads) {
    const { app, saved } = await host(t, {}, graphServerOptions, (app) => app.addHook('preParsing', async () => payload()))
    t.equal((await put(app, { payload: 'something else' })).statusCode, statusCode, chunks)
    t.strictSame(saved.map(({ photo }) => photo.data), statusCode === 200 ? [portrait] : [])
  }
})

t.test('a replaced body that carries nothing is empty, and one that breaks off is incomplete', async (t) => {
  const spent = new PassThrough()
  spent.resume().end()
  await once(spent, 'end')
  const broken = new PassThrough()
  broken.on('error', () => {}).destroy(new Error('broken'))
  const breaking = new PassThrough()
  setImmediate(() => setImmediate(() => breaking.destroy(new Error('breaking'))))
  for (const [payload, message] of [[spent, /is empty/], [broken, /is incomplete/], [breaking, /is incomplete/]] as const) {
    const { app, saved, logs } = await host(t, {}, graphServerOptions, (app) => app.addHook('preParsing', async () => payload))
    assertError(t, await put(app), { statusCode: 400, code: 'BadRequest', message })
    t.equal(saved.length, 0)
    t.strictSame(errorsIn(logs), [])
  }
})

/** What hosts put in front of the plugin: it reads the body, and leaves something of it. */
const readers: ReadonlyArray<readonly [leaves: string, statusCode: number, leave: (bytes: Buffer) => object]> = [
  ['nothing', 500, () => ({})],
  ['an object', 500, () => ({ body: { type: 'jpeg' } })],
  ['text', 500, (bytes) => ({ body: bytes.toString('latin1'), rawBody: bytes.toString('latin1') })],
  ['bytes as body, as express.raw does', 200, (bytes) => ({ body: bytes })],
  ['bytes as rawBody beside a parsed body, as Cloud Functions do', 200, (bytes) => ({ rawBody: bytes, body: { type: 'jpeg' } })],
  ['other bytes as body beside rawBody', 200, (bytes) => ({ rawBody: bytes, body: Buffer.from('decoded') })]
]

for (const [leaves, statusCode, leave] of readers) {
  t.test(`what reads the body before the plugin and leaves ${leaves}: ${statusCode}`, async (t) => {
    const target = await host(t, {}, graphServerOptions, (app) => {
      app.addHook('onRequest', async ({ raw }) => { Object.assign(raw, leave(await buffer(raw))) })
    })
    const answer = await exchange(t, target, head(whole), portrait)
    t.equal(answer?.statusCode, statusCode)
    t.strictSame(target.saved.map(({ photo }) => photo.data), statusCode === 200 ? [portrait] : [])
    t.match(errorsIn(target.logs), statusCode === 200 ? [] : [{ err: { message: /was read before/ } }])
    t.equal(errorsIn(target.logs).length, statusCode === 200 ? 0 : 1)
  })
}

t.test('a body that was read before the plugin is bound by the limit too, and decoded if it is in gzip', async (t) => {
  const target = await host(t, { maxRequestBytes: limit }, graphServerOptions, (app) => {
    app.addHook('onRequest', async ({ raw, headers }) => {
      await buffer(raw)
      Object.assign(raw, { body: headers['content-encoding'] === 'gzip' ? gzipSync(portrait) : portrait })
    })
  })
  // As long as what comes over the wire, which Fastify holds against the limit too, is short.
  const announced = { 'Content-Length': '1' }
  t.equal((await exchange(t, target, padded(limit + 1, announced), 'x'))?.statusCode, 413)
  t.equal((await exchange(t, target, padded(limit, announced), 'x'))?.statusCode, 200)
  target.saved.length = 0
  t.equal((await exchange(t, target, head({ ...whole, 'Content-Encoding': 'gzip' }), portrait))?.statusCode, 200)
  t.strictSame(target.saved.map(({ photo }) => photo.data), [portrait])
})

t.test('a body that a hook of the route reads, once the plugin has admitted the request, flows', async (t) => {
  const target = await host(t, {}, graphServerOptions, (app) => app.addHook('onRoute', (route) => {
    route.preParsing = async (_request, _reply, payload) => {
      const chunks: Buffer[] = []
      payload.on('data', (chunk: Buffer) => { chunks.push(chunk) })
      await once(payload, 'end')
      return Readable.from(chunks)
    }
  }))
  t.equal((await exchange(t, target, head(whole), portrait))?.statusCode, 200)
  t.strictSame(target.saved.map(({ photo }) => photo.data), [portrait])
})

t.test('a body of which a host hook has read a part is not blamed on the client', async (t) => {
  const target = await host(t, {}, graphServerOptions, (app) => {
    app.addHook('preParsing', async ({ raw }) => { await once(raw, 'data') })
  })
  t.equal((await exchange(t, target, head(whole), portrait))?.statusCode, 500)
  t.match(errorsIn(target.logs), [{ err: { message: /was read before/ } }])
  t.match(target.logs.find(({ msg }) => msg === 'photo refused'), { photo: { why: { code: 'bodyReadBefore' } } })
})

t.test('a client that goes away while a host hook reads its body is not a server error', async (t) => {
  const events = new EventEmitter()
  const target = await host(t, {}, graphServerOptions, (app) => {
    app.addHook('preParsing', async ({ raw }) => {
      raw.once('data', () => events.emit('read'))
      await once(raw, 'close').catch(() => {})
    })
  })
  const sockets = accepted(target.app)
  const client = await RawClient.open(t, await listen(target.app))
  const read = once(events, 'read')
  await client.write(Buffer.concat([Buffer.from(head(whole)), portrait.subarray(0, 1000)]))
  await read
  client.socket.resetAndDestroy()
  await Promise.all(sockets.map(gone))
  await turns(5)
  t.equal(target.saved.length, 0)
  t.strictSame(errorsIn(target.logs), [])
})

t.test('a body that a host hook wraps is read as the wrapper gives it', async (t) => {
  const target = await host(t, {}, graphServerOptions, (app) => {
    app.addHook('preParsing', (_request, _reply, payload, done) => { done(null, payload.pipe(new PassThrough())) })
  })
  t.equal((await exchange(t, target, head(whole), portrait))?.statusCode, 200)
  t.strictSame(target.saved.map(({ photo }) => photo.data), [portrait])
})

/** Chunks of one byte, with so many bytes of framing around each. */
const crumbs = (bytes: Buffer, framing: number) =>
  [...bytes].map((byte) => Buffer.concat([Buffer.from(`1;${'x'.repeat(framing - 6)}\r\n`), Buffer.from([byte]), Buffer.from('\r\n')]))

t.test('chunks may take twice the limit and 64 KiB on the wire', async (t) => {
  const allowed = 2 * limit + 65_536
  // 65 bytes are sent for each.
  const paddedChunks = (count: number) => [chunk(portrait), ...crumbs(Buffer.alloc(count), 64), lastChunk]
  const within = Math.floor((allowed - portrait.length) / 65) - 20
  for (const [count, statusCode] of [[within, 200], [within + 300, 413]] as const) {
    const target = await host(t, { maxRequestBytes: limit })
    const client = await RawClient.open(t, await listen(target.app))
    const arrived = once(target.app.server, 'request')
    await client.write(head(chunked))
    // What is read together with the head is not told from it.
    await arrived
    await client.write(Buffer.concat(paddedChunks(count).map((part) => Buffer.from(part))))
    t.equal((await client.answer())?.statusCode, statusCode)
    t.equal(target.saved.length, statusCode === 200 ? 1 : 0)
  }
})

t.test('a few chunks with long extensions count as much', async (t) => {
  for (const [count, statusCode] of [[5, 200], [18, 413]] as const) {
    const target = await host(t, { maxRequestBytes: limit })
    const body = [chunk(portrait), ...crumbs(Buffer.alloc(count), 12_000), lastChunk].map((part) => Buffer.from(part))
    t.equal((await exchange(t, target, head(chunked), Buffer.concat(body)))?.statusCode, statusCode)
    t.equal(target.saved.length, statusCode === 200 ? 1 : 0)
  }
})

t.test('a body that comes in one byte a chunk is refused long before it reaches the limit, and without being buffered', async (t) => {
  const target = await host(t, { maxRequestBytes: 100_000 })
  const sockets = accepted(target.app)
  const client = await RawClient.open(t, await listen(target.app))
  await client.write(head(chunked))
  const closed = client.writeUntilClosed(Buffer.concat(crumbs(Buffer.alloc(100), 1000)))
  t.equal((await client.answer())?.statusCode, 413)
  await closed
  await Promise.all(sockets.map(gone))
  const read = sockets[0]?.bytesRead ?? Infinity
  // 16 limits to be discarded, and what the kernel and Node had taken meanwhile.
  t.ok(read <= 2 * 100_000 + 65_536 + 256 * 1001 + 16 * 100_000 + 12 * 65_536, `${read} bytes were read`)
})

t.test('a chunk counts as 12 bytes on the wire at least, since a short one costs as much time as a long one', async (t) => {
  const maxRequestBytes = 262_144
  const most = (2 * maxRequestBytes + 65_536) / 12
  const crumb = Buffer.from(chunk(Buffer.from('x')))
  for (const [count, statusCode] of [[most - 1000, 200], [most + 1000, 413]] as const) {
    const target = await host(t, { maxRequestBytes })
    // What follows a photo's end passes.
    const body = Buffer.concat([chunk(portrait), Buffer.alloc(Math.floor(count) * crumb.length, crumb), Buffer.from(lastChunk)])
    t.equal((await exchange(t, target, head(chunked), body))?.statusCode, statusCode)
    t.equal(target.saved.length, statusCode === 200 ? 1 : 0)
  }
})

t.test("zeros before a chunk's size, of which no event tells, are bounded too", async (t) => {
  for (const [fields, statusCode] of [[chunked, 413], [{ ...chunked, Authorization: undefined }, 401]] as const) {
    const target = await host(t, { maxRequestBytes: 10_000 })
    const client = await RawClient.open(t, await listen(target.app))
    await client.write(head(fields))
    const closed = client.writeUntilClosed(Buffer.alloc(65_536, '0'))
    t.equal((await client.answer())?.statusCode, statusCode)
    await closed
    t.equal(target.saved.length, 0)
  }
})

t.test('a preParsing hook that replaces the body with something other than bytes gives a 500, and the process goes on', async (t) => {
  for (const chunk of [7, { length: 4 }]) {
    const { app, saved } = await host(t, {}, graphServerOptions, (app) => app.addHook('preParsing', async () => Readable.from([chunk])))
    assertError(t, await put(app), { statusCode: 500, code: 'ErrorInternalServerError' })
    t.equal(saved.length, 0)
  }
})

t.test('what follows a refused body, its end or an error, is ignored', async (t) => {
  for (const last of ['end', 'error'] as const) {
    const events = new EventEmitter()
    const asked = once(events, 'asked')
    const payload = new PassThrough()
    const { app, saved } = await host(t, { maxRequestBytes: 5000 }, {}, (app) => app.addHook('preParsing', async (request) => {
      events.emit('asked', request)
      return payload
    }))
    payload.write(portrait)
    assertError(t, await put(app, { payload: 'x' }), { statusCode: 413, code: 'RequestEntityTooLarge' })
    const closed = once(payload, 'close')
    if (last === 'end') payload.end(portrait)
    else payload.destroy(new Error('broken'))
    await closed.catch(() => {})
    const [request] = await asked
    t.equal(request.body, undefined, last)
    t.equal(saved.length, 0)
  }
})

t.test('a client that goes away while its token is being verified saves nothing', async (t) => {
  const events = new EventEmitter()
  const target = await host(t, {
    jwt: {
      secret: async (request) => {
        events.emit('asked', request)
        await once(events, 'gone')
        return secret
      },
      verify: { allowedAud: audience }
    }
  })
  const asked = once(events, 'asked')
  const answered = exchange(t, target, head(whole))
  const [{ raw }] = await asked
  raw.once('close', () => events.emit('gone'))
  raw.socket.destroy()
  t.equal(await answered, undefined)
  await target.app.close()
  t.equal(target.saved.length, 0)
  t.strictSame(target.logs.filter(({ level }) => level > 30), [])
})

t.test('a connection ends after a refused body of unannounced length, even one that has come to its end', async (t) => {
  // Head and body come in one segment: once the server has had a turn, it has parsed both.
  const target = await host(t, { authenticate: () => new Promise((resolve) => { setImmediate(resolve, null) }) })
  const refused = await exchange(t, target, head(chunked), chunk(Buffer.from('x')), lastChunk)
  t.equal(refused?.statusCode, 401)
  t.equal(refused?.headers['connection'], 'close')
})

t.test('over HTTP/2 a body needs neither a Content-Type nor an announced length', async (t) => {
  const { app, saved } = await host(t, { contentTypes: '*' }, await serverOptions({ http2: true }))
  const stream = uploadHttp2(await openHttp2(t, await listen(app)), { 'Content-Type': undefined })
  stream.end(portrait)
  t.equal(await statusOf(stream), 200)
  t.strictSame(saved.map(({ photo }) => photo.data), [portrait])
})

t.test('over HTTP/2 the limit holds for such a body too', async (t) => {
  const { app, saved } = await host(t, { contentTypes: '*', maxRequestBytes: 5000 }, await serverOptions({ http2: true }))
  const stream = uploadHttp2(await openHttp2(t, await listen(app)), { 'Content-Type': undefined })
  stream.on('error', () => {}) // the server ends the stream, however far the client has come
  stream.end(portrait)
  t.equal(await statusOf(stream), 413)
  t.equal(saved.length, 0)
})
