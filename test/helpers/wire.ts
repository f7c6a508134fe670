import { EventEmitter, once } from 'node:events'
import { Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { Agent as TlsAgent, request as httpsRequest } from 'node:https'
import { connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { generate } from 'selfsigned'
import type { Test } from 'tap'
import { graphServerOptions } from '../../lib/index.js'
import { token } from './tokens.js'

export const ownPhoto = '/v1.0/me/photo/$value'

export interface Listening {
  readonly server: Server
  readonly listen: (options: { readonly port: number, readonly host: string }) => PromiseLike<unknown>
}

/** Listens on a free port, and says which. Whoever made the server closes it. */
export async function listen (app: Listening): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return portOf(app.server)
}

/** The port of a server that listens on one, rather than on a pipe. */
export function portOf (server: Server): number {
  return (server.address() as AddressInfo).port
}

/** Options of a server that speaks TLS or HTTP/2, or both. Fastify types its options by the kind of server; the tests don't care. */
export async function serverOptions (kind: { tls?: boolean, http2?: boolean }): Promise<FastifyServerOptions> {
  const { private: key, cert } = kind.tls === true ? await generate([{ name: 'commonName', value: 'localhost' }]) : {}
  return {
    ...graphServerOptions,
    ...(kind.tls === true && { https: { key, cert } }),
    ...(kind.http2 === true && { http2: true })
  } as FastifyServerOptions
}

export type Fields = Readonly<Record<string, string | undefined>>

/** The head of an upload of one's own photo; `undefined` removes a header. */
export function head (fields: Fields = {}, requestLine = `PUT ${ownPhoto} HTTP/1.1`): string {
  const all: Fields = { Host: 'localhost', Authorization: `Bearer ${token()}`, 'Content-Type': 'image/jpeg', ...fields }
  const lines = Object.entries(all).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${requestLine}\r\n${lines.join('')}\r\n`
}

export function chunk (bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

export const lastChunk = '0\r\n\r\n'

export interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A client that writes what it is told and reads what comes. */
export class RawClient {
  readonly socket: Socket
  readonly #received = new EventEmitter()
  #unread = Buffer.alloc(0)
  #hasEnded = false

  private constructor (socket: Socket) {
    this.socket = socket.setNoDelay()
    socket.on('data', (bytes: Buffer) => {
      this.#unread = Buffer.concat([this.#unread, bytes])
      this.#received.emit('change')
    })
    // A reset ends the connection as well; what counts is what was read before.
    socket.on('error', () => {})
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#hasEnded = true
        this.#received.emit('change')
      })
    }
  }

  static async open (t: Test, port: number, options: { tls?: boolean } = {}): Promise<RawClient> {
    const address = { port, host: '127.0.0.1', allowHalfOpen: true }
    const socket = options.tls === true ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address)
    t.teardown(() => socket.destroy())
    const client = new RawClient(socket)
    await once(socket, options.tls === true ? 'secureConnect' : 'connect')
    return client
  }

  /** Writes, and waits until the bytes have left the process. */
  async write (bytes: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => { this.socket.write(bytes, () => resolve()) })
  }

  /** The next answer, or `undefined` where the connection ends without one. */
  async answer (): Promise<Answer | undefined> {
    for (;;) {
      const answer = this.#take()
      if (answer !== undefined || this.#hasEnded) return answer
      await once(this.#received, 'change')
    }
  }

  get hasEnded (): boolean {
    return this.#hasEnded
  }

  /** Settles once the server has ended the connection, for both directions. */
  async closed (): Promise<void> {
    if (!this.socket.closed) await once(this.socket, 'close')
  }

  /** Writes again and again until the server ends the connection. */
  async writeUntilClosed (bytes: Uint8Array): Promise<void> {
    while (!this.socket.destroyed) {
      await new Promise<void>((resolve) => { this.socket.write(bytes, () => resolve()) })
    }
  }

  #take (): Answer | undefined {
    const end = this.#unread.indexOf('\r\n\r\n')
    if (end === -1) return undefined
    const [statusLine = '', ...lines] = this.#unread.toString('latin1', 0, end).split('\r\n')
    const headers = Object.fromEntries(lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }))
    const start = end + 4
    const length = Number(headers['content-length'] ?? 0)
    if (this.#unread.length < start + length) return undefined
    const body = this.#unread.toString('utf8', start, start + length)
    this.#unread = this.#unread.subarray(start + length)
    return { statusCode: Number(statusLine.split(' ')[1]), headers, body }
  }
}

/** The sockets that a server holds, as they are accepted. */
export function accepted (app: FastifyInstance, kind: { tls?: boolean } = {}): Socket[] {
  const sockets: Socket[] = []
  app.server.on(kind.tls === true ? 'secureConnection' : 'connection', (socket: Socket) => { sockets.push(socket) })
  return sockets
}

export async function gone (socket: Socket | undefined): Promise<void> {
  if (socket === undefined || socket.closed) return
  await new Promise<void>((resolve) => { socket.once('close', () => resolve()) })
}

export interface Sent {
  readonly method?: string
  /** The request target, as it is; `fetch` and `inject` would tidy it up. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string | number>>
  readonly body?: Uint8Array
}

export interface Received {
  readonly statusCode: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly body: string
}

/** Sends requests over connections that are kept until the test ends. */
export function sender (t: Test, port: number, { tls = false } = {}): (sent: Sent) => Promise<Received> {
  const kept = { keepAlive: true, maxSockets: 1 }
  const [agent, send] = tls ? [new TlsAgent({ ...kept, rejectUnauthorized: false }), httpsRequest] : [new Agent(kept), httpRequest]
  t.teardown(() => { agent.destroy() })
  return async ({ method = 'PUT', path, headers, body }) => {
    const length = body && { 'content-length': body.length }
    const request = send({ host: '127.0.0.1', port, agent, method, path, headers: { ...length, ...headers } }).end(body)
    const [response]: [IncomingMessage] = await once(request, 'response') as [IncomingMessage]
    const bytes = await buffer(response)
    return { statusCode: response.statusCode ?? 0, headers: response.headers, bytes, body: bytes.toString() }
  }
}

export async function openHttp2 (t: Test, port: number, { tls = false }: { tls?: boolean } = {}): Promise<ClientHttp2Session> {
  // By default Node's client takes no answer while it has more than 10 MB to send.
  const options = { rejectUnauthorized: false, maxSessionMemory: 100 }
  const session = connectHttp2(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`, options)
  t.teardown(() => session.destroy())
  await once(session, 'connect')
  return session
}

