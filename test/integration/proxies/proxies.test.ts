import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { graphEnvelope, GraphError, graphServerOptions } from '../../../lib/index.js'
import { portrait } from '../../fixtures/pictures.js'
import { assertError, errorsIn, host, type Saved } from '../../helpers/host.js'
import { token } from '../../helpers/tokens.js'
import { chunk, head, lastChunk, listen, ownPhoto, RawClient, sender, type Fields } from '../../helpers/wire.js'
import { lacking, proxies, type Proxy } from './proxies.js'
import { startProxy, whySkipped } from './start.js'

t.setTimeout(120_000)

const piece = chunk(Buffer.alloc(1_000_000, 'x'))
const unknown = { statusCode: 401, code: 'InvalidAuthenticationToken' }
const tooLarge = { statusCode: 413, code: 'RequestEntityTooLarge' }
const unknownPath = { statusCode: 404, code: 'ResourceNotFound' }
const ofTheHost = { statusCode: 409, code: 'Conflict' }

interface Refused {
  readonly about: string
  readonly fields: Fields
  readonly body: Buffer
  readonly answer: { readonly statusCode: number, readonly code: string }
  readonly path?: string
}

/** What a host has below the same prefix, inside of the envelope. */
async function beside (app: FastifyInstance): Promise<void> {
  await app.register(graphEnvelope)
  const onRequest = async () => { throw new GraphError(ofTheHost.statusCode, ofTheHost.code, 'Not now.') }
  app.put('/v1.0/own', { onRequest }, async () => ({}))
}

const refused: readonly Refused[] = [10, 30].flatMap((megabytes) => {
  const plain = Buffer.alloc(megabytes * 1_000_000, 'x')
  const chunks = Buffer.concat([...Array<Buffer>(megabytes).fill(piece), Buffer.from(lastChunk)])
  const announced = { 'Content-Length': String(plain.length) }
  const chunked = { 'Transfer-Encoding': 'chunked' }
  return [
    { about: `${megabytes} MB without a token`, fields: { ...announced, Authorization: undefined }, body: plain, answer: unknown },
    { about: `${megabytes} MB, chunked, without a token`, fields: { ...chunked, Authorization: undefined }, body: chunks, answer: unknown },
    { about: `${megabytes} MB`, fields: announced, body: plain, answer: tooLarge },
    { about: `${megabytes} MB, chunked`, fields: chunked, body: chunks, answer: tooLarge },
    { about: `${megabytes} MB to nowhere`, fields: announced, body: plain, answer: unknownPath, path: '/v1.0/teams/x/photo/$value' },
    { about: `${megabytes} MB to nowhere, chunked`, fields: chunked, body: chunks, answer: unknownPath, path: '/v1.0/nothing' },
    { about: `${megabytes} MB to the host`, fields: announced, body: plain, answer: ofTheHost, path: '/v1.0/own' },
    { about: `${megabytes} MB to the host, chunked`, fields: chunked, body: chunks, answer: ofTheHost, path: '/v1.0/own' }
  ]
})

async function writeThenRead (t: Test, port: number, { fields, body, path = ownPhoto }: Refused, { tls = false }: Proxy) {
  const client = await RawClient.open(t, port, { tls })
  client.socket.pause()
  await client.write(head(fields, `PUT ${path} HTTP/1.1`))
  await client.write(body)
  client.socket.resume()
  return client.answer()
}

const headers = { authorization: `Bearer ${token()}`, 'content-type': 'image/jpeg' }
// Bytes after a picture's end are let be.
const large = Buffer.concat([portrait, Buffer.alloc(3_000_000)])
const photos = {
  large: { path: ownPhoto, body: large, arrives: `${large.length} bytes of their own` },
  contact: { path: '/v1.0/me/contacts/AAMk%2FAD%2BhQ%3D/photo/$value', body: portrait, arrives: `${portrait.length} bytes of AAMk/AD+hQ=` }
}

function arrived ({ photo, context: { target } }: Saved): string {
  return `${photo.data.length} bytes of ${target.kind === 'contact' ? target.contactId : 'their own'}`
}

for (const proxy of proxies) {
  t.test(proxy.name, { skip: whySkipped(proxy) }, async (t) => {
    const { app, saved, logs } = await host(t, {}, graphServerOptions, beside)
    const port = await startProxy(t, proxy, await listen(app))

    await t.test('a client that writes all of a refused upload before it reads, reads the answer of the plugin or its envelope', async (t) => {
      for (const upload of refused) assertError(t, await writeThenRead(t, port, upload, proxy), upload.answer, upload.about)
      t.equal(saved.length, 0)
      t.strictSame(errorsIn(logs), [])
    })

    await t.test('photos pass, and the id of a contact arrives whole', async (t) => {
      const send = sender(t, port, proxy)
      for (const photo of Object.values(photos)) t.equal((await send({ ...photo, headers })).statusCode, 200)
      t.strictSame(saved.map(arrived), [photos.large.arrives, photos.contact.arrives])
    })
  })
}

for (const { without, proxy, photo } of lacking) {
  t.test(`${proxy.name} without ${without}: a photo does not arrive`, { skip: whySkipped(proxy) }, async (t) => {
    const { app, saved } = await host(t)
    const send = sender(t, await startProxy(t, proxy, await listen(app)))
    await send({ ...photos[photo], headers })
    t.notOk(saved.map(arrived).includes(photos[photo].arrives))
  })
}
