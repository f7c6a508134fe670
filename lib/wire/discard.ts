import { constants } from 'node:http2'
import { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { announcedBytes } from './head.js'
import { holdSocket, type Connection } from './lingering-close.js'
import { isHttp2, type RawRequest } from './turn.js'

/** How long to wait for the rest of a body, in milliseconds. */
const longestDiscard = 10_000

/**
 * Discards a body that nobody will read; called when the answer is about to be sent.
 *
 * A client that is still writing then reads the answer instead of a reset. At most twice the limit is discarded, for at most ten
 * seconds. If the announced length was within the limit and the body ends in time, the connection serves the next request.
 */
export function discardRest (request: FastifyRequest, reply: FastifyReply, maxRequestBytes: number): void {
  const raw: RawRequest = request.raw
  // HTTP/2 has no such header, and Node warns about it.
  if (isHttp2(raw)) reply.removeHeader('connection')
  if (raw.destroyed || raw.readableEnded || !hasBody(request)) return
  const announced = announcedBytes(request)
  const isReusable = announced !== undefined && announced <= maxRequestBytes
  if (!isHttp2(raw) && !isReusable) reply.header('connection', 'close')
  if (raw.complete) return

  const carrier = isHttp2(raw) ? raw.stream : raw.socket
  const connection = carrier instanceof Socket ? holdSocket(carrier) : streamOf(raw)
  let discarded = 0

  function onData (chunk: Buffer): void {
    discarded += chunk.length
    if (discarded > 2 * maxRequestBytes) settle(false)
  }

  function onEnd (): void {
    settle(isReusable)
  }

  function onGone (): void {
    settle(true)
  }

  function settle (mayStayOpen: boolean): void {
    clearTimeout(timer)
    raw.off('data', onData).off('end', onEnd)
    carrier.off('close', onGone)
    if (mayStayOpen) return connection.release()
    raw.pause()
    // If an earlier answer on the connection was its last, this one is never sent.
    if (reply.raw.writableFinished || raw.socket.writableEnded) connection.end()
    else reply.raw.once('finish', connection.end)
  }

  const timer = setTimeout(settle, longestDiscard, false).unref()
  raw.on('data', onData).on('end', onEnd)
  // Once its answer is sent, a request is no longer told that the client has gone.
  carrier.on('close', onGone)
  // A host hook may have piped or paused it.
  raw.unpipe()
  raw.resume()
}

function hasBody ({ raw, headers }: FastifyRequest): boolean {
  return isHttp2(raw) || headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/** An HTTP/2 stream ends alone. A request made by inject has no connection to end. */
function streamOf (raw: RawRequest): Connection {
  return { release () {}, end () { if (isHttp2(raw)) raw.stream.close(constants.NGHTTP2_NO_ERROR) } }
}
