import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Caller, PhotoTarget } from '../../types/index.js'
import type { GraphError } from './graph-error.js'
import type { Refusal } from './refusal.js'
import { requestIds, type RequestIds } from './request-id.js'

/** What is known of a request so far, for its answer and its log line. */
export interface RequestRecord extends RequestIds {
  caller: Caller | undefined
  target: PhotoTarget | undefined
  /** Whether the target is the caller's own, as addressed or as mapped. */
  isOwn: boolean
  /** Bytes of the body that were read. */
  bytes: number
  /** Whether `savePhoto` succeeded, whatever is answered afterwards. */
  isSaved: boolean
  /** The refusal whose error Fastify is handing to the error handler. */
  raised: Refusal | undefined
  /** How the request is answered, if it is refused. */
  refusal: Refusal | undefined
  /** Whether the log says what became of the request. */
  isLogged: boolean
}

/** The request decorator that holds the record. */
const recordKey = Symbol('fastify-graph-photo.record')

/** The request decorator that holds the ids, for whichever copy of the package. */
const idsKey = Symbol.for('fastify-graph-photo.requestIds')

/** Makes room for the record in the requests of a scope, which may lie in one that has it already. */
export function decorateWithRecord (scope: FastifyInstance): void {
  for (const key of [recordKey, idsKey]) if (!scope.hasRequestDecorator(key)) scope.decorateRequest(key, null)
}

/** The request's record. The first call creates it and binds the request's id to the log. */
export function recordOf (request: FastifyRequest, reply: FastifyReply): RequestRecord {
  // A cast, because augmenting FastifyRequest would change its type in every host.
  const recorded = request as FastifyRequest & { [recordKey]: RequestRecord | null }
  recorded[recordKey] ??= openRecord(request, reply)
  return recorded[recordKey]
}

function openRecord (request: FastifyRequest, reply: FastifyReply): RequestRecord {
  const { requestId, clientRequestId } = boundIds(request, reply)
  return {
    requestId,
    clientRequestId,
    caller: undefined,
    target: undefined,
    isOwn: false,
    bytes: 0,
    isSaved: false,
    raised: undefined,
    refusal: undefined,
    isLogged: false
  }
}

/** The ids of a request are the same for each copy of the package, and only the first binds them to the log. */
function boundIds (request: FastifyRequest, reply: FastifyReply): RequestIds {
  const bound = request as FastifyRequest & { [idsKey]: RequestIds | null }
  const known = bound[idsKey]
  if (known) return known

  const ids = bound[idsKey] = requestIds(request)
  if (ids.requestId !== request.id) request.log = reply.log = request.log.child({ 'request-id': ids.requestId })
  return ids
}

/**
 * The error to hand to Fastify, whose error handler finds the refusal again by it. Not by a WeakMap: V8 scans all of it whenever it
 * collects garbage, so that between many refusals a photo costs twice as much.
 */
export function errorOf (refusal: Refusal, request: FastifyRequest, reply: FastifyReply): GraphError {
  recordOf(request, reply).raised = refusal
  return refusal.error
}

/** The refusal whose error this is. */
export function refusalBehind (error: unknown, request: FastifyRequest, reply: FastifyReply): Refusal | undefined {
  const { raised } = recordOf(request, reply)
  return raised?.error === error ? raised : undefined
}

/** Whether an answer was given, or is on its way through the host's onSend hooks. `handlerTimeout` gives one while the handler goes on. */
export function isAnswered (request: FastifyRequest, reply: FastifyReply): boolean {
  return reply.sent || recordOf(request, reply).refusal !== undefined
}
