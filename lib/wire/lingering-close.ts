import type { Socket } from 'node:net'

/** What carries a request. Release it if it may serve another, else end it. */
export interface Connection {
  readonly release: () => void
  readonly end: () => void
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
export function holdSocket (socket: Socket): Connection {
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
