import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendError } from './envelope.js'
import type { Refusal } from './graph-error.js'
import { logFailure } from './log.js'
import { raisedRefusal } from './raised-error.js'
import { recordOf } from './record.js'
import { isTokenError, tokenRefusal } from './token-errors.js'

/** The error handler of the plugin's scope: every error is answered in Graph's envelope, whoever raised it. */
export function handleError (error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  // The host's own hooks may have failed before admission; the log line below needs the request's id even then.
  const { isSaved } = recordOf(request, reply)
  const { error: answered } = refusalOf(error, request, reply)
  const meantByHost = answered.statusCode === 503 && answered !== error
  if (answered.statusCode >= 500 && !meantByHost) {
    logFailure(answered.cause ?? answered, isSaved ? 'photo saved, but the answer failed' : 'photo not saved', request)
  }
  sendError(answered, request, reply)
}

function refusalOf (error: unknown, request: FastifyRequest, reply: FastifyReply): Refusal {
  return isTokenError(error) ? tokenRefusal(error, request) : raisedRefusal(error, reply.statusCode)
}
