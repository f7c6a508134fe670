import t, { type Test } from 'tap'
import { EventEmitter, once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { graphServerOptions } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { assertError, host, type Host, put } from '../helpers/host.js'
import { audience, secret } from '../helpers/tokens.js'
import {
  chunk, head, lastChunk, listen, openHttp2, portOf, RawClient, serverOptions, statusOf, uploadHttp2, type Answer, type Fields
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

t.test('the limit holds for a chunked body too', async (t) => {
  const target = await host(t, { maxRequestBytes: limit })
  const half = portrait.length / 2
  const chunks = [chunk(portrait.subarray(0, half)), chunk(portrait.subarray(half)), lastChunk]
  t.equal((await exchange(t, target, padded(limit, chunked), ...chunks))?.statusCode, 200)
  t.equal((await exchange(t, target, padded(limit + 1, chunked), ...chunks))?.statusCode, 413)
  t.equal(target.saved.length, 1)
  t.strictSame(target.saved[0]?.photo.data, portrait)
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

t.test('a body that another hook of the host replaced is read in its place', async (t) => {
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

t.test('a body that another hook has already read, or broken off, is refused', async (t) => {
  const spent = new PassThrough()
  spent.resume().end()
  await once(spent, 'end')
  const broken = new PassThrough()
  broken.on('error', () => {}).destroy(new Error('broken'))
  const breaking = new PassThrough()
  setImmediate(() => setImmediate(() => breaking.destroy(new Error('breaking'))))
  for (const payload of [spent, broken, breaking]) {
    const { app, saved } = await host(t, {}, graphServerOptions, (app) => app.addHook('preParsing', async () => payload))
    assertError(t, await put(app), { statusCode: 400, code: 'BadRequest', message: 'The request body is incomplete.' })
    t.equal(saved.length, 0)
  }
})

t.test('a preParsing hook that replaces the body with something other than bytes gives a 500, and the process goes on', async (t) => {
  for (const chunk of [7, { length: 4 }]) {
    const { app, saved } = await host(t, {}, graphServerOptions, (app) => app.addHook('preParsing', async () => Readable.from([chunk])))
    assertError(t, await put(app), { statusCode: 500, code: 'ErrorInternalServerError' })
    t.equal(saved.length, 0)
  }
})

t.test('what follows a refused body, its end or an error, is for nobody', async (t) => {
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
