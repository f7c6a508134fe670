import { STATUS_CODES } from 'node:http'
import { format } from 'node:util'

/** Status, Graph's code, and a message in which each `%s` is filled in. */
type Answer = readonly [statusCode: number, code: string, message: string]

/** Every refusal of the plugin. */
export const answers = {
  tokenMissing: [401, 'InvalidAuthenticationToken', 'Access token is empty.'],
  tokenMalformed: [401, 'InvalidAuthenticationToken', 'IDX14100: JWT is not well formed, there are no dots (.).'],
  tokenExpired: [401, 'InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.'],
  tokenForAnotherAudience: [401, 'InvalidAuthenticationToken', 'Access token validation failure. Invalid audience.'],
  tokenInvalid: [401, 'InvalidAuthenticationToken', 'Access token validation failure.'],
  meNeedsUser: [400, 'BadRequest', '/me request is only valid with delegated authentication flow.'],
  personalAccount: [404, 'MailboxNotEnabledForRESTAPI', 'REST API is not yet supported for this mailbox.'],
  idMalformed: [400, 'ErrorInvalidIdMalformed', 'Id is malformed.'],
  accessDenied: [403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.'],
  resourceNotFound: [404, 'Request_ResourceNotFound', "Resource '%s' does not exist or one of its queried reference-property objects are not present."],
  itemNotFound: [404, 'ErrorItemNotFound', 'The specified object was not found in the store.'],
  requestTooLarge: [413, 'RequestEntityTooLarge', 'The maximum request length supported is %s.'],
  mediaTypeUnsupported: [415, 'UnsupportedMediaType', 'The Content-Type must be one of: %s. The body must not be encoded.'],
  bodyEmpty: [400, 'BadRequest', "The request body is empty; send the photo's bytes."],
  bodyCutOff: [400, 'BadRequest', 'The request body is incomplete.'],
  notAnImage: [400, 'BadRequest', "The file you chose isn't an image. Please choose a different file."],
  imageDamaged: [400, 'BadRequest', 'The image is incomplete or damaged. Please choose a different file.'],
  imageTooLarge: [400, 'BadRequest', 'The image is too large. Please choose a smaller file.'],
  internal: [500, 'ErrorInternalServerError', 'An internal server error occurred. The operation failed.']
} as const satisfies Record<string, Answer>

/** The name of an answer of the plugin. */
export type AnswerName = keyof typeof answers

/** Graph's codes for errors raised elsewhere. Where Graph has none of its own, HTTP's reason phrase without spaces serves. */
const codes: Readonly<Record<number, string>> = {
  401: 'InvalidAuthenticationToken',
  403: 'ErrorAccessDenied',
  404: 'ErrorItemNotFound',
  413: 'RequestEntityTooLarge'
}

/** Graph's code for an error that has only a status. */
export function codeOf (statusCode: number): string {
  return codes[statusCode] ?? STATUS_CODES[statusCode]?.replace(/[^A-Za-z]/g, '') ?? 'BadRequest'
}

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

type Writable<T> = { -readonly [name in keyof T]: T[name] }

/**
 * The named answer as an error; `details` fill its message.
 *
 * It has no stack, since the constructor of `Error` is not called: to record one takes longer than the check that refuses, and
 * it is an answer, not a fault. Where there is a fault, it is the cause, which has a stack of its own.
 */
export function refusal (name: AnswerName, details: readonly string[] = [], cause?: unknown): GraphError {
  const [statusCode, code, message] = answers[name]
  const error: Writable<GraphError> = Object.create(GraphError.prototype)
  error.name = 'GraphError'
  error.statusCode = statusCode
  error.code = code
  error.message = format(message, ...details)
  error.retryAfter = undefined
  error.cause = cause
  return error
}
