import type { FastifyReply, FastifyRequest } from 'fastify'
import { GraphError } from '../../lib/index.js'

const internalError = new GraphError(500, 'ErrorInternalServerError', 'An internal server error occurred. The operation failed.')

/** The error handler of the host's own routes: Graph's envelope, as the plugin's routes have it. */
export function sendGraphError (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!(error instanceof GraphError)) request.log.error(error)
  const { statusCode, code, message, retryAfter } = error instanceof GraphError ? error : internalError
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
  if (statusCode === 401) reply.header('www-authenticate', 'Bearer realm=""')
  return reply.code(statusCode).header('cache-control', 'no-store').send({
    error: {
      code,
      message,
      innerError: {
        date: new Date().toISOString().slice(0, 19),
        'request-id': request.id,
        'client-request-id': request.headers['client-request-id'] ?? request.id
      }
    }
  })
}
