import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { connect, send } from './client.js'
import { hs256, photo, put } from './requests.js'
import { start, type ServerProcess } from './server-process.js'
import { quantile } from './statistics.js'
import { printTable } from './tables.js'
import { worstPictures } from './worst-pictures.js'

const MB = 1_000_000

/** Half open: what is measured is the server's patience, not the client's. */
async function open (port: number): Promise<Socket> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  socket.on('error', () => {}).resume()
  await once(socket, 'connect')
  return socket
}

/** Writes the same again and again until the server ends the connection, or so many bytes are written. */
async function pour (socket: Socket, bytes: Buffer, most = Infinity): Promise<number> {
  let written = 0
  while (!socket.destroyed && written < most) {
    written += bytes.length
    await new Promise<void>((resolve) => { socket.write(bytes, () => { resolve() }) })
  }
  return written
}

async function withServer<T> (use: (server: ServerProcess) => Promise<T>): Promise<T> {
  const server = await start('plugin', [])
  try {
    // The first request loads and compiles.
    await send(await connect(server.port, 1), { request: put(photo(9000), { token: hs256 }), status: 200 }, 300)
    return await use(server)
  } finally {
    await server.stop()
  }
}

const head = (fields: Readonly<Record<string, string>>) =>
  Buffer.from(`PUT /v1.0/me/photo/$value HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n${
    Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
const authorization = { Authorization: `Bearer ${hs256}` }
const chunked = { 'Transfer-Encoding': 'chunked' }

const large = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536), Buffer.from('\r\n')])
const shapes: ReadonlyArray<readonly [name: string, bytes: Buffer]> = [
  ['chunks of 64 KiB', large],
  ['chunks of one byte', Buffer.from('1\r\nx\r\n'.repeat(10_000))],
  ['chunks of one byte, 16,000 bytes of extensions each', Buffer.from(`1;${'x'.repeat(16_000)}\r\nx\r\n`.repeat(10))],
  ["zeros before a chunk's size", Buffer.alloc(65_536, '0')]
]

/** CPU of the server, in milliseconds, for a body without an end. */
async function costOf (fields: Readonly<Record<string, string>>, bytes: Buffer): Promise<readonly string[]> {
  return await withServer(async (server) => {
    const before = await server.cost()
    const socket = await open(server.port)
    socket.write(head({ ...chunked, ...fields }))
    const written = await pour(socket, bytes)
    socket.destroy()
    const { cpu } = await server.cost()
    return [(written / MB).toFixed(0), ((cpu - before.cpu) / 1000).toFixed(0)]
  })
}

async function aGigabyte (): Promise<readonly string[]> {
  return await withServer(async (server) => {
    const before = await server.cost()
    const body = Buffer.alloc(50 * MB)
    for (let i = 0; i < 20; i++) {
      const socket = await open(server.port)
      socket.write(head({ 'Content-Length': String(body.length) }))
      await pour(socket, body, body.length)
      if (!socket.readableEnded) await once(socket, 'end')
      socket.destroy()
    }
    const after = await server.cost()
    return [((after.cpu - before.cpu) / 1000).toFixed(0), (after.peakRss - before.peakRss).toFixed(0)]
  })
}

async function idleConnections (count: number): Promise<readonly string[]> {
  return await withServer(async (server) => {
    const before = await server.cost()
    const sockets = await Promise.all(Array.from({ length: count }, async () => await open(server.port)))
    const closed = sockets.map(async (socket) => {
      await once(socket, 'end')
      socket.destroy()
    })
    const begin = performance.now()
    for (const socket of sockets) socket.write(head({ 'Content-Length': '3900000' }))
    await Promise.all(closed)
    const after = await server.cost()
    const seconds = (performance.now() - begin) / 1000
    return [((after.cpu - before.cpu) / 1000).toFixed(0), (after.peakRss - before.peakRss).toFixed(0), seconds.toFixed(1)]
  })
}

/** How long another client's 9 KB wait while sixteen clients send the same picture at once, five times over, in milliseconds. */
async function waitBeside (picture: Buffer, status: number): Promise<readonly string[]> {
  return await withServer(async (server) => {
    const [heavy, light] = [await connect(server.port, 16), await connect(server.port, 1)]
    const waits: number[] = []
    for (let burst = 0; burst < 5; burst++) {
      const progress = { isOver: false }
      const others = send(heavy, { request: put(picture, { token: hs256 }), status }, 0).finally(() => { progress.isOver = true })
      while (!progress.isOver) waits.push(...await send(light, { request: put(photo(9000), { token: hs256 }), status: 200 }, 0))
      await others
    }
    return [quantile(waits, 0.5).toFixed(1), quantile(waits, 0.99).toFixed(1)]
  })
}

const bodies: Array<readonly string[]> = []
for (const [name, bytes] of shapes) {
  bodies.push([name, 'refused (401)', ...await costOf({}, bytes)])
  bodies.push([name, 'admitted', ...await costOf(authorization, bytes)])
}
printTable('Bodies without an end', ['body', 'request', 'MB written', 'CPU ms'], bodies)
printTable('Refused uploads', ['what', 'CPU ms', 'MB more at the peak', 's'], [
  ['a gigabyte discarded, 50 MB a connection', ...await aGigabyte(), ''],
  ['500 connections that announce 3.9 MB and send nothing', ...await idleConnections(500)]
])
const waits: Array<readonly string[]> = [['photo of 3.9 MB', ...await waitBeside(photo(3_900_000), 200)]]
for (const [name, picture] of Object.entries(worstPictures)) {
  // Others are told from their first bytes: the server takes JPEG only. The head belongs to the limit.
  if (picture.readUInt16BE(0) !== 0xffd8) continue
  waits.push([name, ...await waitBeside(picture.subarray(0, -2048), 400)])
}
printTable("Another client's 9 KB while sixteen send", ['what sixteen send', 'median ms', 'p99 ms'], waits)
