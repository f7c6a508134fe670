import sharp from 'sharp'
import t, { type Test } from 'tap'
import { photoKey } from '../../lib/index.js'
import { acceptedJpegs, acceptedOthers, jpegOf, portrait } from '../fixtures/pictures.js'
import { assertError, host, put, tenantId, userId } from '../helper.js'
import { withSizes } from '../host/recipes/sizes.js'

const key = photoKey({ kind: 'user', tenantId, userId })

async function store (t: Test) {
  const photos = new Map<string, Buffer>()
  const { app } = await host(t, {
    imageTypes: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'],
    savePhoto: withSizes(async (key, data) => { photos.set(key, data) })
  })
  return { app, photos }
}

t.test("Graph's nine sizes are saved beside the photo, which stays as it was sent", async (t) => {
  const { app, photos } = await store(t)
  const payload = await sharp(portrait).resize(1200, 800).withExif({ IFD0: { Copyright: 'Adele' } }).jpeg().toBuffer()
  t.equal((await put(app, { payload })).statusCode, 200)

  t.ok(payload.equals(photos.get(key) ?? Buffer.alloc(0)))
  const sizes = [48, 64, 96, 120, 240, 360, 432, 504, 648]
  t.strictSame([...photos.keys()].sort(), [key, ...sizes.map((size) => `${key}/${size}x${size}`)].sort())
  for (const size of sizes) {
    const { format, width, height, exif } = await sharp(photos.get(`${key}/${size}x${size}`)).metadata()
    t.strictSame({ format, width, height, exif }, { format: 'jpeg', width: size, height: size, exif: undefined })
  }
})

t.test('no copy is larger than the photo', async (t) => {
  const { app, photos } = await store(t)
  t.equal((await put(app, { payload: await sharp(portrait).resize(100, 300).jpeg().toBuffer() })).statusCode, 200)
  t.strictSame([...photos.keys()].sort(), [key, `${key}/48x48`, `${key}/64x64`, `${key}/96x96`])
  t.equal((await put(app, { url: '/v1.0/groups/g/photo/$value', payload: await sharp(portrait).resize(20, 20).jpeg().toBuffer() })).statusCode, 200)
  t.equal(photos.size, 5)
})

t.test('copies are upright', async (t) => {
  const { app, photos } = await store(t)
  const halves = sharp({ create: { width: 200, height: 100, channels: 3, background: 'black' } })
    .composite([{ input: { create: { width: 100, height: 100, channels: 3, background: 'white' } }, left: 0, top: 0 }])
  const turned = await halves.withMetadata({ orientation: 6 }).jpeg().toBuffer() // to be shown turned to the right
  t.equal((await put(app, { payload: turned })).statusCode, 200)
  const { data, info } = await sharp(photos.get(`${key}/96x96`)).greyscale().raw().toBuffer({ resolveWithObject: true })
  const brightness = (x: number, y: number) => data[(y * info.width + x) * info.channels] ?? 0
  t.ok(brightness(10, 10) > 200 && brightness(85, 10) > 200, 'white above')
  t.ok(brightness(10, 85) < 50 && brightness(85, 85) < 50, 'black below')
})

t.test('every picture that can be shown gets its copies', async (t) => {
  const { app, photos } = await store(t)
  for (const [name, payload] of [...acceptedJpegs, ...acceptedOthers]) {
    photos.clear()
    t.equal((await put(app, { payload })).statusCode, 200, name)
    const shown = await sharp(payload).flatten({ background: 'white' }).resize(64, 64).toColourspace('srgb').png().toBuffer()
    const [copied, expected] = await Promise.all([photos.get(`${key}/64x64`), shown].map(colours))
    t.ok(copied?.every((colour, index) => Math.abs(colour - (expected?.[index] ?? -100)) < 8), `${name}: ${copied} is ${expected}`)
  }
})

t.test('a picture that is whole and still cannot be decoded is refused, and the old one stays', async (t) => {
  const { app, photos } = await store(t)
  t.equal((await put(app)).statusCode, 200)
  const before = new Map(photos)
  assertError(t, await put(app, { payload: jpegOf({ width: 5000, height: 5000 }) }), {
    statusCode: 400, code: 'BadRequest', message: 'The image is incomplete or damaged. Please choose a different file.'
  })
  t.strictSame(photos, before)
})

/** The mean of red, green and blue. */
async function colours (picture: Buffer | undefined): Promise<number[]> {
  const { channels } = await sharp(await sharp(picture).toColourspace('srgb').toBuffer()).stats()
  return channels.map(({ mean }) => Math.round(mean))
}
