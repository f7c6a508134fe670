// How long uploads take over HTTP/2 with Node's windows and with the recipe's, 5 ms away each way: npm run bench:windows
import { once } from 'node:events'
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { Agent, request } from 'node:https'
import { connect, createServer, type AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { graphPhoto } from '../../lib/index.js'
import { jwt, token } from '../helpers/tokens.js'
import { listen, ownPhoto, serverOptions } from '../helpers/wire.js'
import { settings, widenWindows } from '../recipes/http2.js'
import { photo } from './requests.js'
import { summarize } from './statistics.js'
import { printTable, show } from './tables.js'

const delay = 5
const rounds = 5
const body = photo(3_900_000)
const accepted = { authorization: `Bearer ${token()}` }

async function serve (kind: { http2: boolean, isWide: boolean }): Promise<number> {
  const options = await serverOptions({ tls: true, http2: kind.http2 })
  if (kind.isWide) Object.assign(Reflect.get(options, 'https'), { settings })
  const app = Fastify(options)
  if (kind.isWide) widenWindows(app.server)
  await app.register(graphPhoto, { prefix: '/v1.0', jwt, savePhoto () {} })
  return await relay(await listen(app))
}

/** Passes everything on, later: the round trip is what a window waits for. */
async function relay (port: number): Promise<number> {
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
    for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
      from.on('data', (bytes) => { setTimeout(() => to.write(bytes), delay) }).on('end', () => { setTimeout(() => to.end(), delay) })
      // 'close' follows, and says enough.
      from.on('error', () => {})
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Milliseconds until the answer is read, and until the whole request is over. */
type Times = readonly [answered: number, over: number]
type Upload = (headers: Readonly<Record<string, string>>) => Promise<Times>

async function overHttp1 (): Promise<Upload> {
  const port = await serve({ http2: false, isWide: false })
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
  return async (headers) => {
    const start = performance.now()
    const all = { ...headers, 'content-type': 'image/jpeg', 'content-length': body.length }
    const sent = request({ port, host: '127.0.0.1', agent, method: 'PUT', path: ownPhoto, headers: all })
    const finished = once(sent.end(body), 'finish')
    const [response] = await once(sent, 'response')
    const answered = performance.now() - start
    response.resume()
    await finished
    return [answered, performance.now() - start]
  }
}

async function overHttp2 (isWide: boolean): Promise<Upload> {
  const port = await serve({ http2: true, isWide })
  const session: ClientHttp2Session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
  await once(session, 'remoteSettings')
  return async (headers) => {
    const start = performance.now()
    const stream = session.request({ ':method': 'PUT', ':path': ownPhoto, 'content-type': 'image/jpeg', ...headers })
    stream.end(body)
    await once(stream, 'response')
    const answered = performance.now() - start
    stream.resume()
    await once(stream, 'close')
    return [answered, performance.now() - start]
  }
}

async function measure (upload: Upload, headers: Readonly<Record<string, string>>): Promise<readonly Times[]> {
  await upload(headers)
  const all: Times[] = []
  for (let round = 0; round < rounds; round++) all.push(await upload(headers))
  return all
}

const rows = []
for (const [name, open] of [
  ['HTTP/1.1', overHttp1], ["HTTP/2, Node's windows", () => overHttp2(false)], ["HTTP/2, the recipe's windows", () => overHttp2(true)]
] as const) {
  const upload = await open()
  const saved = await measure(upload, accepted)
  const refused = await measure(upload, {})
  const ms = (times: readonly Times[], which: 0 | 1) => show(summarize(times.map((time) => time[which])))
  rows.push([name, ms(saved, 0), ms(refused, 0), ms(refused, 1)])
}
const title = `3.9 MB, ${2 * delay} ms a round trip: median (min–max) of ${rounds} uploads`
printTable(title, ['wire', 'accepted ms', '401 read ms', '401 over ms'], rows)
process.exit()
