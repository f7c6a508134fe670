import type { FastifyRequest } from 'fastify'
import { refuse, type Refusal } from '../answers/index.js'
import { valuesOf } from './head.js'

/** Media types in lower case, or `'*'` for any Content-Type or none. */
export type ContentTypes = readonly string[] | '*'

/** Refuses a body whose Content-Type or Content-Encoding is not accepted. */
export function checkMediaType (request: FastifyRequest, contentTypes: ContentTypes): Refusal | undefined {
  return checkContentType(request, contentTypes) ?? checkEncoding(request)
}

/** RFC 9110, section 8.3.1: type "/" subtype, then parameters. */
const mediaType = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?=\s*(?:;|$))/

/** Clients that add their own to the caller's send two; each must be accepted. */
function checkContentType (request: FastifyRequest, contentTypes: ContentTypes): Refusal | undefined {
  if (contentTypes === '*') return undefined
  const all = valuesOf(request, 'content-type')
  if (all.length === 0) return refuse('contentTypeMissing', { accepted: contentTypes.join(', ') })
  for (const sent of all) {
    const reason = whyNot(sent, contentTypes)
    if (reason !== undefined) return refuse(reason, { sent: cut(sent), accepted: contentTypes.join(', ') })
  }
  return undefined
}

function whyNot (sent: string, contentTypes: readonly string[]): 'contentTypeMalformed' | 'contentTypeNotAccepted' | undefined {
  const [found] = mediaType.exec(sent) ?? []
  if (found === undefined) return 'contentTypeMalformed'
  return contentTypes.includes(found.toLowerCase()) ? undefined : 'contentTypeNotAccepted'
}

/** `x-gzip` means the same: RFC 9110, section 8.4.1.3. Node joins what is sent more than once by commas. */
const encoding = /^(?:identity|(x-)?gzip)$/i

function checkEncoding ({ headers: { 'content-encoding': sent } }: FastifyRequest): Refusal | undefined {
  return sent === undefined || encoding.test(sent) ? undefined : refuse('contentEncodingNotAccepted', { sent: cut(sent) })
}

/** Long enough to recognize a header, and short enough for an answer. */
function cut (sent: string): string {
  return sent.slice(0, 100)
}

/**
 * Hides from Fastify a Content-Type that it would refuse, and from all other code that a body is encoded: it is decoded here,
 * once, and never by a host plugin.
 * @returns whether the body is said to be in gzip
 */
export function hideMediaType ({ raw: { headers } }: FastifyRequest): boolean {
  const { 'content-type': type, 'content-encoding': encoding } = headers
  if (type !== undefined && !mediaType.test(type)) delete headers['content-type']
  // Only where there is one: an object that has lost a property is slower ever after.
  if (encoding !== undefined) delete headers['content-encoding']
  return encoding !== undefined && encoding.toLowerCase() !== 'identity'
}
