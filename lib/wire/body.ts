import { Readable } from 'node:stream'
import type { FastifyRequest, RequestPayload } from 'fastify'
import { andThen, refuse, whenSettled, type Refusal } from '../answers/index.js'
import { arrivalOf } from './arrival.js'
import { decoded } from './gunzip.js'
import { headBytes, tooLarge } from './head.js'
import { read, type BodyDone } from './read.js'
import { untilTurn } from './turn.js'

/** Receives a body on its turn, so that a pipeline of photos holds one of them in memory. */
export function receiveBody (request: FastifyRequest, payload: RequestPayload, done: BodyDone): void {
  const turn = untilTurn(request)
  if (turn !== true) hold(payload)
  whenSettled(turn, (hasCome) => {
    if (hasCome) receive(request, payload, done)
    else done(refuse('bodyCutOff'))
  })
}

/** Keeps back a body that a host hook listens to already: what flows before it is read would be lost. */
export function hold (payload: RequestPayload): void {
  if (payload.readableFlowing === true) payload.pause()
}

function receive (request: FastifyRequest, payload: RequestPayload, done: BodyDone): void {
  const { isGzip, wire: { maxRequestBytes } } = arrivalOf(request)
  const most = maxRequestBytes - headBytes(request)
  const decode = (sent: Buffer | Refusal) => {
    whenSettled(andThen(sent, (bytes) => decoded(bytes, most, () => tooLarge(maxRequestBytes))), done)
  }
  const next = isGzip ? decode : done
  if (wasRead(payload)) next(readBefore(request, most))
  else read(request, payload, most, next)
}

/** A body that the client broke off counts as disturbed too. */
function wasRead (payload: RequestPayload): boolean {
  return Readable.isDisturbed(payload as Readable) && (payload.readableEnded === true || !payload.destroyed)
}

/** What stands in front of the plugin has read the body, as Cloud Functions and body parsers of Express do. */
function readBefore (request: FastifyRequest, most: number): Buffer | Refusal {
  const { rawBody, body } = request.raw as { readonly rawBody?: unknown, readonly body?: unknown }
  const bytes = [rawBody, body].find(Buffer.isBuffer)
  if (bytes === undefined) return refuse('bodyReadBefore', {}, { cause: new Error('the body was read before the plugin could read it') })
  return bytes.length > most ? tooLarge(arrivalOf(request).wire.maxRequestBytes) : bytes
}
