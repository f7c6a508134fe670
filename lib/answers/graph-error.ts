import { answers, type AnswerName } from './table.js'

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

/**
 * A refusal as a value: the room that finds it returns it in place of its result, and only the plugin answers with it.
 * A class, so that nothing that a host hook returns can be taken for one.
 */
export class Refusal {
  readonly error: GraphError

  constructor (error: GraphError) {
    this.error = error
  }
}

/** What the `{names}` of a message stand for. */
export type Facts = Readonly<Record<string, string | number>>

/** A refusal with the named answer; the facts fill its message, the cause is logged and never sent. */
export function refuse (name: AnswerName, facts: Facts = {}, cause?: unknown): Refusal {
  const [statusCode, code, message] = answers[name]
  // Not by the constructor, which records a stack: 6 to 20 µs, and a refusal is not a fault. Where there is one, it is the cause.
  const error: GraphError = Object.assign(Object.create(GraphError.prototype), {
    name: 'GraphError', statusCode, code, message: filled(message, facts), retryAfter: undefined, cause
  })
  return new Refusal(error)
}

function filled (message: string, facts: Facts): string {
  return message.replace(/\{(\w+)\}/g, (_placeholder, name: string) => String(facts[name]))
}
