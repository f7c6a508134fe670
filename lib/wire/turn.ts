import type { EventEmitter } from 'node:events'
import type { FastifyRequest } from 'fastify'
import type { Awaitable } from '../answers/index.js'
import { arrivalOf } from './arrival.js'
import { isHttp2, type RawRequest } from './raw.js'

/**
 * Waits until every earlier answer on the connection has been sent: on HTTP/1 only then does a response have its socket.
 * @returns whether that came to be; it does not if an earlier answer was the connection's last, or the client goes away
 */
export function untilTurn (request: FastifyRequest): Awaitable<boolean> {
  const raw: RawRequest = request.raw
  const response = arrivalOf(request).reply.raw
  if (isHttp2(raw) || response.socket !== null) return true
  if (raw.socket.destroyed) return false
  return new Promise((resolve) => {
    const forget = onClose(raw.socket, () => { resolve(false) })
    response.once('socket', () => {
      forget()
      resolve(true)
    })
  })
}

/** Whether an answer would still reach the connection: it is the request's turn, and the socket is neither ended nor destroyed. */
export function isAnswerable (request: FastifyRequest): boolean {
  const raw: RawRequest = request.raw
  return isHttp2(raw) ? !raw.stream.destroyed : arrivalOf(request).reply.raw.socket?.writable === true
}

const listeners = new WeakMap<EventEmitter, Set<() => void>>()

/** Calls back when the socket closes. One listener serves a whole pipeline, which Node would take for a leak at eleven. */
export function onClose (socket: EventEmitter, listener: () => void): () => void {
  const known = listeners.get(socket)
  const all = known ?? new Set()
  if (known === undefined) {
    listeners.set(socket, all)
    socket.once('close', () => { for (const listen of all) listen() })
  }
  all.add(listener)
  return () => { all.delete(listener) }
}
