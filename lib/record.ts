import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller, PhotoTarget } from '../types/index.js'
import type { GraphError } from './answers.js'
import { requestIds, type RequestIds } from './request-id.js'

/** What is known of a request so far, for its answer and its log line. */
export interface RequestRecord extends RequestIds {
  caller: Caller | undefined
  target: PhotoTarget | undefined
  /** Bytes of the body that were read. */
  bytes: number
  /** Whether `savePhoto` succeeded, whatever is answered afterwards. */
  isSaved: boolean
  error: GraphError | undefined
}

/** The request decorator that holds the record, for requests to this plugin's routes only. */
export const recordKey = Symbol('fastify-graph-photo.record')

/** The request's record. The first call creates it and binds the request's id to the log. */
export function recordOf (request: FastifyRequest, reply: FastifyReply): RequestRecord {
  // A cast, because augmenting FastifyRequest would change its type in every host.
  const recorded = request as FastifyRequest & { [recordKey]: RequestRecord | null }
  recorded[recordKey] ??= openRecord(request, reply)
  return recorded[recordKey]
}

function openRecord (request: FastifyRequest, reply: FastifyReply): RequestRecord {
  const { requestId, clientRequestId } = requestIds(request)
  if (requestId !== request.id) {
    request.log = reply.log = request.log.child({ 'request-id': requestId })
  }
  return { requestId, clientRequestId, caller: undefined, target: undefined, bytes: 0, isSaved: false, error: undefined }
}

/** Writes one line at `info` that says who did what. */
export function logRecord (request: FastifyRequest, reply: FastifyReply): void {
  const { requestId, clientRequestId, caller, target, bytes, isSaved, error } = recordOf(request, reply)
  // On HTTP/2 a response also finishes if the client goes away before it is sent.
  if (!reply.sent && !isSaved) return
  request.log.info({
    photo: {
      requestId,
      clientRequestId,
      method: request.method,
      status: reply.statusCode,
      code: error?.code,
      why: causeCode(error),
      cause: causeMessage(error),
      caller: caller && { kind: caller.kind, id: caller.id, tenantId: caller.tenantId, appId: caller.appId },
      target,
      bytes
    }
  }, isSaved ? 'photo saved' : 'photo refused')
}

function causeCode ({ cause }: { readonly cause?: unknown } = {}): unknown {
  return cause instanceof Error ? (cause as NodeJS.ErrnoException).code ?? cause.name : undefined
}

/** Not for a 401: what verifies tokens may quote them. */
function causeMessage ({ cause, statusCode }: { readonly cause?: unknown, readonly statusCode?: number } = {}): unknown {
  if (!(cause instanceof Error) || statusCode === 401) return undefined
  // Not a getter: one that throws would cost the line.
  return Object.getOwnPropertyDescriptor(cause, 'message')?.value
}
