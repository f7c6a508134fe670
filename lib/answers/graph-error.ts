/**
 * An error that is answered as written, in Graph's envelope. Throw it from a hook.
 *
 *     throw new GraphError(503, 'ServiceUnavailable', 'The store is busy.', { retryAfter: 5, cause: error })
 *
 * @throws {RangeError} if `statusCode` is not an integer from 400 to 599, or `retryAfter` is not a non-negative integer
 * @see https://learn.microsoft.com/graph/errors
 */
export class GraphError extends Error {
  override readonly name = 'GraphError'
  readonly statusCode: number
  readonly code: string
  /** Seconds, for the header `Retry-After`. */
  readonly retryAfter: number | undefined

  /**
   * @param statusCode the HTTP status, 400 to 599
   * @param code the error's code as Graph writes it, such as `ErrorAccessDenied`
   * @param message what the client reads
   * @param options `retryAfter` in seconds, and the `cause`, which is logged and never sent
   */
  constructor (statusCode: number, code: string, message: string, options: { retryAfter?: number, cause?: unknown } = {}) {
    if (!Number.isInteger(statusCode) || statusCode < 400 || statusCode > 599) {
      throw new RangeError(`statusCode must be an integer from 400 to 599, not ${statusCode}`)
    }
    const { retryAfter, cause } = options
    if (retryAfter !== undefined && !(Number.isInteger(retryAfter) && retryAfter >= 0)) {
      throw new RangeError(`retryAfter must be a whole number of seconds, not ${retryAfter}`)
    }
    super(message, cause === undefined ? undefined : { cause })
    this.statusCode = statusCode
    this.code = code
    this.retryAfter = retryAfter
  }
}
