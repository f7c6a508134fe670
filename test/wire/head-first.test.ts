import { once } from 'node:events'
import t, { type Test } from 'tap'
import { portrait } from '../fixtures/pictures.js'
import { stopClock, turns } from '../helpers/clock.js'
import { errorsIn, host, type Host } from '../helpers/host.js'
import { claims, token } from '../helpers/tokens.js'
import {
  accepted, chunk, type Fields, gone, head, listen, oneByte, openHttp2, ownPhoto, RawClient, serverOptions, stalled, statusOf, uploadHttp2
} from '../helpers/wire.js'

const group = '/v1.0/groups/6f0a2c5e-3c9d-4b0e-9f64-0d5b7f0c1a11/photo/$value'

interface Refused {
  readonly statusCode: number
  readonly url?: string
  readonly fields: Fields
}

const within: readonly Refused[] = [
  { statusCode: 401, fields: { Authorization: undefined } },
  { statusCode: 401, fields: { Authorization: `Bearer ${token(claims({ aud: 'https://other.example' }))}` } },
  { statusCode: 403, fields: { Authorization: `Bearer ${token(claims({ scp: 'Mail.Read' }))}` } },
  { statusCode: 404, url: group, fields: {} },
  { statusCode: 415, fields: { 'Content-Type': 'text/plain' } },
  { statusCode: 415, fields: { 'Content-Encoding': 'br' } }
]
const tooLong: Refused = { statusCode: 413, fields: {} }

const maxRequestBytes = 100_000

const requestLine = ({ url = ownPhoto }: Refused) => `PUT ${url} HTTP/1.1`

const kinds = [{ tls: false }, { tls: true }] as const
const nameOf = ({ tls }: { tls: boolean }) => tls ? 'TLS' : 'TCP'

async function unknownGroups (t: Test, kind: { tls?: boolean, http2?: boolean }): Promise<Host> {
  return host(t, {
    maxRequestBytes,
    resolveTarget: (target) => target.kind === 'group' ? null : target
  }, await serverOptions(kind))
}

for (const kind of kinds) {
  t.test(`every refusal of the head is answered before one byte of the body, over ${nameOf(kind)}`, async (t) => {
    const { app, saved } = await unknownGroups(t, kind)
    const port = await listen(app)
    for (const refused of [...within, tooLong]) {
      const client = await RawClient.open(t, port, kind)
      const length = refused === tooLong ? 100_001 : 1000
      await client.write(head({ 'Content-Length': String(length), ...refused.fields }, requestLine(refused)))
      const answer = await client.answer()
      t.equal(answer?.statusCode, refused.statusCode)
      t.equal(answer?.headers['connection'], refused === tooLong ? 'close' : 'keep-alive')
    }
    t.equal(saved.length, 0)
  })

  t.test(`every refusal of the head is answered before one byte of the body, over HTTP/2 and ${nameOf(kind)}`, async (t) => {
    const { app, saved } = await unknownGroups(t, { ...kind, http2: true })
    const session = await openHttp2(t, await listen(app), kind)
    for (const refused of [...within, tooLong]) {
      const length = refused === tooLong ? 100_001 : 1000
      const stream = uploadHttp2(session, { 'Content-Length': String(length), ...refused.fields }, refused.url)
      t.equal(await statusOf(stream), refused.statusCode)
      stream.close()
      await once(stream, 'close')
    }
    t.equal(saved.length, 0)
  })

  t.test(`the connection of a refused body within the limit serves the next request, over ${nameOf(kind)}`, async (t) => {
    const { app, saved } = await unknownGroups(t, kind)
    const client = await RawClient.open(t, await listen(app), kind)
    const body = Buffer.alloc(90_000, 'x')
    for (const refused of within) {
      await client.write(head({ 'Content-Length': String(body.length), ...refused.fields }, requestLine(refused)))
      t.equal((await client.answer())?.statusCode, refused.statusCode)
      await client.write(body.subarray(1))
      await client.write(body.subarray(0, 1))
    }
    await client.write(head({ 'Content-Length': String(portrait.length) }))
    await client.write(portrait)
    t.equal((await client.answer())?.statusCode, 200)
    t.equal(saved.length, 1)
    t.ok(saved[0]?.photo.data.equals(portrait))
  })

  t.test(`a larger or endless body has its answer, and the connection ends at sixteen times the limit, over ${nameOf(kind)}`, async (t) => {
    const { app, saved, logs } = await unknownGroups(t, kind)
    const sockets = accepted(app, kind)
    const port = await listen(app)
    const announced = { 'Content-Length': String(4 * 1024 ** 3) }
    const chunked = { 'Transfer-Encoding': 'chunked' }
    const bytes = Buffer.alloc(16_384)
    const cases = [
      { fields: announced, written: bytes, statusCode: 413, limits: 16 },
      { fields: { ...announced, Authorization: undefined }, written: bytes, statusCode: 401, limits: 16 },
      { fields: { ...chunked, Authorization: undefined }, written: chunk(bytes), statusCode: 401, limits: 16 },
      // Here it takes reading up to the limit before there is an answer.
      { fields: chunked, written: chunk(bytes), statusCode: 413, limits: 17 }
    ]
    for (const { fields, written, statusCode, limits } of cases) {
      const client = await RawClient.open(t, port, kind)
      await client.write(head(fields))
      const closed = client.writeUntilClosed(written)
      const answer = await client.answer()
      t.equal(answer?.statusCode, statusCode)
      t.equal(answer?.headers['connection'], 'close')
      await closed
      const socket = sockets.at(-1)
      await gone(socket)
      t.ok((socket?.bytesRead ?? Infinity) <= limits * maxRequestBytes + 4 * 65_536, `${socket?.bytesRead} bytes were read`)
      t.ok((socket?.bytesRead ?? 0) > (limits - 1) * maxRequestBytes, `${socket?.bytesRead} bytes were read`)
    }
    t.equal(saved.length, 0)
    t.strictSame(errorsIn(logs), [])
  })

  t.test(`a larger or endless body has its answer, and the stream ends at sixteen times the limit, over HTTP/2 and ${nameOf(kind)}`, async (t) => {
    const { app, saved, logs } = await unknownGroups(t, { ...kind, http2: true })
    const session = await openHttp2(t, await listen(app), kind)
    const cases = [
      { fields: { 'Content-Length': String(4 * 1024 ** 3) }, statusCode: 413 },
      { fields: { 'Content-Length': String(4 * 1024 ** 3), Authorization: undefined }, statusCode: 401 },
      { fields: { Authorization: undefined }, statusCode: 401 },
      { fields: {}, statusCode: 413 }
    ]
    for (const { fields, statusCode } of cases) {
      const stream = uploadHttp2(session, fields).on('error', () => {}).resume()
      const status = statusOf(stream)
      let written = 0
      const write = () => {
        if (stream.destroyed) return
        written += 16_384
        stream.write(Buffer.alloc(16_384), write)
      }
      write()
      t.equal(await status, statusCode)
      await once(stream, 'close')
      t.ok(written <= 17 * maxRequestBytes + 4 * 65_536, `${written} bytes were written`)
      t.ok(written > 15 * maxRequestBytes, `${written} bytes were written`)
    }
    const next = uploadHttp2(session)
    next.end(portrait)
    t.equal(await statusOf(next), 200, 'the session goes on')
    t.equal(saved.length, 1)
    t.strictSame(errorsIn(logs), [])
  })
}

