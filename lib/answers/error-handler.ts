import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendError } from './envelope.js'
import { logFailure } from './log.js'
import { raisedRefusal } from './raised-error.js'
import { recordOf, refusalBehind } from './record.js'
import type { Refusal } from './refusal.js'
import { isTokenError, tokenRefusal } from './token-errors.js'

type ErrorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void

/** The error handler of the plugin's scope: every error is answered in Graph's envelope, whatever raised it. */
export function createErrorHandler (options: { readonly explain: boolean }): ErrorHandler {
  return (error, request, reply) => {
    // The host's own hooks may have failed before admission; the log line below needs the request's id even then.
    const record = recordOf(request, reply)
    const refusal = refusalOf(error, request, reply)
    const answered = refusal.error
    const meantByHost = answered.statusCode === 503 && answered !== error
    if (answered.statusCode >= 500 && !meantByHost) {
      logFailure(answered.cause ?? answered, record.isSaved ? 'photo saved, but the answer failed' : 'photo not saved', request)
    }
    sendError(refusal, request, reply, options)
  }
}

/** The answer to an error, whatever raised it. */
export function refusalOf (error: unknown, request: FastifyRequest, reply: FastifyReply): Refusal {
  const refusal = refusalBehind(error, request, reply)
  if (refusal !== undefined) return refusal
  return isTokenError(error) ? tokenRefusal(error, request) : raisedRefusal(error, reply.statusCode)
}
