import type { IncomingMessage } from 'node:http'
import { constants, type Http2ServerRequest } from 'node:http2'
import { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { contentLength, headBytes } from './body.js'

/** How long, in milliseconds, the rest of a body is waited for. */
const longestDiscard = 10_000

/**
 * Sees to a body that nobody will read, when its answer is about to be sent.
 *
 * It is discarded, so that a client that is still writing reads the answer instead of a reset; but no more than twice the limit,
 * and for ten seconds at most. If it was announced within the limit and ends in time, the connection serves the next request.
 */
export function discardRest (request: FastifyRequest, reply: FastifyReply, maxRequestBytes: number): void {
  const raw: IncomingMessage | Http2ServerRequest = request.raw
  if (raw.complete || raw.readableEnded || !hasBody(request)) return
  const announced = contentLength(request)
  const isReusable = announced !== undefined && announced + headBytes(request) <= maxRequestBytes
  // HTTP/2 has no such header; Node warns of it.
  if (isHttp2(raw)) reply.removeHeader('connection')
  else if (!isReusable) reply.header('connection', 'close')

  const connection = isHttp2(raw) ? streamOf(raw) : holdSocket(raw.socket)
  let discarded = 0

  function onData (chunk: Buffer): void {
    discarded += chunk.length
    if (discarded > 2 * maxRequestBytes) settle(false)
  }

  function onEnd (): void {
    settle(isReusable)
  }

  function settle (mayStayOpen: boolean): void {
    clearTimeout(timer)
    raw.off('data', onData).off('end', onEnd).off('close', onEnd)
    if (mayStayOpen) connection.release()
    else afterAnswer(reply, connection.end)
  }

  const timer = setTimeout(settle, longestDiscard, false).unref()
  raw.on('data', onData).on('end', onEnd).on('close', onEnd)
}

function isHttp2 (raw: IncomingMessage | Http2ServerRequest): raw is Http2ServerRequest {
  return raw.httpVersionMajor === 2
}

function hasBody ({ raw, headers }: FastifyRequest): boolean {
  return isHttp2(raw) || headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function afterAnswer ({ raw }: FastifyReply, action: () => void): void {
  if (raw.writableFinished || raw.destroyed) action()
  else raw.once('finish', action)
}

/** What carries a request: it may be needed again, or it must end. */
interface Connection {
  readonly release: () => void
  readonly end: () => void
}

function streamOf ({ stream }: Http2ServerRequest): Connection {
  return { release () {}, end: () => stream.close(constants.NGHTTP2_NO_ERROR) }
}

/**
 * Once its last answer is out, Node destroys a socket (`destroySoon`), and a client that is still writing loses the answer to
 * a reset. Until the rest of the body has been seen to, ours is closed for writing only.
 */
function holdSocket (socket: Socket): Connection {
  // inject brings no socket.
  if (!(socket instanceof Socket)) return { release () {}, end () {} }
  const destroySoon = socket.destroySoon.bind(socket)
  socket.destroySoon = () => { socket.end() }
  return {
    release () {
      socket.destroySoon = destroySoon
      if (socket.writableEnded) destroySoon()
    },
    end: destroySoon
  }
}
