import type { FastifyRequest, RequestPayload } from 'fastify'
import { refuse, type Refusal } from '../answers/index.js'
import { arrivalOf } from './arrival.js'
import { contentLength, tooLarge } from './head.js'
import { meterOf } from './raw.js'

/** A chunk of one byte takes 400 bytes of memory, so small ones are joined as they come. A body of 4 MB in full chunks has 64. */
const mostChunks = 256

/** What chunk framing may take beside twice the limit. */
const framing = 64 * 1024

/** What a chunk counts at least, in bytes on the wire: Node spends 2 µs on each, however short it is. */
const leastChunk = 12

/** Called once, with a body or why there is none. No promise: the two for each body took 2 µs of a request. */
export type BodyDone = (outcome: Buffer | Refusal) => void

/**
 * Reads a body of at most `most` bytes: else a 413, as where its chunks' framing is longer than itself; a 408 where it is not
 * whole in time, and a 400 where the client goes away or sends less than announced.
 */
export function read (request: FastifyRequest, payload: RequestPayload, most: number, done: BodyDone): void {
  const { raw } = request
  const arrival = arrivalOf(request)
  const { maxRequestBytes, requestTimeout, watch } = arrival.wire
  const cameOverWire = raw.headers['transfer-encoding'] === undefined ? undefined : meterOf(raw)
  const chunks: Buffer[] = []
  let received = 0
  let length = 0
  let isSettled = false
  let endWatch = () => {}

  function onData (sent: unknown): void {
    if (isSettled) return
    // A payload that another hook put in place of the request's may carry anything. An error thrown here would end the process.
    if (typeof sent !== 'string' && !(sent instanceof Uint8Array)) return settle(notBytes())
    const chunk = Buffer.isBuffer(sent) ? sent : Buffer.from(sent)
    length += chunk.length
    chunks.push(chunk)
    if (length > most) return settle(tooLarge(maxRequestBytes))
    if (++received % mostChunks === 0) {
      chunks.push(Buffer.concat(chunks.splice(-mostChunks)))
      checkFraming()
    }
  }

  function onEnd (): void {
    if (isSettled) return
    // Another hook may have replaced the payload; then the announced length is not its own.
    const announced = payload === raw ? contentLength(request) : undefined
    if (announced !== undefined && announced !== length) return onCutOff()
    settle(isFramedTooLong() ? tooLarge(maxRequestBytes) : joined(chunks, length))
  }

  function onCutOff (error?: Error): void {
    // A stream closes after its end, too.
    if (isSettled) return
    settle(refuse('bodyCutOff', {}, { cause: error }))
  }

  function look (now: number): void {
    if (now - arrival.at < requestTimeout) return checkFraming()
    arrival.isOverdue = true
    settle(refuse('bodyOverdue', { seconds: requestTimeout / 1000 }))
  }

  /** Not by the payload's events alone: zeros before a chunk's size give none. */
  function checkFraming (): void {
    if (isFramedTooLong()) settle(tooLarge(maxRequestBytes))
  }

  function isFramedTooLong (): boolean {
    if (cameOverWire === undefined) return false
    return Math.max(cameOverWire(), received * leastChunk) > 2 * maxRequestBytes + framing
  }

  function settle (outcome: Buffer | Refusal): void {
    // A flag, since to remove the listeners takes longer than to read a small body.
    isSettled = true
    // The listeners keep the array, and it must not keep the chunks.
    chunks.length = 0
    endWatch()
    done(outcome)
  }

  if (payload.readableEnded) return onEnd()
  if (payload.destroyed) return onCutOff()
  if (payload !== raw || !raw.complete) endWatch = watch(look)
  payload.on('data', onData).on('end', onEnd).on('error', onCutOff).on('close', onCutOff)
  if (payload.isPaused()) payload.resume()
}

function notBytes (): Refusal {
  return refuse('bodyNotBytes', {}, { cause: new TypeError('a preParsing hook replaced the body with something other than bytes') })
}

/** A small body comes in one chunk. It is copied only where it would keep alive the memory that it shares with others. */
function joined (chunks: readonly Buffer[], length: number): Buffer {
  const [first] = chunks
  const isWhole = first !== undefined && first.length === length && first.length === first.buffer.byteLength
  return isWhole ? first : Buffer.concat(chunks, length)
}
