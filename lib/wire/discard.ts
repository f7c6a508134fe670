import type { FastifyReply, FastifyRequest } from 'fastify'
import { arrivalOf } from './arrival.js'
import { announcedBytes } from './head.js'
import { carrierOf, type Carrier } from './lingering-close.js'
import { isHttp2, meterOf, type RawRequest } from './raw.js'
import { onClose } from './turn.js'
import type { Wire } from './wire.js'

/** Bounds of what is discarded. Times are in milliseconds. */
const bounds = {
  /** In limits of a whole request, as it comes over the wire. */
  limits: 16,
  /** What each event counts at least, in bytes: an event of one byte takes as long as one of a thousand. */
  event: 1024,
  time: 30_000,
  timeOnceClosing: 5_000,
  /** Without a byte of body. */
  idle: 5_000
}

/**
 * Discards a body that will not be read; called when the answer is about to be sent. A client that is still writing, or a proxy
 * in front, then reads the answer instead of a reset.
 *
 * If the announced length is within the limit and the body ends in time, the connection serves the next request; else the answer
 * says `Connection: close`, and the socket ends once the client ends it, or the bounds are reached.
 */
export function discardRest (request: FastifyRequest, reply: FastifyReply, wire: Wire): void {
  const raw: RawRequest = request.raw
  const isClosing = wire.closingSince !== undefined
  if (isHttp2(raw)) {
    // HTTP/2 has no such header, and Node warns about it.
    reply.removeHeader('connection')
    if (isClosing) raw.stream.session?.close()
  } else if (isClosing) reply.header('connection', 'close')
  if (raw.destroyed || raw.readableEnded || !hasBody(request)) return

  const announced = announcedBytes(request)
  const isReusable = announced !== undefined && announced <= wire.maxRequestBytes
  // Undefined where a host hook answers first.
  const arrival: ReturnType<typeof arrivalOf> | undefined = arrivalOf(request)
  const isOverdue = arrival?.isOverdue === true
  if (!isHttp2(raw) && (!isReusable || isOverdue)) reply.header('connection', 'close')
  if (isOverdue) return endOverdue(raw, reply)
  if (raw.complete && isReusable) return
  discard(raw, carrierOf(raw, reply), { wire, isReusable, since: arrival?.at ?? performance.now() })
}

/** The same for answers of a host's own scope, where other code may have begun to read the body. */
export function discardUnread (request: FastifyRequest, reply: FastifyReply, wire: Wire): void {
  if (request.raw.readableFlowing === null) discardRest(request, reply, wire)
}

function hasBody ({ raw, headers }: FastifyRequest): boolean {
  return isHttp2(raw) || headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/** Over HTTP/1 Node ends the connection. */
function endOverdue (raw: RawRequest, reply: FastifyReply): void {
  if (isHttp2(raw)) carrierOf(raw, reply).end()
}

interface Discarded {
  readonly wire: Wire
  /** Whether its announced length is within the limit, so that it may take as long as an accepted one. */
  readonly isReusable: boolean
  /** When the request arrived, as of `performance.now()`. */
  readonly since: number
}

function discard (raw: RawRequest, carrier: Carrier, { wire, isReusable, since }: Discarded): void {
  const start = performance.now()
  const most = bounds.limits * wire.maxRequestBytes
  const cameOverWire = meterOf(raw)
  let counted = 0
  let countedBefore = 0
  let movedAt = start

  function onData (chunk: Buffer): void {
    counted += Math.max(chunk.length, bounds.event)
    checkBytes()
  }

  function checkBytes (): void {
    if (counted > most || cameOverWire() > most) settle(false)
  }

  function onEnd (): void {
    // A stream ends by itself; to close it could overtake its answer.
    if (!carrier.isPipeline) return settle(true)
    // Node half-closes the connection after the answer; if it were destroyed, what the client still sends would reset it.
    if (isReusable) settle(wire.closingSince === undefined)
  }

  function onGone (): void {
    settle(true)
  }

  function look (now: number): void {
    if (counted !== countedBefore) movedAt = now
    countedBefore = counted
    if (now - movedAt >= bounds.idle || now >= deadline()) settle(false)
    else checkBytes()
  }

  function deadline (): number {
    if (isReusable) return since + wire.requestTimeout
    if (wire.closingSince === undefined) return start + bounds.time
    return Math.min(start + bounds.time, Math.max(start, wire.closingSince) + bounds.timeOnceClosing)
  }

  function settle (mayServeNext: boolean): void {
    endWatch()
    forget()
    raw.off('data', onData).off('end', onEnd)
    if (mayServeNext) return carrier.release()
    raw.pause()
    carrier.end()
  }

  const endWatch = wire.watch(look)
  // Node no longer signals a disconnect once the answer is sent.
  const forget = onClose(isHttp2(raw) ? raw.stream : raw.socket, onGone)
  raw.on('data', onData).on('end', onEnd)
  // A host hook may have piped or paused it.
  raw.unpipe()
  raw.resume()
}
