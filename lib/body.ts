import type { FastifyRequest, RequestPayload } from 'fastify'
import { refusal, type GraphError } from './answers.js'

/** Bytes of the request line and the headers, as they came over the wire in HTTP/1. */
function headBytes ({ raw, method, originalUrl }: FastifyRequest): number {
  const requestLine = `${method} ${originalUrl} HTTP/1.1\r\n`.length
  let headers = 0
  for (const nameOrValue of raw.rawHeaders) headers += nameOrValue.length + 2
  return requestLine + headers + '\r\n'.length
}

/** Whether a header was sent more than once; Node then shows the first one only. */
export function isRepeated ({ raw }: FastifyRequest, name: string): boolean {
  const { rawHeaders } = raw
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index]
    // Few names are as long, and only those need lower case.
    if (sent?.length === name.length && sent.toLowerCase() === name) count++
  }
  return count > 1
}

/** The announced length of the body in bytes, or `undefined` where none is announced. */
function contentLength ({ headers }: FastifyRequest): number | undefined {
  const announced = headers['content-length']
  return announced === undefined ? undefined : Number(announced)
}

/** The announced length of the whole request in bytes, head and body together, or `undefined` where none is announced. */
export function announcedBytes (request: FastifyRequest): number | undefined {
  const announced = contentLength(request)
  return announced === undefined ? undefined : headBytes(request) + announced
}

const MiB = 1024 * 1024

/** The refusal of a request that is longer than `maxRequestBytes`, head and body together. */
export function requestTooLarge (maxRequestBytes: number): GraphError {
  const limit = maxRequestBytes % MiB === 0 ? `${maxRequestBytes / MiB}MB` : `${maxRequestBytes} bytes`
  return refusal('requestTooLarge', [limit])
}

/** A chunk of one byte takes 400 bytes of memory, so small ones are joined as they come. A body of 4 MB in full chunks has 64. */
const mostChunks = 256

/** Called once, with the body or with the reason why there is none. */
export type BodyDone = (error: GraphError | null, body?: Buffer) => void

/** Reads the body, never past the limit for the whole request: else a 413, and a 400 where the client goes away or sends less than announced. */
export function readBody (request: FastifyRequest, payload: RequestPayload, maxRequestBytes: number, done: BodyDone): void {
  const limit = maxRequestBytes - headBytes(request)
  const chunks: Buffer[] = []
  let received = 0
  let length = 0
  let isSettled = false

  function onData (sent: unknown): void {
    if (isSettled) return
    // A payload that another hook put in place of the request's may carry text, or anything. An error thrown here would end the process.
    if (typeof sent !== 'string' && !(sent instanceof Uint8Array)) {
      return settle(refusal('internal', [], new TypeError('a hook of the host made the body something else than bytes')))
    }
    const chunk = Buffer.isBuffer(sent) ? sent : Buffer.from(sent)
    length += chunk.length
    chunks.push(chunk)
    if (++received % mostChunks === 0) chunks.push(Buffer.concat(chunks.splice(-mostChunks)))
    if (length > limit) settle(requestTooLarge(maxRequestBytes))
  }

  function onEnd (): void {
    if (isSettled) return
    // Another hook may have replaced the payload; then the announced length is not its own.
    const announced = payload === request.raw ? contentLength(request) : undefined
    if (announced !== undefined && announced !== length) return onCutOff()
    settle(null, joined(chunks, length))
  }

  function onCutOff (error?: Error): void {
    if (!isSettled) settle(refusal('bodyCutOff', [], error))
  }

  function settle (error: GraphError | null, body?: Buffer): void {
    // A flag, since to remove the listeners would take longer than to read a small body.
    isSettled = true
    // By now the array is old to the garbage collector: what it holds would live until the next full collection, even if it is dead.
    chunks.fill(nothing)
    done(error, body)
  }

  if (payload.destroyed || payload.readableEnded) return onCutOff()
  payload.on('data', onData).on('end', onEnd).on('error', onCutOff).on('close', onCutOff)
}

const nothing = Buffer.alloc(0)

/** A small body comes in one chunk. It is copied only where it would keep alive the memory that it shares with others. */
function joined (chunks: readonly Buffer[], length: number): Buffer {
  const [first] = chunks
  const isWhole = first !== undefined && first.length === length && first.length === first.buffer.byteLength
  return isWhole ? first : Buffer.concat(chunks, length)
}
