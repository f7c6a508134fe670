import t from 'tap'
import { fixture, portrait } from '../fixtures/pictures.js'
import { assertError, host, put } from '../helpers/host.js'
import { pngToo } from './png-too.js'

const png = fixture('photo.png')
const headers = { 'content-type': 'image/png' }

t.test('a PNG is saved as one, a JPEG too, and the bytes decide which', async (t) => {
  const { app, saved } = await host(t, pngToo)
  for (const request of [{ payload: png, headers }, { payload: png }, { payload: portrait, headers }]) t.equal((await put(app, request)).statusCode, 200)
  t.strictSame(saved.map(({ photo }) => photo.contentType), ['image/png', 'image/png', 'image/jpeg'])
})

t.test('with one of the two options alone a PNG is refused, as the recipe says', async (t) => {
  const { imageTypes, contentTypes } = pngToo
  const formatOnly = await host(t, { imageTypes })
  assertError(t, await put(formatOnly.app, { payload: png, headers }), { statusCode: 415, code: 'UnsupportedMediaType' })
  const contentTypeOnly = await host(t, { contentTypes })
  assertError(t, await put(contentTypeOnly.app, { payload: png, headers }), { statusCode: 400, code: 'BadRequest', message: 'The file you chose is image/png.' })
})
