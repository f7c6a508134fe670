import { validateHeaderName, validateHeaderValue } from 'node:http'

/** Marks the errors of every copy of this package: two in one tree are common. */
const brand = Symbol.for('fastify-graph-photo.GraphError')

/** What an answer may carry beside its status, code and message. */
export interface GraphErrorOptions {
  readonly retryAfter?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/**
 * An error that is answered as written, in Graph's envelope. Throw it from a hook.
 *
 *     throw new GraphError(503, 'ServiceUnavailable', 'The store is busy.', { retryAfter: 5, cause: error })
 *
 * @throws {RangeError} if `statusCode` is not an integer from 400 to 599, or `retryAfter` is not a non-negative integer
 * @throws {TypeError} if the name or the value of a header is not valid
 * @see https://learn.microsoft.com/graph/errors
 */
export class GraphError extends Error {
  override readonly name = 'GraphError'
  readonly statusCode: number
  readonly code: string
  /** Seconds, for the header `Retry-After`. */
  readonly retryAfter: number | undefined
  /** Headers of the answer; those of the envelope itself, and of the framing of a message, are not taken from here. */
  readonly headers: Readonly<Record<string, string>> | undefined

  /**
   * @param statusCode the HTTP status, 400 to 599
   * @param code the error's code as Graph writes it, such as `ErrorAccessDenied`
   * @param message what the client reads
   * @param options `retryAfter` in seconds, `headers` that are sent with the answer, and the `cause`, which is logged and never sent
   */
  constructor (statusCode: number, code: string, message: string, options: GraphErrorOptions = {}) {
    if (!Number.isInteger(statusCode) || statusCode < 400 || statusCode > 599) {
      throw new RangeError(`statusCode must be an integer from 400 to 599, not ${statusCode}`)
    }
    const { retryAfter, headers, cause } = options
    if (retryAfter !== undefined && !(Number.isInteger(retryAfter) && retryAfter >= 0)) {
      throw new RangeError(`retryAfter must be a whole number of seconds, not ${retryAfter}`)
    }
    for (const [name, value] of Object.entries(headers ?? {})) checkHeader(name, value)
    super(message, cause === undefined ? undefined : { cause })
    this.statusCode = statusCode
    this.code = code
    this.retryAfter = retryAfter
    this.headers = headers && { ...headers }
  }

  get [brand] (): true {
    return true
  }
}

function checkHeader (name: string, value: unknown): void {
  validateHeaderName(name)
  if (typeof value !== 'string') throw new TypeError(`The value of the header ${name} must be a string`)
  validateHeaderValue(name, value)
}

/** Whether an error is a `GraphError`, of whichever copy of this package. */
export function isGraphError (error: unknown): error is GraphError {
  try {
    // Fastify answers with what is an Error here, and would send anything else as a payload.
    return error instanceof Error && (error as { readonly [brand]?: unknown })[brand] === true
  } catch {
    return false
  }
}
