import { inspect } from 'node:util'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PhotoTarget } from '../../types/index.js'
import { raised } from './raised-error.js'
import { isAnswered, recordOf } from './record.js'

/**
 * Notes that the photo is saved. No save goes without its line: where the answer does not get through, it is written when the
 * response closes, or now if it cannot be given any more.
 */
export function noteSaved (request: FastifyRequest, reply: FastifyReply, isAnswerable: boolean): void {
  const record = recordOf(request, reply)
  record.isSaved = true
  // A line that was written before, by an answer of Fastify's own, said that it was not.
  record.isLogged = false
  if (!isAnswerable || isAnswered(request, reply)) return logRecord(request, reply, false)
  // Not by onResponse, which a host hook before it may keep waiting until the response has closed.
  reply.raw.on('finish', () => logRecord(request, reply)).on('close', () => logRecord(request, reply, false))
}

/** Writes one line at `info` that says who did what. On HTTP/2 a response also finishes if the client goes away before it is sent. */
export function logRecord (request: FastifyRequest, reply: FastifyReply, isDelivered = reply.sent): void {
  const record = recordOf(request, reply)
  const { requestId, clientRequestId, caller, target, bytes, isSaved, refusal } = record
  if (record.isLogged || !(isDelivered || isSaved)) return
  record.isLogged = true
  request.log.info({
    photo: {
      // The log has the request's own id already, in every line.
      clientRequestId: clientRequestId === requestId ? undefined : clientRequestId,
      method: request.method,
      status: isDelivered ? reply.statusCode : undefined,
      code: refusal?.error.code,
      why: refusal?.reason,
      cause: causeMessage(refusal?.error),
      caller: caller && { kind: caller.kind, id: caller.id, tenantId: caller.tenantId, appId: caller.appId },
      target: target && idsOf(target),
      bytes
    }
  }, messageOf(isSaved, isDelivered))
}

function messageOf (isSaved: boolean, isDelivered: boolean): string {
  if (!isSaved) return 'photo refused'
  return isDelivered ? 'photo saved' : 'photo saved, but the client had gone'
}

type Ids = Readonly<Partial<Record<'kind' | 'tenantId' | 'userId' | 'groupId' | 'contactId' | 'contactFolderId', string | undefined>>>

/** Not all that `resolveTarget` may have put beside the ids. */
function idsOf (target: PhotoTarget): Ids {
  const { kind, tenantId, userId, groupId, contactId, contactFolderId }: Ids = target
  return { kind, tenantId, userId, groupId, contactId, contactFolderId }
}

/** Not for a 401: what verifies tokens may quote them. */
function causeMessage ({ cause, statusCode }: { readonly cause?: unknown, readonly statusCode?: number } = {}): string | undefined {
  return statusCode === 401 || cause === undefined ? undefined : raised(cause).message
}

/** pino reads all of an error and marks it: one that is frozen, or has a getter that throws, must not cost the client its answer. */
export function logFailure (cause: unknown, message: string, request: FastifyRequest): void {
  try {
    request.log.error({ err: cause }, message)
  } catch {
    request.log.error({ err: readable(cause) }, message)
  }
}

/** A thrown value in words, as deep as pino would write it. */
export function readable (cause: unknown): string {
  try {
    return inspect(cause, { depth: 12, maxStringLength: null })
  } catch {
    return 'a value that cannot be written'
  }
}
