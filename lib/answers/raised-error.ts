import { GraphError, isGraphError } from './graph-error.js'
import { refuse, Refusal } from './refusal.js'
import { retryAfterSeconds } from './retry-after.js'
import { codeOf } from './table.js'

/** What other code puts on the errors it raises; none of it is guaranteed. */
interface RaisedError {
  /** 400 to 599. */
  readonly statusCode: number | undefined
  readonly code: string | undefined
  readonly message: string | undefined
  /** Whether the message is meant for the client, as http-errors says it. */
  readonly isExposed: boolean
  readonly retryAfter: number | undefined
  /** What it says in `WWW-Authenticate`. */
  readonly challenge: string | undefined
}

/** Reads any thrown value: a property of another type, or a getter that throws, counts as absent. */
export function raised (error: unknown): RaisedError {
  return {
    statusCode: [read(error, 'statusCode'), read(error, 'status')].find(isErrorStatus),
    code: textOf(read(error, 'code')),
    message: textOf(read(error, 'message')),
    isExposed: read(error, 'expose') === true,
    retryAfter: retryAfterSeconds(headerOf(error, 'retry-after')),
    challenge: headerValueOf(headerOf(error, 'www-authenticate'))
  }
}

function read (value: unknown, name: string): unknown {
  try {
    return (value as Readonly<Record<string, unknown>> | null | undefined)?.[name]
  } catch {
    return undefined
  }
}

function textOf (value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function isErrorStatus (value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 400 && Number(value) <= 599
}

/** http-errors lets an error carry headers, which Fastify's own error handler would send. */
function headerOf (error: unknown, name: string): unknown {
  const headers = Object(read(error, 'headers'))
  const sent = Object.keys(headers).find((key) => key.toLowerCase() === name)
  return sent && read(headers, sent)
}

/** RFC 9110, section 5.5. */
const headerValue = /^[\t\x20-\x7e\x80-\xff]+$/

function headerValueOf (value: unknown): string | undefined {
  const text = Array.isArray(value) && value.every((part) => typeof part === 'string') ? value.join(', ') : textOf(value)
  return text !== undefined && headerValue.test(text) ? text : undefined
}

function isClientError (statusCode: number): boolean {
  return statusCode >= 400 && statusCode < 500
}

function asRaised (statusCode: number, error: unknown): Refusal {
  const { message = '', retryAfter, challenge } = raised(error)
  return new Refusal(new GraphError(statusCode, codeOf(statusCode), message, {
    ...(retryAfter !== undefined && { retryAfter }),
    ...(challenge !== undefined && { headers: { 'WWW-Authenticate': challenge } }),
    cause: error
  }))
}

/** The refusal for an error that a host hook threw: only a `GraphError`, or a 4xx with `expose: true`, is meant for the client. */
export function hookRefusal (error: unknown, hook: string): Refusal {
  if (isGraphError(error)) return new Refusal(error)
  const { statusCode = 500, isExposed } = raised(error)
  const isMeant = isExposed && isClientError(statusCode)
  return isMeant ? asRaised(statusCode, error) : refuse('hookFailed', { hook }, { cause: error })
}

/** The refusal for an error that the host's other hooks and plugins, or Fastify itself, raised before an answer of this status. */
export function raisedRefusal (error: unknown, replyStatusCode: number): Refusal {
  if (isGraphError(error)) return new Refusal(error)
  const { statusCode = replyStatusCode } = raised(error)
  const isMeant = isClientError(statusCode) || statusCode === 503
  return isMeant ? asRaised(statusCode, error) : refuse('hostFailed', {}, { cause: error })
}
