import type { FastifyRequest, RequestPayload } from 'fastify'
import { andThen, refuse, whenSettled, type Awaitable, type Refusal } from '../answers/index.js'
import { arrivalOf } from './arrival.js'
import { decoded } from './gunzip.js'
import { contentLength, headBytes, tooLarge } from './head.js'
import { untilTurn } from './turn.js'

/** A chunk of one byte takes 400 bytes of memory, so small ones are joined as they come. A body of 4 MB in full chunks has 64. */
const mostChunks = 256

/** Receives a body on its turn, so that a pipeline of photos holds one of them in memory. */
export function receiveBody (request: FastifyRequest, payload: RequestPayload, maxRequestBytes: number): Awaitable<Buffer | Refusal> {
  const turn = untilTurn(request)
  if (turn !== true) hold(payload)
  return whenSettled(turn, (hasCome) => {
    if (!hasCome) return refuse('bodyCutOff')
    const body = readBody(request, payload, maxRequestBytes)
    if (!arrivalOf(request).isGzip) return body
    const most = maxRequestBytes - headBytes(request)
    return andThen(body, (bytes) => decoded(bytes, most, () => tooLarge(maxRequestBytes)))
  })
}

/** Keeps back a body that a host hook listens to already: what flows before it is read would be lost. */
export function hold (payload: RequestPayload): void {
  if (payload.readableFlowing === true) payload.pause()
}

/**
 * Reads the body, never past the limit for the whole request: else a 413, and a 400 where the client goes away or sends less
 * than announced.
 */
function readBody (request: FastifyRequest, payload: RequestPayload, maxRequestBytes: number): Promise<Buffer | Refusal> {
  const limit = maxRequestBytes - headBytes(request)
  const chunks: Buffer[] = []
  let received = 0
  let length = 0
  let isSettled = false

  return new Promise((resolve) => {
    function onData (sent: unknown): void {
      if (isSettled) return
      // A payload that another hook put in place of the request's may carry anything. An error thrown here would end the process.
      if (typeof sent !== 'string' && !(sent instanceof Uint8Array)) return settle(notBytes())
      const chunk = Buffer.isBuffer(sent) ? sent : Buffer.from(sent)
      length += chunk.length
      chunks.push(chunk)
      if (++received % mostChunks === 0) chunks.push(Buffer.concat(chunks.splice(-mostChunks)))
      if (length > limit) settle(tooLarge(maxRequestBytes))
    }

    function onEnd (): void {
      if (isSettled) return
      // Another hook may have replaced the payload; then the announced length is not its own.
      const announced = payload === request.raw ? contentLength(request) : undefined
      if (announced !== undefined && announced !== length) return onCutOff()
      settle(joined(chunks, length))
    }

    function onCutOff (error?: Error): void {
      if (!isSettled) settle(refuse('bodyCutOff', {}, { cause: error }))
    }

    function settle (outcome: Buffer | Refusal): void {
      // A flag, since to remove the listeners takes longer than to read a small body.
      isSettled = true
      // The listeners keep the array, and it must not keep the chunks.
      chunks.length = 0
      resolve(outcome)
    }

    if (payload.destroyed || payload.readableEnded) return onCutOff()
    payload.on('data', onData).on('end', onEnd).on('error', onCutOff).on('close', onCutOff)
    if (payload.isPaused()) payload.resume()
  })
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
