// Recipe: HTTP/2 whose uploads do not wait for the server after every 64 KB.
// npm install fastify-graph-photo fastify
import type { EventEmitter } from 'node:events'
import type { ServerHttp2Session } from 'node:http2'

/**
 * Settings of HTTP/2, for Fastify's option `https`. How many bytes of an upload a client may send before the server has read any: a whole
 * photo. Node's default is 64 KB.
 */
export const settings = { initialWindowSize: 4_194_304 } as const

/** The same for each connection, in bytes, whatever the number of uploads on it: four photos. Call it before the server listens. */
export function widenWindows (server: EventEmitter): void {
  server.on('session', (session: ServerHttp2Session) => { session.setLocalWindowSize(16_777_216) })
}
