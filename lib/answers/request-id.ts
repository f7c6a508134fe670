import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The two GUIDs by which client and server identify a request. */
export interface RequestIds {
  readonly requestId: string
  readonly clientRequestId: string
}

/** `request.id` if it is a GUID, else a new one; and the client's id if it sent a GUID, else the same. */
export function requestIds (request: FastifyRequest): RequestIds {
  const requestId = guid.test(request.id) ? request.id : randomUUID()
  const sent = request.headers['client-request-id']
  const clientRequestId = typeof sent === 'string' && guid.test(sent) ? sent : requestId
  return { requestId, clientRequestId }
}
