import type { FastifyReply, FastifyRequest } from 'fastify'
import { hideMediaType } from './media-type.js'
import { arrivalKey, type Wire } from './wire.js'

/** What is known of a request whose body may be read. */
export interface Arrival {
  readonly wire: Wire
  /** Fastify hands no reply to what parses a body. */
  readonly reply: FastifyReply
  /** When it arrived, as of `performance.now()`. */
  readonly at: number
  /** Whether the body is said to be in gzip. */
  isGzip: boolean
  /** Whether its time was up before the body was whole. */
  isOverdue: boolean
}

/** A cast, because augmenting FastifyRequest would change its type in every host. */
type Arriving = FastifyRequest & { [arrivalKey]: Arrival }

/** To be called before the body is read. */
export function noteArrival (request: FastifyRequest, reply: FastifyReply, wire: Wire): void {
  (request as Arriving)[arrivalKey] = { wire, reply, at: performance.now(), isGzip: false, isOverdue: false }
}

/** The arrival of a request, once it is noted. */
export function arrivalOf (request: FastifyRequest): Arrival {
  return (request as Arriving)[arrivalKey]
}

/** To be called once a request is admitted, before Fastify and the host's plugins look at the type of its body. */
export function claimBody (request: FastifyRequest): void {
  arrivalOf(request).isGzip = hideMediaType(request)
}
