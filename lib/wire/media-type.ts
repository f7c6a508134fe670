import type { FastifyRequest } from 'fastify'
import { refuse, type Refusal } from '../answers/index.js'
import { isRepeated } from './head.js'

/** Media types in lower case, or `'*'` for any well-formed Content-Type or none. */
export type ContentTypes = readonly string[] | '*'

/** Refuses a body whose Content-Type is not accepted, or that is encoded. */
export function checkMediaType (request: FastifyRequest, contentTypes: ContentTypes): Refusal | undefined {
  return checkContentType(request, contentTypes) ?? checkEncoding(request)
}

/** RFC 9110, section 8.3.1: type "/" subtype, then parameters. */
const mediaType = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?=\s*(?:;|$))/

function checkContentType (request: FastifyRequest, contentTypes: ContentTypes): Refusal | undefined {
  const accepted = contentTypes === '*' ? '*/*' : contentTypes.join(', ')
  const sent = request.headers['content-type']
  if (sent === undefined) return contentTypes === '*' ? undefined : refuse('contentTypeMissing', { accepted })
  const [found] = mediaType.exec(sent) ?? []
  if (found === undefined || isRepeated(request, 'content-type')) return refuse('contentTypeMalformed', { sent: cut(sent), accepted })
  const isAccepted = contentTypes === '*' || contentTypes.includes(found.toLowerCase())
  return isAccepted ? undefined : refuse('contentTypeNotAccepted', { sent: cut(sent), accepted })
}

function checkEncoding ({ headers: { 'content-encoding': sent = 'identity' } }: FastifyRequest): Refusal | undefined {
  return sent.toLowerCase() === 'identity' ? undefined : refuse('contentEncodingNotAccepted', { sent: cut(sent) })
}

/** Long enough to recognize a header, and short enough for an answer. */
function cut (sent: string): string {
  return sent.slice(0, 100)
}
