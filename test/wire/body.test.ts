import t from 'tap'
import { EventEmitter, once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import Fastify from 'fastify'
import { graphPhoto, graphServerOptions } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { assertError, audience, host, put, secret, token, type Host } from '../helpers/host.js'

const path = '/v1.0/me/photo/$value'

/** Sends bytes to a listening host, and reads until the connection ends. */
async function exchange ({ app }: Pick<Host, 'app'>, ...parts: ReadonlyArray<string | Buffer>): Promise<string> {
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  for (const part of parts) socket.write(part, typeof part === 'string' ? 'latin1' : undefined)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

/** A request's head, padded so that head and body have `total` bytes. */
function head (total: number, ...lines: readonly string[]): string {
  const start = [`PUT ${path} HTTP/1.1`, 'Host: x', 'Connection: close', 'Content-Type: image/jpeg', `Authorization: Bearer ${token()}`, ...lines, 'X-Pad: '].join('\r\n')
  return `${start}${'x'.repeat(total - portrait.length - start.length - 4)}\r\n\r\n`
}

const limit = 40_000

t.test('the limit counts the request line, the headers and the body, to the byte', async (t) => {
  const target = await host(t, { maxRequestBytes: limit })
  const announced = `Content-Length: ${portrait.length}`
  t.match(await exchange(target, head(limit, announced), portrait), /^HTTP\/1\.1 200/)
  t.match(await exchange(target, head(limit + 1, announced), portrait), /^HTTP\/1\.1 413/)
  t.equal(target.saved.length, 1)
  t.strictSame(target.saved[0]?.photo.data, portrait)
})

t.test('the limit holds for a chunked body too', async (t) => {
  const target = await host(t, { maxRequestBytes: limit })
  const half = portrait.length / 2
  const chunks = [portrait.subarray(0, half), portrait.subarray(half)]
    .flatMap((part) => [`${part.length.toString(16)}\r\n`, part, '\r\n']).concat('0\r\n\r\n')
  t.match(await exchange(target, head(limit, 'Transfer-Encoding: chunked'), ...chunks), /^HTTP\/1\.1 200/)
  t.match(await exchange(target, head(limit + 1, 'Transfer-Encoding: chunked'), ...chunks), /^HTTP\/1\.1 413/)
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
    const app = Fastify(graphServerOptions)
    t.teardown(() => app.close())
    const saved: Buffer[] = []
    app.addHook('preParsing', async () => payload())
    await app.register(graphPhoto, { prefix: '/v1.0', jwt: { secret, verify: { allowedAud: audience } }, savePhoto: ({ data }) => { saved.push(data) } })
    t.equal((await put(app, { payload: 'something else' })).statusCode, statusCode, chunks)
    t.strictSame(saved, statusCode === 200 ? [portrait] : [])
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
    const app = Fastify(graphServerOptions)
    t.teardown(() => app.close())
    app.addHook('preParsing', async () => payload)
    await app.register(graphPhoto, { prefix: '/v1.0', jwt: { secret, verify: { allowedAud: audience } }, savePhoto: () => { t.fail('nothing is saved') } })
    assertError(t, await put(app), { statusCode: 400, code: 'BadRequest', message: 'The request body is incomplete.' })
  }
})

t.test('what follows a refused body, its end or an error, is for nobody', async (t) => {
  for (const last of ['end', 'error'] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    const events = new EventEmitter()
    const asked = once(events, 'asked')
    const payload = new PassThrough()
    app.addHook('preParsing', async (request) => {
      events.emit('asked', request)
      return payload
    })
    await app.register(graphPhoto, {
      prefix: '/v1.0', maxRequestBytes: 5000, jwt: { secret, verify: { allowedAud: audience } }, savePhoto: () => { t.fail('nothing is saved') }
    })
    payload.write(portrait)
    assertError(t, await put(app, { payload: 'x' }), { statusCode: 413, code: 'RequestEntityTooLarge' })
    const closed = once(payload, 'close')
    if (last === 'end') payload.end(portrait)
    else payload.destroy(new Error('broken'))
    await closed.catch(() => {})
    const [request] = await asked
    t.equal(request.body, undefined, last)
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
  const answered = exchange(target, head(limit, `Content-Length: ${portrait.length}`)).catch(() => '')
  const [{ raw }] = await asked
  raw.once('close', () => events.emit('gone'))
  raw.socket.destroy()
  t.equal(await answered, '')
  await target.app.close()
  t.equal(target.saved.length, 0)
  t.strictSame(target.logs.filter(({ level }) => level > 30), [])
})

t.test('a connection ends after a refused body of unannounced length, even one that has come to its end', async (t) => {
  // Head and body come in one segment: once the server has had a turn, it has parsed both.
  const target = await host(t, { authenticate: () => new Promise((resolve) => { setImmediate(resolve, null) }) })
  const refused = await exchange(target, head(limit, 'Transfer-Encoding: chunked').replace('Connection: close', 'X: y') + '1\r\nx\r\n0\r\n\r\n')
  t.match(refused, /^HTTP\/1\.1 401/)
  t.match(refused, /\r\nconnection: close\r\n/i)
})

t.test('over HTTP/2 a body needs neither a label nor an announced length', async (t) => {
  const app = Fastify({ http2: true })
  t.teardown(() => app.close())
  const saved: Buffer[] = []
  await app.register(graphPhoto, { contentTypes: '*', jwt: { secret, verify: { allowedAud: audience } }, savePhoto: ({ data }) => { saved.push(data) } })
  const client = connectHttp2(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.teardown(() => client.close())
  const stream = client.request({ ':method': 'PUT', ':path': '/me/photo/$value', authorization: `Bearer ${token()}` })
  stream.end(portrait)
  const [headers] = await once(stream, 'response')
  t.equal(headers[':status'], 200)
  t.strictSame(saved, [portrait])
  stream.close()
})

t.test('over HTTP/2 the limit holds for such a body too', async (t) => {
  const app = Fastify({ http2: true })
  t.teardown(() => app.close())
  await app.register(graphPhoto, {
    contentTypes: '*', maxRequestBytes: 5000, jwt: { secret, verify: { allowedAud: audience } }, savePhoto: () => { t.fail('nothing is saved') }
  })
  const client = connectHttp2(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.teardown(() => client.close())
  const stream = client.request({ ':method': 'PUT', ':path': '/me/photo/$value', authorization: `Bearer ${token()}` })
  stream.on('error', () => {}) // the server ends the stream, however far the client has come
  stream.end(portrait)
  const [headers] = await once(stream, 'response')
  t.equal(headers[':status'], 413)
  stream.close()
})
