import type { FastifyInstance } from 'fastify'
import { createWatch, type Watch } from './watch.js'

/** Where the server sets no `requestTimeout`: five minutes, as Node's own default, in milliseconds. */
const defaultRequestTimeout = 300_000

/** What the wire goes by for every request of one registration. */
export interface Wire {
  /** The limit for a whole request: request line, headers and body. */
  readonly maxRequestBytes: number
  /** How long a body may take to be whole, from `preParsing` on, in milliseconds. */
  readonly requestTimeout: number
  readonly watch: Watch
  /** When the server began to close, as of `performance.now()`. */
  closingSince: number | undefined
}

/** The request decorator that holds the arrival, for requests to this plugin's routes only. */
export const arrivalKey = Symbol('fastify-graph-photo.arrival')

/** The wire of a scope whose server it follows until that closes. */
export function openWire (scope: FastifyInstance, maxRequestBytes: number): Wire {
  // Not the server's own, which HTTP/2 has not; it is there, though Fastify's types do not say so.
  const { requestTimeout = 0 } = scope.initialConfig as { readonly requestTimeout?: number }
  const wire: Wire = {
    maxRequestBytes,
    requestTimeout: requestTimeout === 0 ? defaultRequestTimeout : requestTimeout,
    watch: createWatch(),
    closingSince: undefined
  }
  // Another scope's may lie around this one.
  if (!scope.hasRequestDecorator(arrivalKey)) scope.decorateRequest(arrivalKey, null)
  scope.addHook('preClose', (done) => {
    wire.closingSince = performance.now()
    done()
  })
  return wire
}
