import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GraphError } from './graph-error.js'
import { recordOf, type RequestRecord } from './record.js'
import type { Refusal } from './refusal.js'
import { retryAfterSeconds } from './retry-after.js'
import { answers } from './table.js'

/**
 * Answers a refusal in Graph's envelope; with `explain`, its reason stands in OData's `details`.
 *
 * With a serializer of its own the reply bypasses the host's, and Fastify adds no charset to the media type. Node writes a
 * string together with the headers, which takes half the time of bytes after them.
 * @see https://learn.microsoft.com/graph/errors
 */
export function sendError (refusal: Refusal, request: FastifyRequest, reply: FastifyReply, { explain = false } = {}): void {
  const { error, reason } = refusal
  const record = recordOf(request, reply)
  record.refusal = refusal
  if (error.headers !== undefined) setHeaders(error.headers, reply)
  setRetryAfter(error.retryAfter ?? retryAfterSeconds(reply.getHeader('retry-after')), reply)
  if (error.statusCode === 401 && !reply.hasHeader('www-authenticate')) reply.header('www-authenticate', challenge(error))
  // RFC 9110, section 12.5.3: which encodings a later request may use.
  if (reason.code === 'contentEncodingNotAccepted') reply.header('accept-encoding', 'gzip')
  reply
    .code(error.statusCode)
    .header('content-type', 'application/json')
    .header('cache-control', 'no-store')
    .serializer(asIs)
    .send(JSON.stringify(envelope(refusal, record, explain)))
}

/** In seconds, also where the host wrote a date; anything else clients could not read. */
function setRetryAfter (seconds: number | undefined, reply: FastifyReply): void {
  if (seconds === undefined) reply.removeHeader('retry-after')
  else reply.header('retry-after', String(seconds))
}

/** Node frames messages; the envelope's other headers are set after these. */
const framing = [
  'connection', 'content-encoding', 'content-length', 'http2-settings', 'keep-alive', 'proxy-connection', 'te', 'trailer',
  'transfer-encoding', 'upgrade'
]

function setHeaders (headers: NonNullable<GraphError['headers']>, reply: FastifyReply): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!framing.includes(name.toLowerCase())) reply.header(name, value)
  }
}

/** Serves once: if a host hook then fails, the host's own error handler answers on the same reply. */
function asIs (this: FastifyReply, payload: string): string {
  // As in a new reply, which has no serializer; the type of the method does not allow undefined.
  this.serializer(null as never)
  return payload
}

/** RFC 6750, section 3: no error code if the request carries no token. */
function challenge (error: GraphError): string {
  return error.message === answers.tokenMissing[2] ? 'Bearer realm=""' : 'Bearer realm="", error="invalid_token"'
}

/** OData's error object, with Graph's `innerError`. */
function envelope ({ error, shown }: Refusal, { requestId, clientRequestId }: RequestRecord, explain: boolean) {
  const { code, message, statusCode } = error
  const isExplained = explain && shown !== undefined && statusCode < 500
  return {
    error: {
      code: String(code),
      message,
      ...(isExplained && { details: [shown] }),
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
