import type { FastifyReply, FastifyRequest } from 'fastify'
import { answers, type GraphError } from './answers.js'
import { recordOf, type RequestRecord } from './record.js'

/**
 * Sends an error in Graph's envelope.
 *
 * With a serializer of its own the reply passes by the host's, and Fastify adds no charset to the media type. Node writes a
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
    .send(envelope(error, record))
}

/** Serves once: if a hook of the host then fails, the host's own error handler answers on the same reply. */
function asIs (this: FastifyReply, payload: string): string {
  // As in a new reply, which has none; the type of the method does not allow for it.
  this.serializer(null as never)
  return payload
}

/** RFC 6750, section 3: no error code if the request carries no token. */
function challenge (error: GraphError): string {
  return error.message === answers.tokenMissing[2] ? 'Bearer realm=""' : 'Bearer realm="", error="invalid_token"'
}

/** A template takes a third of the time of JSON.stringify on the whole. GUIDs and dates need no escaping. */
function envelope (error: GraphError, { requestId, clientRequestId }: RequestRecord): string {
  const code = JSON.stringify(String(error.code))
  const message = JSON.stringify(error.message)
  const innerError = `{"date":"${secondNow()}","request-id":"${requestId}","client-request-id":"${clientRequestId}"}`
  return `{"error":{"code":${code},"message":${message},"innerError":${innerError}}}`
}

let second = NaN
let date = ''

/** The date in UTC, without zone or fraction, written once a second. */
function secondNow (): string {
  const now = Math.floor(Date.now() / 1000)
  if (now !== second) {
    second = now
    date = new Date(now * 1000).toISOString().slice(0, 19)
  }
  return date
}

/** The ids that every answer carries. */
export function setIdHeaders (request: FastifyRequest, reply: FastifyReply): void {
  const { requestId, clientRequestId } = recordOf(request, reply)
  reply.header('request-id', requestId).header('client-request-id', clientRequestId)
}
