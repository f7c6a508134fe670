import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'

/** Fastify's types know HTTP/1 only; the same routes are served over HTTP/2. */
export type RawRequest = IncomingMessage | Http2ServerRequest

/** Whether a request came over HTTP/2, whose connection carries others at the same time. */
export function isHttp2 (raw: RawRequest): raw is Http2ServerRequest {
  return raw.httpVersionMajor === 2
}

/**
 * Counts the bytes of a body as they come over the wire from now on, chunk framing included. An HTTP/2 connection carries other
 * bodies too, and inject has none: both count as nothing.
 */
export function meterOf (raw: RawRequest): () => number {
  if (isHttp2(raw)) return () => 0
  const { socket } = raw
  // Undefined under inject, whatever the type says.
  const before: number | undefined = socket.bytesRead
  return before === undefined ? () => 0 : () => socket.bytesRead - before
}
