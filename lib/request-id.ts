import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const guidLength = 36
const batch = 128
let guids = ''
let next = 0

/** A new GUID, cut from a string of many: what `randomUUID` returns is put together only when it is read, which takes longer. */
export function newGuid (): string {
  if (next === guids.length) {
    guids = Array.from({ length: batch }, () => randomUUID()).join('')
    next = 0
  }
  next += guidLength
  return guids.slice(next - guidLength, next)
}

/** The two GUIDs by which client and server identify a request. */
export interface RequestIds {
  readonly requestId: string
  readonly clientRequestId: string
}

/** `request.id` if it is a GUID, else a new one; and the client's id if it sent a GUID, else the same. */
export function requestIds (request: FastifyRequest): RequestIds {
  const requestId = guid.test(request.id) ? request.id : newGuid()
  const sent = request.headers['client-request-id']
  const clientRequestId = typeof sent === 'string' && guid.test(sent) ? sent : requestId
  return { requestId, clientRequestId }
}
