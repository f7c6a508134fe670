import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GraphError } from './graph-error.js'
import { recordOf, type RequestRecord } from './record.js'
import { answers } from './table.js'

/**
 * Sends an error in Graph's envelope.
 *
 * With a serializer of its own the reply bypasses the host's, and Fastify adds no charset to the media type. Node writes a
 * string together with the headers, which takes half the time of bytes after them.
 * @see https://learn.microsoft.com/graph/errors
 */
export function sendError (error: GraphError, request: FastifyRequest, reply: FastifyReply): void {
  const record = recordOf(request, reply)
  record.error = error
  if (error.retryAfter !== undefined) reply.header('retry-after', String(error.retryAfter))
  if (error.statusCode === 401 && !reply.hasHeader('www-authenticate')) reply.header('www-authenticate', challenge(error))
  reply
    .code(error.statusCode)
    .header('content-type', 'application/json')
    .header('cache-control', 'no-store')
    .serializer(asIs)
    .send(JSON.stringify(envelope(error, record)))
}

/** Serves once: if a host hook then fails, the host's own error handler answers on the same reply. */
function asIs (this: FastifyReply, payload: string): string {
  // As in a new reply, which has none; the type of the method does not allow for it.
  this.serializer(null as never)
  return payload
}

/** RFC 6750, section 3: no error code if the request carries no token. */
function challenge (error: GraphError): string {
  return error.message === answers.tokenMissing[2] ? 'Bearer realm=""' : 'Bearer realm="", error="invalid_token"'
}

function envelope ({ code, message }: GraphError, { requestId, clientRequestId }: RequestRecord) {
  return {
    error: {
      code: String(code),
      message,
      innerError: { date: secondsOf(new Date()), 'request-id': requestId, 'client-request-id': clientRequestId }
    }
  }
}

/** In UTC, without zone or fraction, as Graph writes dates. */
function secondsOf (date: Date): string {
  return date.toISOString().slice(0, '2026-11-22T12:00:00'.length)
}

/** The ids that every answer carries. */
export function setIdHeaders (request: FastifyRequest, reply: FastifyReply): void {
  const { requestId, clientRequestId } = recordOf(request, reply)
  reply.header('request-id', requestId).header('client-request-id', clientRequestId)
}
