import sharp from 'sharp'
import t, { type Test } from 'tap'
import { photoKey } from '../../lib/index.js'
import { acceptedJpegs, acceptedOthers, jpegOf, portrait } from '../fixtures/pictures.js'
import { assertError, host, put } from '../helpers/host.js'
import { tenantId, userId } from '../helpers/tokens.js'
import { withSizes } from './sizes.js'

const key = photoKey({ kind: 'user', tenantId, userId })

async function store (t: Test) {
  const photos = new Map<string, ReadonlyMap<string, Buffer>>()
  const { app } = await host(t, {
    imageTypes: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'],
    savePhoto: withSizes(async (key, pictures) => { photos.set(key, pictures) })
  })
  return { app, pictures: () => photos.get(key) ?? new Map<string, Buffer>() }
}

t.test("Graph's nine sizes are saved beside the photo, which stays as it was sent", async (t) => {
  const { app, pictures } = await store(t)
  const payload = await sharp(portrait).resize(1200, 800).withExif({ IFD0: { Copyright: 'Adele' } }).jpeg().toBuffer()
  t.equal((await put(app, { payload })).statusCode, 200)

  t.strictSame(pictures().get('original'), payload)
  const sizes = [48, 64, 96, 120, 240, 360, 432, 504, 648]
  t.strictSame([...pictures().keys()], ['original', ...sizes.map((size) => `${size}x${size}`)])
  for (const size of sizes) {
    const { format, width, height, exif } = await sharp(pictures().get(`${size}x${size}`)).metadata()
    t.strictSame({ format, width, height, exif }, { format: 'jpeg', width: size, height: size, exif: undefined })
  }
})

t.test('no copy is larger than the photo, and none of the photo before is left', async (t) => {
  const { app, pictures } = await store(t)
  for (const [width, height, sizes] of [[700, 700, 9], [100, 300, 3], [20, 20, 0]] as const) {
    t.equal((await put(app, { payload: await sharp(portrait).resize(width, height).jpeg().toBuffer() })).statusCode, 200)
    t.equal(pictures().size, 1 + sizes, `${width} × ${height}`)
  }
})

t.test('copies are upright', async (t) => {
  const { app, pictures } = await store(t)
  const halves = sharp({ create: { width: 200, height: 100, channels: 3, background: 'black' } })
    .composite([{ input: { create: { width: 100, height: 100, channels: 3, background: 'white' } }, left: 0, top: 0 }])
  const turned = await halves.withMetadata({ orientation: 6 }).jpeg().toBuffer() // to be shown turned to the right
  t.equal((await put(app, { payload: turned })).statusCode, 200)
  const { data, info } = await sharp(pictures().get('96x96')).greyscale().raw().toBuffer({ resolveWithObject: true })
  const brightness = (x: number, y: number) => data[(y * info.width + x) * info.channels] ?? 0
  t.ok(brightness(10, 10) > 200 && brightness(85, 10) > 200, 'white above')
  t.ok(brightness(10, 85) < 50 && brightness(85, 85) < 50, 'black below')
})

t.test('every picture that can be shown gets its copies', async (t) => {
  const { app, pictures } = await store(t)
  for (const [name, payload] of [...acceptedJpegs, ...acceptedOthers]) {
    t.equal((await put(app, { payload })).statusCode, 200, name)
    const shown = await sharp(payload).flatten({ background: 'white' }).resize(64, 64).toColourspace('srgb').png().toBuffer()
    const [copied, expected] = await Promise.all([pictures().get('64x64'), shown].map(colours))
    t.ok(copied?.every((colour, index) => Math.abs(colour - (expected?.[index] ?? -100)) < 8), `${name}: ${copied} is ${expected}`)
  }
})

t.test('a picture that is whole and still cannot be decoded is refused, and the old one stays', async (t) => {
  const { app, pictures } = await store(t)
  t.equal((await put(app)).statusCode, 200)
  const before = pictures()
  assertError(t, await put(app, { payload: jpegOf({ width: 5000, height: 5000 }) }), {
    statusCode: 400, code: 'BadRequest', message: 'The image is incomplete or damaged. Please choose a different file.'
  })
  t.equal(pictures(), before)
})

/** The mean of red, green and blue. */
async function colours (picture: Buffer | undefined): Promise<number[]> {
  const { channels } = await sharp(await sharp(picture).toColourspace('srgb').toBuffer()).stats()
  return channels.map(({ mean }) => Math.round(mean))
}
