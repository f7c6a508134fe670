import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Awaitable } from '../answers/index.js'
import { arrivalOf } from './arrival.js'

/** Fastify's types know HTTP/1 only; the same routes are served over HTTP/2. */
export type RawRequest = IncomingMessage | Http2ServerRequest

/** Whether a request came over HTTP/2, whose connection carries others at the same time. */
export function isHttp2 (raw: RawRequest): raw is Http2ServerRequest {
  return raw.httpVersionMajor === 2
}

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

/** Whether an answer would still reach the connection: it is the request's turn, and nobody has ended or destroyed the socket. */
export function isAnswerable (request: FastifyRequest): boolean {
  const raw: RawRequest = request.raw
  return isHttp2(raw) ? !raw.stream.destroyed : arrivalOf(request).reply.raw.socket?.writable === true
}

const listeners = new WeakMap<Socket, Set<() => void>>()

/** Calls back when the socket closes. One listener serves a whole pipeline, which Node would take for a leak at eleven. */
export function onClose (socket: Socket, listener: () => void): () => void {
  const known = listeners.get(socket)
  const all = known ?? new Set()
  if (known === undefined) {
    listeners.set(socket, all)
    socket.once('close', () => { for (const listen of all) listen() })
  }
  all.add(listener)
  return () => { all.delete(listener) }
}
