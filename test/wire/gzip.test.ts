import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { portrait } from '../fixtures/pictures.js'
import { assertError, errorsIn, host, put, type Host } from '../helpers/host.js'
import { chunk, head, lastChunk, listen, openHttp2, RawClient, serverOptions, statusOf, uploadHttp2, type Fields } from '../helpers/wire.js'

const gzip = { 'content-encoding': 'gzip' }
const send = ({ app }: Host, payload: Buffer, headers: Fields = gzip) => put(app, { payload, headers })

/** That the portrait was saved, and nothing else. */
function assertSaved (t: Test, { saved }: Host, times = 1): void {
  t.equal(saved.length, times)
  t.ok(saved.every(({ photo }) => photo.data.equals(portrait)), 'as it was before it was encoded')
}

t.test('a photo in gzip is saved as it was before it was encoded', async (t) => {
  const hosted = await host(t)
  const encodings = ['gzip', 'x-gzip', 'GZIP', 'X-Gzip']
  for (const encoding of encodings) t.equal((await send(hosted, gzipSync(portrait), { 'content-encoding': encoding })).statusCode, 200)
  assertSaved(t, hosted, encodings.length)
  t.match(hosted.logs.findLast(({ msg }) => msg === 'photo saved'), { photo: { bytes: portrait.length } })
})

t.test('a photo in gzip is read from the wire, announced or in chunks', async (t) => {
  const hosted = await host(t)
  const client = await RawClient.open(t, await listen(hosted.app))
  const packed = gzipSync(portrait)
  await client.write(head({ 'Content-Encoding': 'gzip', 'Content-Length': String(packed.length) }))
  await client.write(packed)
  t.equal((await client.answer())?.statusCode, 200)
  await client.write(head({ 'Content-Encoding': 'gzip', 'Transfer-Encoding': 'chunked' }))
  await client.write(Buffer.concat([chunk(packed.subarray(0, 1)), chunk(packed.subarray(1)), Buffer.from(lastChunk)]))
  t.equal((await client.answer())?.statusCode, 200)
  assertSaved(t, hosted, 2)
})

t.test('a photo in gzip is read over HTTP/2', async (t) => {
  const hosted = await host(t, {}, await serverOptions({ http2: true }))
  const stream = uploadHttp2(await openHttp2(t, await listen(hosted.app)), { 'Content-Encoding': 'gzip' })
  stream.end(gzipSync(portrait))
  t.equal(await statusOf(stream), 200)
  assertSaved(t, hosted)
})

t.test('a decoded photo keeps no more memory alive than its bytes take', async (t) => {
  const hosted = await host(t)
  t.equal((await send(hosted, gzipSync(portrait))).statusCode, 200)
  t.equal(hosted.saved[0]?.photo.data.buffer.byteLength, portrait.length)
})

t.test('several members of gzip are one photo', async (t) => {
  const hosted = await host(t)
  t.equal((await send(hosted, Buffer.concat([gzipSync(portrait.subarray(0, 1000)), gzipSync(portrait.subarray(1000))]))).statusCode, 200)
  assertSaved(t, hosted)
})

t.test('a body that says gzip and does not begin as gzip does is taken as it is', async (t) => {
  const hosted = await host(t)
  t.equal((await send(hosted, portrait)).statusCode, 200)
  assertSaved(t, hosted)
  assertError(t, await send(hosted, Buffer.alloc(0)), { statusCode: 400, code: 'BadRequest', message: /is empty/ })
  for (const bytes of [Buffer.from([0x1f]), Buffer.from('text'), Buffer.from([0x1f, 0x8c, 8, 0])]) {
    assertError(t, await send(hosted, bytes), { statusCode: 400, code: 'BadRequest', message: /isn't an image/ })
  }
})

t.test('a body that begins as gzip does without a Content-Encoding is not a photo', async (t) => {
  const hosted = await host(t)
  t.equal((await put(hosted.app, { payload: gzipSync(portrait) })).statusCode, 400)
  t.equal(hosted.saved.length, 0)
})

t.test('a body of gzip that has nothing in it is empty', async (t) => {
  const hosted = await host(t)
  assertError(t, await send(hosted, gzipSync(Buffer.alloc(0))), { statusCode: 400, code: 'BadRequest', message: /is empty/ })
})

t.test('damaged gzip is refused, and is not a server error', async (t) => {
  const hosted = await host(t)
  const packed = gzipSync(portrait)
  const flipped = Buffer.from(packed)
  flipped.writeUInt32LE(1, packed.length - 8)
  const damaged = [
    packed.subarray(0, 2),
    packed.subarray(0, 1000),
    packed.subarray(0, -1),
    flipped,
    Buffer.concat([packed, Buffer.from('and more')]),
    Buffer.concat([packed.subarray(0, 10), portrait])
  ]
  for (const bytes of damaged) {
    assertError(t, await send(hosted, bytes), { statusCode: 400, code: 'BadRequest', message: 'The request body is not valid gzip.' })
  }
  t.equal(hosted.saved.length, 0)
  t.strictSame(errorsIn(hosted.logs), [])
  t.match(hosted.logs.findLast(({ msg }) => msg === 'photo refused'), { photo: { why: { code: 'gzipInvalid' }, cause: String } })
})

/** What the plugin counts of an upload besides its body. */
const headLength = (fields: Fields) => head(fields).length

t.test('head and decoded photo together are never longer than the limit, to the byte', async (t) => {
  const packed = gzipSync(portrait)
  const fields = { 'Content-Encoding': 'gzip', 'Content-Length': String(packed.length) }
  const whole = headLength(fields) + portrait.length
  for (const [maxRequestBytes, statusCode] of [[whole, 200], [whole - 1, 413]] as const) {
    const { app, saved } = await host(t, { maxRequestBytes })
    const client = await RawClient.open(t, await listen(app))
    await client.write(head(fields))
    await client.write(packed)
    t.equal((await client.answer())?.statusCode, statusCode)
    t.equal(saved.length, statusCode === 200 ? 1 : 0)
  }
})

t.test('a body whose gzip alone is longer than the limit is refused as it comes', async (t) => {
  const hosted = await host(t, { maxRequestBytes: 5000 })
  assertError(t, await send(hosted, gzipSync(portrait)), { statusCode: 413, code: 'RequestEntityTooLarge' })
})

t.test('a bomb of 600 MB costs no more memory than two photos', async (t) => {
  const hosted = await host(t)
  const megabyte = gzipSync(Buffer.alloc(1_000_000))
  const bomb = Buffer.concat(Array.from({ length: 600 }, () => megabyte))
  const memory = () => process.memoryUsage().arrayBuffers + process.memoryUsage().external
  const before = memory()
  let most = 0
  const answered = send(hosted, bomb).finally(() => { clearInterval(timer) })
  const timer = setInterval(() => { most = Math.max(most, memory() - before) }, 1)
  assertError(t, await answered, { statusCode: 413, code: 'RequestEntityTooLarge', message: 'The maximum request length supported is 4MB.' })
  // external counts array buffers too.
  t.ok(most / 2 < 2 * 4 * 1024 * 1024, `${most / 2} bytes`)
})
