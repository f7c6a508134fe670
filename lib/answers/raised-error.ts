import { GraphError } from './graph-error.js'
import { refusalBehind, refuse, Refusal } from './refusal.js'
import { codeOf } from './table.js'

/** What other code may put on the errors it raises; none of it is guaranteed. */
interface RaisedError {
  readonly statusCode?: unknown
  readonly status?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly expose?: unknown
  readonly headers?: unknown
}

/** An error as whatever it may be. */
export function raised (error: unknown): RaisedError {
  return typeof error === 'object' && error !== null ? error : {}
}

function statusOf (error: unknown): number {
  const { statusCode, status } = raised(error)
  return [statusCode, status].find((value): value is number => Number.isInteger(value)) ?? 0
}

function isClientError (statusCode: number): boolean {
  return statusCode >= 400 && statusCode < 500
}

/** http-errors lets an error carry headers, which Fastify's own error handler would send. */
function retryAfterOf (error: unknown): { readonly retryAfter?: number } {
  const headers = Object.entries(Object(raised(error).headers))
  const [, seconds] = headers.find(([name]) => name.toLowerCase() === 'retry-after') ?? []
  return /^\d{1,9}$/.test(String(seconds)) ? { retryAfter: Number(seconds) } : {}
}

function asRaised (statusCode: number, error: unknown): Refusal {
  const { message } = raised(error)
  const text = typeof message === 'string' ? message : ''
  return new Refusal(new GraphError(statusCode, codeOf(statusCode), text, { ...retryAfterOf(error), cause: error }))
}

/** The refusal for an error that a host hook threw: only a `GraphError`, or a 4xx with `expose: true`, is meant for the client. */
export function hookRefusal (error: unknown, hook: string): Refusal {
  if (error instanceof GraphError) return new Refusal(error)
  const statusCode = statusOf(error)
  const isMeant = raised(error).expose === true && isClientError(statusCode)
  return isMeant ? asRaised(statusCode, error) : refuse('hookFailed', { hook }, { cause: error })
}

/** The refusal for an error that the host's other hooks and plugins, or Fastify itself, raised before an answer of this status. */
export function raisedRefusal (error: unknown, replyStatusCode: number): Refusal {
  if (error instanceof GraphError) return refusalBehind(error)
  const statusCode = statusOf(error) || replyStatusCode
  const isMeant = isClientError(statusCode) || statusCode === 503
  return isMeant ? asRaised(statusCode, error) : refuse('hostFailed', {}, { cause: error })
}
