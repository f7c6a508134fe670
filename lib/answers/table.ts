import { STATUS_CODES } from 'node:http'

/** Status, Graph's code, and a message in which `{names}` stand for facts. */
type Answer = readonly [statusCode: number, code: string, message: string]

/** Every answer of the plugin to a request that it refuses. */
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
  resourceNotFound: [404, 'Request_ResourceNotFound',
    "Resource '{id}' does not exist or one of its queried reference-property objects are not present."],
  itemNotFound: [404, 'ErrorItemNotFound', 'The specified object was not found in the store.'],
  segmentNotFound: [404, 'ResourceNotFound', "Resource not found for the segment '{segment}'."],
  requestTooLarge: [413, 'RequestEntityTooLarge', 'The maximum request length supported is {limit}.'],
  contentTypeNotAccepted: [415, 'UnsupportedMediaType', "The Content-Type '{sent}' is not accepted. Accepted: {accepted}."],
  contentTypeMissing: [415, 'UnsupportedMediaType', 'The request has no Content-Type. Accepted: {accepted}.'],
  contentTypeMalformed: [415, 'UnsupportedMediaType', "The Content-Type '{sent}' is malformed. Accepted: {accepted}."],
  contentEncodingNotAccepted: [415, 'UnsupportedMediaType', "The Content-Encoding '{sent}' is not accepted. It must be gzip or none."],
  requestTimeout: [408, 'RequestTimeout', 'The request took too long. Please try again.'],
  bodyEmpty: [400, 'BadRequest', "The request body is empty; send the photo's bytes."],
  gzipInvalid: [400, 'BadRequest', 'The request body is not valid gzip.'],
  bodyCutOff: [400, 'BadRequest', 'The request body is incomplete.'],
  notAnImage: [400, 'BadRequest', "The file you chose isn't an image. Please choose a different file."],
  formatNotAccepted: [400, 'BadRequest', 'The file you chose is {found}. Accepted formats: {accepted}. Please choose a different file.'],
  bodyMustBeBytes: [400, 'BadRequest', "The request body must be the photo's bytes themselves, not multipart, JSON or base64."],
  imageDamaged: [400, 'BadRequest', 'The image is incomplete or damaged. Please choose a different file.'],
  imageTooLarge: [400, 'BadRequest',
    'The image is {width} by {height} pixels, more than the {maxPixels} pixels accepted. Please choose a smaller file.'],
  internal: [500, 'ErrorInternalServerError', 'An internal server error occurred. The operation failed.']
} as const satisfies Record<string, Answer>

/** The name of an answer of the plugin. */
export type AnswerName = keyof typeof answers

/** Graph's codes for errors raised elsewhere. For other statuses, HTTP's reason phrase without spaces. */
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
