import type { FastifyReply, FastifyRequest } from 'fastify'
import { hideMediaType } from './media-type.js'

/** What the wire needs to know of a request until its answer is sent. */
export interface Arrival {
  /** Fastify hands no reply to what parses a body. */
  readonly reply: FastifyReply
  /** Whether the body is said to be in gzip. */
  isGzip: boolean
}

/** The request decorator that holds the arrival, for requests to this plugin's routes only. */
export const arrivalKey = Symbol('fastify-graph-photo.arrival')

/** To be called before the body is read. */
export function noteArrival (request: FastifyRequest, reply: FastifyReply): void {
  // A cast, because augmenting FastifyRequest would change its type in every host.
  (request as FastifyRequest & { [arrivalKey]: Arrival })[arrivalKey] = { reply, isGzip: false }
}

/** The arrival of a request whose body may be read. */
export function arrivalOf (request: FastifyRequest): Arrival {
  return (request as FastifyRequest & { [arrivalKey]: Arrival })[arrivalKey]
}

/** To be called once a request is admitted, before Fastify and the host's plugins look at the type of its body. */
export function claimBody (request: FastifyRequest): void {
  arrivalOf(request).isGzip = hideMediaType(request)
}
