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
  // HTTP/2 has no such header; Node warns of it.
  if (isHttp2(raw)) reply.removeHeader('connection')
  if (raw.destroyed || raw.readableEnded || !hasBody(request)) return
  const announced = contentLength(request)
  const isReusable = announced !== undefined && announced + headBytes(request) <= maxRequestBytes
  if (!isHttp2(raw) && !isReusable) {
    reply.header('connection', 'close')
    ending.add(raw.socket)
  }
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
    // An earlier answer on the connection may have been its last; then this one never gets out.
    if (reply.raw.writableFinished || raw.socket.writableEnded) connection.end()
    else reply.raw.once('finish', connection.end)
  }

  const timer = setTimeout(settle, longestDiscard, false).unref()
  raw.on('data', onData).on('end', onEnd)
  // Once its answer is out, a request isn't told any more that the client has gone.
  carrier.on('close', onGone)
  // A hook of the host's may have piped it somewhere, or paused it.
  raw.unpipe()
  raw.resume()
}

function isHttp2 (raw: IncomingMessage | Http2ServerRequest): raw is Http2ServerRequest {
  return raw.httpVersionMajor === 2
}

function hasBody ({ raw, headers }: FastifyRequest): boolean {
  return isHttp2(raw) || headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

const ending = new WeakSet<object>()

/** Whether an earlier answer on the connection said that it ends: what was sent after that request must not be acted upon. */
export function isAfterLast ({ raw }: FastifyRequest): boolean {
  return ending.has(raw.socket)
}

/** What carries a request: it may be needed again, or it must end. */
interface Connection {
  readonly release: () => void
  readonly end: () => void
}

/** There is none where inject made the request. */
function streamOf (raw: IncomingMessage | Http2ServerRequest): Connection {
  return { release () {}, end () { if (isHttp2(raw)) raw.stream.close(constants.NGHTTP2_NO_ERROR) } }
}

/** How many bodies a socket is held open for; pipelined requests can overlap for a moment. */
const held = new WeakMap<Socket, number>()

/**
 * Once its last answer is out, Node destroys a socket (`destroySoon`), and a client that is still writing loses the answer to
 * a reset. Until the rest of the body has been seen to, ours is closed for writing only.
 */
function holdSocket (socket: Socket): Connection {
  const isFirst = !held.has(socket)
  const { destroySoon } = socket
  const bodies = () => held.get(socket) ?? 0
  held.set(socket, bodies() + 1)
  if (isFirst) {
    socket.destroySoon = () => { if (bodies() > 0) socket.end(); else destroySoon.call(socket) }
  }
  return {
    release () {
      held.set(socket, bodies() - 1)
      if (socket.writableEnded) socket.destroySoon()
    },
    end () {
      held.set(socket, 0)
      socket.destroySoon()
    }
  }
}
