import { constants, type ServerHttp2Stream } from 'node:http2'
import { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import { isHttp2, type RawRequest } from './raw.js'

/** What carries a request whose body is discarded. */
export interface Carrier {
  /** Whether more than the body may be on its way, which the client must be let write: a pipeline of HTTP/1. */
  readonly isPipeline: boolean
  /** Release it if it may serve another request. */
  readonly release: () => void
  /** End it, once its answer is sent. */
  readonly end: () => void
}

/** What carries the request: a stream of HTTP/2 ends alone, and a request made by inject has no connection to end. */
export function carrierOf (raw: RawRequest, reply: FastifyReply): Carrier {
  if (isHttp2(raw)) return streamOf(raw.stream)
  return raw.socket instanceof Socket ? holdSocket(raw.socket, reply) : { isPipeline: false, release () {}, end () {} }
}

function streamOf (stream: ServerHttp2Stream): Carrier {
  const close = () => { stream.close(constants.NGHTTP2_NO_ERROR) }
  return {
    isPipeline: false,
    release () {},
    end () {
      if (stream.writableFinished) close()
      else stream.once('finish', close)
    }
  }
}

/** How many bodies each socket is held open for; pipelined requests can briefly overlap. */
const held = new WeakMap<Socket, number>()

/**
 * Keeps a socket from being destroyed while a body is discarded, by patching its `destroySoon`: after the last answer Node calls
 * that, and a client that is still writing loses the answer to a reset.
 *
 * "First, the server performs a half-close by closing only the write side of the read/write connection. The server then
 * continues to read from the connection" (RFC 9112, section 9.6).
 */
function holdSocket (socket: Socket, { raw: response }: FastifyReply): Carrier {
  const isFirst = !held.has(socket)
  const { destroySoon } = socket
  const bodies = () => held.get(socket) ?? 0
  held.set(socket, bodies() + 1)
  if (isFirst) {
    socket.destroySoon = () => { if (bodies() > 0) socket.end(); else destroySoon.call(socket) }
  }

  function release (): void {
    held.set(socket, bodies() - 1)
    // An answer was the connection's last while it was held.
    if (socket.writableEnded) socket.destroySoon()
  }

  function destroy (): void {
    held.set(socket, 0)
    socket.destroySoon()
  }

  return {
    isPipeline: true,
    release,
    end () {
      // If an answer before this one is the connection's last, this one is never sent, and Node ends the socket by itself.
      release()
      if (response.writableFinished) destroy()
      else response.once('finish', destroy)
    }
  }
}
