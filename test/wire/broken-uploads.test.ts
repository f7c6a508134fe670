import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import type { GraphPhotoOptions } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { assertError, errorsIn, host, type Host } from '../helpers/host.js'
import { claims, tenantId, token } from '../helpers/tokens.js'
import { chunk, type Fields, gone, head, lastChunk, listen, RawClient, serverOptions } from '../helpers/wire.js'

interface Listening extends Host {
  readonly port: number
  /** The sockets that are open. A closed one would keep what it last read. */
  readonly sockets: ReadonlySet<Socket>
}

async function server (t: Test, options: Partial<GraphPhotoOptions> = {}): Promise<Listening> {
  const hosted = await host(t, options)
  const sockets = new Set<Socket>()
  hosted.app.server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => { sockets.delete(socket) })
  })
  return { ...hosted, sockets, port: await listen(hosted.app) }
}

/** What holds whatever a client did: nothing is saved, the server blames itself for nothing, no connection stays. */
async function assertUnharmed (t: Test, { saved, logs, sockets }: Listening): Promise<void> {
  await Promise.all([...sockets].map(gone))
  t.equal(saved.length, 0)
  t.strictSame(errorsIn(logs), [])
}

const chunked = { 'Transfer-Encoding': 'chunked' }
const announced = (bytes: number) => ({ 'Content-Length': String(bytes) })
const half = Math.floor(portrait.length / 2)

t.test('chunks over the limit are refused as soon as they are', async (t) => {
  const listening = await server(t, { maxRequestBytes: 20_000 })
  const client = await RawClient.open(t, listening.port)
  await client.write(head(chunked))
  await client.write(chunk(portrait.subarray(0, 10_000)))
  await client.write(chunk(portrait.subarray(10_000, 20_000)))
  const answer = await client.answer()
  t.equal(answer?.headers['connection'], 'close')
  t.ok(answer)
  if (answer !== undefined) {
    assertError(t, answer, { statusCode: 413, code: 'RequestEntityTooLarge', message: 'The maximum request length supported is 20000 bytes.' })
  }
  await client.write(lastChunk)
  client.socket.end()
  await assertUnharmed(t, listening)
})

t.test('chunks that fill the limit to the last byte are saved', async (t) => {
  const requestHead = head(chunked)
  const { port, saved } = await server(t, { maxRequestBytes: requestHead.length + portrait.length })
  const client = await RawClient.open(t, port)
  await client.write(requestHead)
  await client.write(chunk(portrait))
  await client.write(lastChunk)
  t.equal((await client.answer())?.statusCode, 200)
  t.equal(saved.length, 1)
})

for (const [name, sent] of [
  ['before the body', 0],
  ['after one byte', 1],
  ['in the middle', half],
  ['before the last byte', portrait.length - 1]
] as const) {
  for (const way of ['ends', 'resets']) {
    t.test(`a client that ${way} its connection ${name} saves nothing`, async (t) => {
      const listening = await server(t)
      const cut = portrait.subarray(0, sent)
      for (const [fields, body] of [
        [announced(portrait.length), cut],
        [chunked, sent === 0 ? cut : chunk(cut)],
        [chunked, chunk(portrait).subarray(0, sent)]
      ] as const) {
        const arrived = once(listening.app.server, 'request')
        const client = await RawClient.open(t, listening.port)
        await client.write(head(fields))
        await arrived
        if (body.length > 0) await client.write(body)
        if (way === 'ends') client.socket.end()
        else client.socket.resetAndDestroy()
        await client.closed()
      }
      await assertUnharmed(t, listening)
    })
  }
}

t.test('a body that is shorter than announced is waited for, and not saved', async (t) => {
  const listening = await server(t)
  const client = await RawClient.open(t, listening.port)
  await client.write(head(announced(portrait.length + 100)))
  await client.write(portrait)
  client.socket.end()
  await client.closed()
  await assertUnharmed(t, listening)
})

t.test('a body that is longer than announced is cut there, and what follows is not an upload', async (t) => {
  const listening = await server(t)
  const client = await RawClient.open(t, listening.port)
  await client.write(Buffer.concat([Buffer.from(head(announced(half))), portrait]))
  const answer = await client.answer()
  t.equal(answer?.statusCode, 400)
  await assertUnharmed(t, listening)
})