t.test('the session of a refused body within the limit serves the next request', async (t) => {
  const { app, saved } = await unknownGroups(t, { http2: true })
  const session = await openHttp2(t, await listen(app))
  for (const refused of within) {
    const stream = uploadHttp2(session, { 'Content-Length': '90000', ...refused.fields }, refused.url)
    t.equal(await statusOf(stream), refused.statusCode)
    stream.resume().end(Buffer.alloc(90_000))
    await once(stream, 'close')
    t.equal(stream.rstCode, 0)
  }
  const stream = uploadHttp2(session)
  stream.end(portrait)
  t.equal(await statusOf(stream), 200)
  t.equal(saved.length, 1)
})

for (const kind of kinds) {
  t.test(`a client that sends one byte and waits is let go after five seconds, over ${nameOf(kind)}`, async (t) => {
    const { app } = await unknownGroups(t, kind)
    const sockets = accepted(app, kind)
    const port = await listen(app)
    const pass = stopClock(t)
    const clients = await Promise.all(stalled.map(() => RawClient.open(t, port, kind)))
    await Promise.all(clients.map(async (client, i) => {
      const fields = stalled[i] ?? {}
      await client.write(head(fields) + oneByte(fields))
      t.ok(await client.answer())
    }))
    pass(100)
    pass(4_900)
    await turns(1)
    t.equal(sockets.filter((socket) => socket.destroyed).length, 0)
    pass(200)
    await Promise.all(sockets.map(gone))
    t.equal(sockets.length, stalled.length)
  })
}

t.test('a client that sends one byte and waits is let go after five seconds, over HTTP/2', async (t) => {
  const { app } = await unknownGroups(t, { http2: true })
  const session = await openHttp2(t, await listen(app))
  const pass = stopClock(t)
  const stream = uploadHttp2(session, { Authorization: undefined }).resume()
  stream.write('x')
  t.equal(await statusOf(stream), 401)
  pass(100)
  pass(4_900)
  await new Promise((resolve) => session.ping(resolve))
  t.equal(stream.closed, false)
  pass(200)
  await once(stream, 'close')
})
