import type { Test } from 'tap'
import type { GraphPhotoOptions } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { host, type Host } from './host.js'
import { listen, ownPhoto } from './wire.js'

export interface Received {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Served extends Host {
  /** Sends the portrait with this token, or with none, over HTTP. */
  readonly send: (token: string | undefined, path?: string) => Promise<Received>
}

/** A server with the plugin at /v1.0 that listens, until the test ends. */
export async function served (t: Test, options: Partial<GraphPhotoOptions>, setUp?: Parameters<typeof host>[3]): Promise<Served> {
  const started = await host(t, options, undefined, setUp)
  const port = await listen(started.app)
  return {
    ...started,
    async send (token, path = ownPhoto) {
      const headers = { 'content-type': 'image/jpeg', ...(token !== undefined && { authorization: `Bearer ${token}` }) }
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'PUT', headers, body: new Uint8Array(portrait) })
      return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
    }
  }
}
