import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { portrait } from '../fixtures/pictures.js'
import { withoutTap } from '../helpers/children.js'
import { chunk, head, lastChunk, RawClient } from '../helpers/wire.js'
import type { Report } from './load-server.js'

/** A server in a process of its own, so that its memory is its own. */
async function startServer (t: Test): Promise<{ port: number, report: () => Promise<Report> }> {
  const [execPath, execArgv] = withoutTap(process.execPath) // it would take memory too
  const child = fork(new URL('load-server.ts', import.meta.url), {
    execPath,
    execArgv: [...execArgv, '--import', fileURLToPath(new URL('../helpers/sources.mjs', import.meta.url))]
  })
  t.teardown(() => child.disconnect())
  const next = async (): Promise<Report> => (await once(child, 'message'))[0]
  const { port } = await next()
  const report = async () => {
    child.send('report')
    return next()
  }
  return { port, report }
}

/** A picture that no other upload has: what follows the end of a JPEG is let through, and stored. */
function pictureOf (bytes: number): Buffer {
  return Buffer.concat([portrait, randomBytes(bytes - portrait.length)])
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const delay = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms) })

interface Upload {
  readonly name: string
  readonly picture: Buffer
}

const uploads = (count: number, kind: string, bytes: number): Upload[] =>
  Array.from({ length: count }, (_, i) => ({ name: `${kind} ${i}`, picture: pictureOf(bytes) }))

const bytesOf = (all: readonly Upload[]) => all.reduce((bytes, { picture }) => bytes + picture.length, 0)

function promise (): { promise: Promise<void>, resolve: () => void } {
  let resolve = () => {}
  return { promise: new Promise<void>((_resolve) => { resolve = _resolve }), resolve: () => { resolve() } }
}

async function open (t: Test, port: number, { name, picture }: Upload): Promise<RawClient> {
  const client = await RawClient.open(t, port)
  await client.write(head({ 'Content-Length': String(picture.length), 'X-Upload': name }))
  return client
}

async function finish (client: RawClient): Promise<number | undefined> {
  const answer = await client.answer()
  client.socket.destroy()
  return answer?.statusCode
}

t.test('uploads that are large, slow and quick, all at once', async (t) => {
  const { port, report } = await startServer(t)
  const large = uploads(40, 'large', 3_900_000)
  const slow = uploads(150, 'slow', 64 * 1024)
  const quick = uploads(60, 'quick', 40_000)
  const before = await report()

  const isThere = promise()
  const mayEnd = promise()
  let written = 0
  const sendLarge = async (upload: Upload) => {
    const client = await open(t, port, upload)
    await client.write(upload.picture.subarray(0, -1))
    if (++written === large.length) isThere.resolve()
    await mayEnd.promise
    await client.write(upload.picture.subarray(-1))
    return finish(client)
  }
  /** Holds every large upload at its last byte until the server has read all of the others. */
  const holdLarge = async (): Promise<number> => {
    await isThere.promise
    for (;;) {
      const { received } = await report()
      if (received >= bytesOf(large)) {
        mayEnd.resolve()
        return received
      }
      await delay(100)
    }
  }
  const sendSlow = async (upload: Upload) => {
    const client = await open(t, port, upload)
    for (let sent = 0; sent < upload.picture.length; sent += 4096) {
      await delay(60)
      await client.write(upload.picture.subarray(sent, sent + 4096))
    }
    return finish(client)
  }
  const times: number[] = []
  const sendQuick = async (upload: Upload, i: number) => {
    await delay(i * 20)
    const start = performance.now()
    const client = await open(t, port, upload)
    await client.write(upload.picture)
    const status = await finish(client)
    times.push(performance.now() - start)
    return status
  }
  const [inFlight, ...statuses] = await Promise.all([
    holdLarge(), ...slow.map(sendSlow), ...large.map(sendLarge), ...quick.map(sendQuick)
  ])

  t.strictSame(statuses.filter((status) => status !== 200), [], 'all are answered')
  const all = [...large, ...slow, ...quick]
  const { saved, memory } = await report()
  const hashes = new Map(saved)
  t.equal(saved.length, all.length)
  t.strictSame(all.filter(({ name, picture }) => hashes.get(name) !== hashOf(picture)).map(({ name }) => name), [], 'every byte is right')

  times.sort((a, b) => a - b)
  const [median = 0, last = 0] = [times[30], times[59]]
  t.comment(`quick uploads took ${median.toFixed()} ms, the slowest ${last.toFixed()} ms`)
  t.ok(last < 15_000, `no quick upload starves: ${last} ms`)

  const multiple = (memory.peak - before.memory.resident) / inFlight
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed()} MB`
  t.comment(`idle ${megabytes(before.memory.resident)}, in flight ${megabytes(inFlight)}, peak ${megabytes(memory.peak)}: ${multiple.toFixed(2)} ×`)
  t.ok(multiple <= 2.2, `${multiple} × the bytes in flight`)
})

t.test('an upload in chunks of one byte takes memory for its bytes, not for its chunks', async (t) => {
  const { port, report } = await startServer(t)
  const before = await report()
  const bytes = Buffer.alloc(300_000, 'x')
  const client = await RawClient.open(t, port)
  await client.write(head({ 'Transfer-Encoding': 'chunked', 'X-Upload': 'crumbs' }))
  await client.write(chunk(portrait))
  await client.write('1\r\nx\r\n'.repeat(bytes.length))
  await client.write(lastChunk)
  t.equal(await finish(client), 200)
  const { saved, memory } = await report()
  t.strictSame(saved, [['crumbs', hashOf(Buffer.concat([portrait, bytes]))]])
  const taken = memory.peak - before.memory.resident
  t.comment(`${(taken / 1e6).toFixed()} MB`)
  t.ok(taken < 50_000_000, `${taken} bytes`)
})
