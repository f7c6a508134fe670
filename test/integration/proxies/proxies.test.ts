import t, { type Test } from 'tap'
import { portrait } from '../../fixtures/pictures.js'
import { assertError, errorsIn, host, type Saved } from '../../helpers/host.js'
import { token } from '../../helpers/tokens.js'
import { chunk, head, lastChunk, listen, ownPhoto, RawClient, sender, type Fields } from '../../helpers/wire.js'
import { lacking, proxies } from './proxies.js'
import { startProxy, whySkipped } from './start.js'

t.setTimeout(120_000)

const piece = chunk(Buffer.alloc(1_000_000, 'x'))
const unknown = { statusCode: 401, code: 'InvalidAuthenticationToken' }
const tooLarge = { statusCode: 413, code: 'RequestEntityTooLarge' }

interface Refused {
  readonly about: string
  readonly fields: Fields
  readonly body: Buffer
  readonly answer: { readonly statusCode: number, readonly code: string }
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
    { about: `${megabytes} MB, chunked`, fields: chunked, body: chunks, answer: tooLarge }
  ]
})

async function writeThenRead (t: Test, port: number, { fields, body }: Refused) {
  const client = await RawClient.open(t, port)
  client.socket.pause()
  await client.write(head(fields))
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
    const { app, saved, logs } = await host(t)
    const port = await startProxy(t, proxy, await listen(app))

    await t.test('a client that writes all of a refused upload before it reads, reads the plugin\'s own answer', async (t) => {
      for (const upload of refused) assertError(t, await writeThenRead(t, port, upload), upload.answer, upload.about)
      t.equal(saved.length, 0)
      t.strictSame(errorsIn(logs), [])
    })

    await t.test('photos pass, and the id of a contact arrives whole', async (t) => {
      const send = sender(t, port)
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
