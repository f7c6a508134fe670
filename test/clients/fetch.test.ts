import { ReadableStream } from 'node:stream/web'
import t from 'tap'
import { portrait } from '../fixtures/pictures.js'
import { demo, type Demo } from './demo.js'

function put ({ origin, userToken }: Demo, init: RequestInit): Promise<Response> {
  return fetch(`${origin}/v1.0/me/photo/$value`, {
    method: 'PUT', ...init, headers: { authorization: `Bearer ${userToken}`, ...init.headers }
  })
}

function streamed (): ReadableStream<Uint8Array> {
  return new Blob([portrait.subarray(0, 100), portrait.subarray(100)]).stream()
}

const bodies: ReadonlyArray<readonly [name: string, init: () => RequestInit, head: Record<string, string | undefined>]> = [
  ['a Blob, which names its type',
    () => ({ body: new Blob([portrait], { type: 'image/jpeg' }) }), { 'content-type': 'image/jpeg', 'content-length': `${portrait.length}` }],
  ['a Blob without a type, hence without a Content-Type',
    () => ({ body: new Blob([portrait]) }), { 'content-type': undefined }],
  ['a Buffer with a Content-Type',
    () => ({ body: portrait, headers: { 'content-type': 'image/jpeg' } }), { 'content-type': 'image/jpeg' }],
  ['a Buffer without a Content-Type',
    () => ({ body: portrait }), { 'content-type': undefined }],
  ['a stream, whose length nobody knows',
    () => ({ body: streamed(), duplex: 'half', headers: { 'content-type': 'image/jpeg' } }), { 'transfer-encoding': 'chunked', 'content-length': undefined }]
]

for (const [name, init, head] of bodies) {
  t.test(`fetch sends ${name}`, async (t) => {
    const server = await demo(t)

    const response = await put(server, init())

    t.equal(response.status, 200)
    t.equal(await response.text(), '')
    for (const [header, value] of Object.entries(head)) t.equal(server.requests[0]?.headers[header], value)
    t.ok(portrait.equals(await server.photo('/me')))
  })
}
