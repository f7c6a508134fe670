import type { FastifyRequest } from 'fastify'
import { refuse, type Refusal } from '../answers/index.js'
import { isRepeated } from './head.js'

/** Media types in lower case, or `'*'` for any well-formed Content-Type or none. */
export type ContentTypes = readonly string[] | '*'

/** Refuses a body whose Content-Type is not accepted, or that is encoded. */
export function checkMediaType (request: FastifyRequest, contentTypes: ContentTypes): Refusal | undefined {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (isAccepted(request, contentTypes) && encoding.toLowerCase() === 'identity') return undefined
  return refuse('mediaTypeUnsupported', { accepted: contentTypes === '*' ? '*/*' : contentTypes.join(', ') })
}

/** RFC 9110, section 8.3.1: type "/" subtype, then parameters. */
const mediaType = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?=\s*(?:;|$))/

function isAccepted (request: FastifyRequest, contentTypes: ContentTypes): boolean {
  if (isRepeated(request, 'content-type')) return false
  const sent = request.headers['content-type']
  if (contentTypes === '*') return sent === undefined || mediaType.test(sent)
  return sent !== undefined && (contentTypes.includes(sent) || contentTypes.includes(mediaTypeOf(sent)))
}

function mediaTypeOf (sent: string): string {
  const [found = ''] = mediaType.exec(sent) ?? []
  return found.toLowerCase()
}