/** Begins an upload of one's own photo over HTTP/2; `undefined` removes a header. */
export function uploadHttp2 (session: ClientHttp2Session, fields: Fields = {}, path = ownPhoto): ClientHttp2Stream {
  const all: Fields = { Authorization: `Bearer ${token()}`, 'Content-Type': 'image/jpeg', ...fields }
  const sent = Object.entries(all).filter(([, value]) => value !== undefined)
  return session.request({ ':method': 'PUT', ':path': path, ...Object.fromEntries(sent) })
}

export async function statusOf (stream: ClientHttp2Stream): Promise<unknown> {
  const [headers] = await once(stream, 'response')
  return headers[':status']
}

/** Heads of uploads that are refused, by whichever announcement of a body. */
export const stalled: readonly Fields[] = [
  { 'Content-Length': '1000', Authorization: undefined },
  { 'Content-Length': '1000', Authorization: undefined, Connection: 'close' },
  { 'Content-Length': String(4 * 1024 ** 3), Authorization: undefined },
  { 'Content-Length': String(4 * 1024 ** 3) },
  { 'Transfer-Encoding': 'chunked', Authorization: undefined }
]

/** One byte of a body, by whichever framing. */
export const oneByte = (fields: Fields) => fields['Transfer-Encoding'] === undefined ? 'x' : '1\r\nx\r\n'