t.test('a hundred clients that vanish at once leave nothing behind', async (t) => {
  const listening = await server(t)
  const { sockets } = listening
  const upload = async (): Promise<RawClient> => {
    const client = await RawClient.open(t, listening.port)
    await client.write(head(announced(3_900_000)))
    await client.write(Buffer.alloc(500_000))
    return client
  }
  const vanish = async (): Promise<void> => {
    const clients = await Promise.all(Array.from({ length: 100 }, upload))
    const areThere = () => [...sockets].filter(({ bytesRead }) => bytesRead > 500_000).length === clients.length
    while (!areThere()) await new Promise((resolve) => { setImmediate(resolve) })
    for (const { socket } of clients) socket.resetAndDestroy()
    await Promise.all([...sockets].map(gone))
  }
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const taken = async (): Promise<number> => {
    // Buffers are let go in the turn after the one that found them.
    for (let i = 0; i < 3; i++) {
      collect()
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  await vanish()
  const before = await taken()
  await vanish()
  await vanish()
  const more = await taken() - before
  t.ok(more < 10_000_000, `${more} bytes more`)
  await assertUnharmed(t, listening)
})

const lengthField = `Content-Length: ${portrait.length}\r\n`

/** Node takes 16 KB of head, and shows no more than 2,000 headers. */
const floods: ReadonlyArray<readonly [name: string, flood: () => string, statusCode: number]> = [
  ['one header of 8 KB', () => head({ 'X-Long': 'x'.repeat(8000) }), 200],
  ['one header of 15 KB', () => head({ 'X-Long': 'x'.repeat(15_000) }), 200],
  ['one header of 17 KB', () => head({ 'X-Long': 'x'.repeat(17_000) }), 431],
  ['one header of 1 MB', () => head({ 'X-Long': 'x'.repeat(1_000_000) }), 431],
  ['a thousand headers', () => head(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`x-${i}`, 'x']))), 200],
  ['1,999 short headers', () => head(Object.fromEntries(Array.from({ length: 1990 }, (_, i) => [i.toString(36), '']))), 200],
  ['a hundred thousand headers', () => head(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`x-${i}`, 'x']))), 431],
  ['a path of 17 KB', () => head({}, `PUT /v1.0/users/${'x'.repeat(17_000)}/photo/$value HTTP/1.1`), 431],
  ['a query of 12 KB', () => head({}, `PUT /v1.0/me/photo/$value?${'x'.repeat(12_000)} HTTP/1.1`), 200]
]

for (const [name, flood, statusCode] of floods) {
  t.test(`${name}: ${statusCode}`, async (t) => {
    const { saved, logs, port } = await server(t)
    const client = await RawClient.open(t, port)
    const withLength = flood().replace('\r\n', `\r\n${lengthField}`)
    await client.write(withLength)
    await client.write(portrait)
    t.equal((await client.answer())?.statusCode, statusCode)
    t.equal(saved.length, statusCode === 200 ? 1 : 0)
    t.strictSame(errorsIn(logs), [])
  })
}

for (const tls of [false, true]) {
  t.test(`a token of 20 KB over ${tls ? 'https' : 'http'}: 431, and 200 where maxHeaderSize stands as the README says`, async (t) => {
    const readme = await readFile('README.md', 'utf8')
    t.match(readme, '`http: { maxHeaderSize: 65536 }` (over TLS inside `https`)')
    const large = token(claims({ groups: Array.from({ length: 390 }, () => tenantId) }))
    t.ok(large.length > 20_000 && large.length < 21_000)
    const { https, ...options }: FastifyServerOptions & { readonly https?: object } = await serverOptions({ tls })
    const wider = { maxHeaderSize: 65536 }
    // Fastify types its options by the kind of server.
    const withWider = { ...options, ...(tls ? { https: { ...https, ...wider } } : { http: wider }) } as FastifyServerOptions
    const without = { ...options, ...(tls && { https }) } as FastifyServerOptions
    for (const [server, statusCode] of [[without, 431], [withWider, 200]] as const) {
      const { app, saved } = await host(t, {}, server)
      const client = await RawClient.open(t, await listen(app), { tls })
      await client.write(head({ 'Content-Length': String(portrait.length), Authorization: `Bearer ${large}` }))
      await client.write(portrait)
      t.equal((await client.answer())?.statusCode, statusCode)
      t.equal(saved.length, statusCode === 200 ? 1 : 0)
    }
  })
}

t.test('headers count against the limit of the whole request', async (t) => {
  const fields: Fields = { ...announced(portrait.length), 'X-Long': 'x'.repeat(10_000) }
  const bytes = head(fields).length + portrait.length
  for (const [maxRequestBytes, statusCode] of [[bytes, 200], [bytes - 1, 413]] as const) {
    const { port, saved } = await server(t, { maxRequestBytes })
    const client = await RawClient.open(t, port)
    await client.write(head(fields))
    if (statusCode === 200) await client.write(portrait)
    t.equal((await client.answer())?.statusCode, statusCode)
    t.equal(saved.length, statusCode === 200 ? 1 : 0)
  }
})

t.test('a flood of trailers ends the connection', async (t) => {
  const listening = await server(t)
  const client = await RawClient.open(t, listening.port)
  await client.write(head(chunked))
  await client.write(chunk(portrait))
  await client.write(`0\r\n${'x: y\r\n'.repeat(10_000)}\r\n`)
  t.equal((await client.answer())?.statusCode, 431)
  await assertUnharmed(t, listening)
})

t.test('a flood of chunk extensions ends the connection', async (t) => {
  const listening = await server(t)
  const client = await RawClient.open(t, listening.port)
  await client.write(head(chunked))
  await client.write(`5;${'x'.repeat(20_000)}\r\nhello\r\n`)
  t.equal((await client.answer())?.statusCode, 400)
  await assertUnharmed(t, listening)
})
