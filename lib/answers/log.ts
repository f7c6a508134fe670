import { inspect } from 'node:util'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { recordOf } from './record.js'

/** Writes one line at `info` that says who did what. */
export function logRecord (request: FastifyRequest, reply: FastifyReply): void {
  const { requestId, clientRequestId, caller, target, bytes, isSaved, refusal } = recordOf(request, reply)
  // On HTTP/2 a response also finishes if the client goes away before it is sent.
  if (!reply.sent && !isSaved) return
  request.log.info({
    photo: {
      // The log has the request's own id already, in every line.
      clientRequestId: clientRequestId === requestId ? undefined : clientRequestId,
      method: request.method,
      status: reply.statusCode,
      code: refusal?.error.code,
      why: refusal?.reason,
      cause: causeMessage(refusal?.error),
      caller: caller && { kind: caller.kind, id: caller.id, tenantId: caller.tenantId, appId: caller.appId },
      target,
      bytes
    }
  }, isSaved ? 'photo saved' : 'photo refused')
}

/** Not for a 401: what verifies tokens may quote them. */
function causeMessage ({ cause, statusCode }: { readonly cause?: unknown, readonly statusCode?: number } = {}): unknown {
  if (!(cause instanceof Error) || statusCode === 401) return undefined
  // Not a getter: one that throws would cost the line.
  return Object.getOwnPropertyDescriptor(cause, 'message')?.value
}

/** pino reads all of an error and marks it: one that is frozen, or has a getter that throws, must not cost the client its answer. */
export function logFailure (cause: unknown, message: string, request: FastifyRequest): void {
  try {
    request.log.error({ err: cause }, message)
  } catch {
    request.log.error({ err: readable(cause) }, message)
  }
}

function readable (cause: unknown): unknown {
  try {
    return inspect(cause)
  } catch (unreadable) {
    return unreadable
  }
}
