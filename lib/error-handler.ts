import { inspect } from 'node:util'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { codeOf, GraphError, refusal, type AnswerName } from './answers.js'
import { isPromise, type Awaitable } from './awaitable.js'
import { sendError } from './envelope.js'
import { recordOf } from './record.js'

/** What other code may put on the errors it raises; none of it is guaranteed. */
interface RaisedError {
  readonly statusCode?: unknown
  readonly status?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly expose?: unknown
  readonly headers?: unknown
}

function raised (error: unknown): RaisedError {
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

function asRaised (statusCode: number, error: unknown): GraphError {
  const { message } = raised(error)
  return new GraphError(statusCode, codeOf(statusCode), typeof message === 'string' ? message : '', { ...retryAfterOf(error), cause: error })
}

const tokenAnswers: Readonly<Record<string, AnswerName>> = {
  FST_JWT_NO_AUTHORIZATION_IN_HEADER: 'tokenMissing',
  FST_JWT_NO_AUTHORIZATION_IN_COOKIE: 'tokenMissing',
  FST_JWT_BAD_COOKIE_REQUEST: 'tokenMissing',
  FST_JWT_AUTHORIZATION_TOKEN_EXPIRED: 'tokenExpired',
  FAST_JWT_EXPIRED: 'tokenExpired'
}

/** @fastify/jwt gives several faults one code; only the message tells them apart. */
const tokenMessages: ReadonlyArray<readonly [RegExp, AnswerName]> = [
  [/token is malformed|is not a valid|payload must be an object/, 'tokenMalformed'],
  [/The aud claim value is|None of aud claim values/, 'tokenForAnotherAudience']
]

/** Whether @fastify/jwt raised the error, or fast-jwt below it. */
export function isTokenError (error: unknown): boolean {
  const { code } = raised(error)
  return typeof code === 'string' && /^FA?ST_JWT_/.test(code)
}

/** Maps any failure to verify a token, including a key that is not found, to one of the 401 answers. */
export function tokenRefusal (error: unknown, request: FastifyRequest): GraphError {
  const { code, message } = raised(error)
  const isMissing = code === 'FST_JWT_BAD_REQUEST' && !/^Bearer\s+\S/i.test(request.headers.authorization ?? '')
  const [, byMessage] = tokenMessages.find(([pattern]) => pattern.test(String(message))) ?? []
  return refusal(isMissing ? 'tokenMissing' : tokenAnswers[String(code)] ?? byMessage ?? 'tokenInvalid', [], error)
}

/** Maps an error that one of our hooks threw: only a `GraphError`, or a 4xx with `expose: true`, is meant for the client. */
export function hookError (error: unknown): GraphError {
  if (error instanceof GraphError) return error
  const statusCode = statusOf(error)
  return raised(error).expose === true && isClientError(statusCode) ? asRaised(statusCode, error) : refusal('internal', [], error)
}

/** Calls one of the host's hooks, sync or async, and maps what it throws to what the client reads. */
export function askHook<A extends unknown[], T> (
  hook: (...args: A) => Awaitable<T>, args: A, toError: (error: unknown, args: A) => GraphError = hookError
): Awaitable<T> {
  try {
    const answer = hook(...args)
    return isPromise(answer) ? Promise.resolve(answer).catch((error) => { throw toError(error, args) }) : answer
  } catch (error) {
    throw toError(error, args)
  }
}

/** Maps an error raised by the host's own hooks and plugins, or by Fastify itself. */
function foreignError (error: unknown, request: FastifyRequest, reply: FastifyReply): GraphError {
  if (error instanceof GraphError) return error
  if (isTokenError(error)) return tokenRefusal(error, request)
  const statusCode = statusOf(error) || reply.statusCode
  return isClientError(statusCode) || statusCode === 503 ? asRaised(statusCode, error) : refusal('internal', [], error)
}

/** The error handler of the plugin's scope: every error is answered in Graph's envelope, whoever raised it. */
export function handleError (error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  // The host's own hooks may have failed before admission; the log line below needs the request's id even then.
  const { isSaved } = recordOf(request, reply)
  const graphError = foreignError(error, request, reply)
  const meantByHost = graphError.statusCode === 503 && graphError !== error
  if (graphError.statusCode >= 500 && !meantByHost) {
    logFailure(graphError.cause ?? graphError, isSaved ? 'photo saved, but the answer failed' : 'photo not saved', request)
  }
  sendError(graphError, request, reply)
}

/** pino reads all of an error and marks it: one that is frozen, or has a getter that throws, must not cost the client its answer. */
function logFailure (cause: unknown, message: string, request: FastifyRequest): void {
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
