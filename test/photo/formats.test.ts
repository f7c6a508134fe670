import t from 'tap'
import { checkPhoto } from '../../lib/photo/check.js'
import { isCompletePng } from '../../lib/photo/png.js'
import { acceptedJpegs, acceptedOthers, fixture, jpegOf, portrait, refusedJpegs, size, truncated } from '../fixtures/pictures.js'
import { marker, withMarker } from '../fixtures/jpeg-segments.js'
import { assertError, host, put } from '../helpers/host.js'

const all = { imageTypes: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'], maxPixels: 100_000_000 } as const
const jpegOnly = { ...all, imageTypes: ['image/jpeg'] } as const

const notAnImage = { statusCode: 400, code: 'BadRequest', message: "The file you chose isn't an image. Please choose a different file." }
const damaged = { statusCode: 400, code: 'BadRequest', message: 'The image is incomplete or damaged. Please choose a different file.' }
const tooLarge = { statusCode: 400, code: 'BadRequest', message: 'The image is too large. Please choose a smaller file.' }

t.test('every JPEG that cameras, phones and editors write is saved, byte for byte', async (t) => {
  const { app, saved } = await host(t)
  for (const [name, bytes] of acceptedJpegs) {
    t.equal((await put(app, { payload: bytes })).statusCode, 200, name)
    t.strictSame(saved.pop()?.photo, { data: bytes, contentType: 'image/jpeg', ...size }, name)
  }
})

t.test('a JPEG that is no whole picture is refused, and nothing is saved', async (t) => {
  const { app, saved } = await host(t)
  for (const [name, bytes] of refusedJpegs) {
    t.comment(name)
    assertError(t, await put(app, { payload: bytes }), name.startsWith('JPEG-LS') ? notAnImage : damaged)
  }
  t.equal(saved.length, 0)
})

t.test('a JPEG cut at any byte before its end is refused', async (t) => {
  const hasTrailer = /motion|MPO|padding|fill byte at the end/
  for (const [name, bytes] of acceptedJpegs.filter(([name]) => !hasTrailer.test(name))) {
    const step = Math.ceil(bytes.length / 5000)
    for (let at = 0; at < bytes.length; at += step) {
      const finding = await checkPhoto(truncated(bytes, at), jpegOnly)
      if (typeof finding !== 'string') t.fail(`${name} cut at ${at}`)
    }
    t.equal(await checkPhoto(truncated(bytes, bytes.length - 1), jpegOnly), 'imageDamaged', name)
  }
})

t.test('PNG, GIF and WebP are saved where the host accepts them, under the type found in the bytes', async (t) => {
  const { app, saved } = await host(t, { imageTypes: all.imageTypes })
  for (const [name, bytes, contentType, width, height] of acceptedOthers) {
    t.equal((await put(app, { payload: bytes })).statusCode, 200, name)
    t.strictSame(saved.pop()?.photo, { data: bytes, contentType, width, height }, name)
  }
})

t.test('PNG, GIF and WebP are no accepted image by default', async (t) => {
  const { app, saved } = await host(t)
  for (const [, bytes] of acceptedOthers) assertError(t, await put(app, { payload: bytes }), notAnImage)
  t.equal(saved.length, 0)
})

t.test('a JPEG is refused where the host accepts other formats only', async (t) => {
  const { app, saved } = await host(t, { imageTypes: ['image/png'] })
  assertError(t, await put(app), notAnImage)
  t.equal(saved.length, 0)
})

t.test('PNG, GIF and WebP cut at any byte are refused', async (t) => {
  for (const [name, bytes] of acceptedOthers) {
    for (let at = 0; at < bytes.length; at += 7) {
      const finding = await checkPhoto(truncated(bytes, at), all)
      if (typeof finding !== 'string') t.fail(`${name} cut at ${at}`)
    }
    t.equal(await checkPhoto(truncated(bytes, bytes.length - 1), all), 'imageDamaged', name)
  }
})

/** Writes numbers over a copy of a fixture. */
function patched (name: string, at: number, ...bytes: readonly number[]): Buffer {
  const copy = Buffer.from(fixture(name))
  copy.set(bytes, at)
  return copy
}

const png = fixture('photo.png')
const iend = Buffer.from('0000000049454e44ae426082', 'hex')

t.test('PNG, GIF and WebP that are no whole picture are refused', async (t) => {
  const refused: ReadonlyArray<readonly [name: string, bytes: Buffer]> = [
    ['PNG of width 0', patched('photo.png', 16, 0, 0, 0, 0)],
    ['PNG without picture data', Buffer.concat([png.subarray(0, 33), iend])],
    ['PNG with a chunk past the end', patched('photo.png', 33, 0x7f, 0xff, 0xff, 0xff)],
    ['PNG without an end chunk', png.subarray(0, -12)],
    ['GIF of width 0', patched('photo.gif', 6, 0, 0)],
    ['GIF without an image', Buffer.concat([Buffer.from('GIF89a'), Buffer.from([96, 0, 64, 0, 0, 0, 0, 0x3b])])],
    ['GIF with an unknown block', Buffer.concat([Buffer.from('GIF89a'), Buffer.from([96, 0, 64, 0, 0, 0, 0, 0x42, 0x3b])])],
    ['GIF with an image without data', Buffer.concat([Buffer.from('GIF89a'), Buffer.from([96, 0, 64, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 96, 0, 64, 0, 0])])],
    ['GIF that ends in its sub-blocks', fixture('photo.gif').subarray(0, -2)],
    ['WebP without a chunk', Buffer.concat([Buffer.from('RIFF\x0c\0\0\0WEBPVP8X\0\0\0\0', 'latin1')])],
    ['WebP with a chunk past the end', patched('lossy.webp', 16, 0xff, 0xff, 0xff, 0x7f)],
    ['WebP with a size past the end', patched('lossy.webp', 4, 0xff, 0xff, 0xff, 0x7f)],
    ['WebP whose picture cannot be measured', patched('lossy.webp', 20, 0x2f)]
  ]
  const { app, saved } = await host(t, { imageTypes: all.imageTypes })
  for (const [name, bytes] of refused) {
    t.comment(name)
    assertError(t, await put(app, { payload: bytes }), damaged)
  }
  t.equal(saved.length, 0)
})

t.test('a PNG begins with its header', async (t) => {
  t.ok(isCompletePng(png))
  t.notOk(isCompletePng(patched('photo.png', 11, 14)), 'header of another length')
  t.notOk(isCompletePng(Buffer.concat([png.subarray(0, 8), png.subarray(33)])), 'no header')
})

t.test('what is no image is refused, whatever its label says', async (t) => {
  const { app, saved } = await host(t)
  for (const payload of ['hello', '%PDF-1.7', '<svg xmlns="http://www.w3.org/2000/svg"/>', '{"a":1}', Buffer.from([0xff]), Buffer.from([0xff, 0xd8]), Buffer.alloc(1000)]) {
    assertError(t, await put(app, { payload }), notAnImage)
  }
  t.equal(saved.length, 0)
})

t.test('a picture with more pixels than maxPixels is refused', async (t) => {
  const { app, saved } = await host(t)
  t.equal((await put(app, { payload: jpegOf({ width: 10_000, height: 10_000 }) })).statusCode, 200)
  assertError(t, await put(app, { payload: jpegOf({ width: 10_001, height: 10_000 }) }), tooLarge)
  assertError(t, await put(app, { payload: jpegOf({ width: 65_500, height: 65_500 }) }), tooLarge)
  t.equal(saved.length, 1)
})

t.test('maxPixels is the host\'s to set', async (t) => {
  const { app, saved } = await host(t, { maxPixels: 648 * 648 - 1 })
  assertError(t, await put(app), tooLarge)
  t.equal((await put(app, { payload: fixture('baseline.jpg') })).statusCode, 200)
  t.equal(saved.length, 1)
})

t.test('every frame header of the standard is one, up to SOF15, and a TEM marker in the picture data carries nothing', async (t) => {
  const baseline = fixture('baseline.jpg')
  const photo = { contentType: 'image/jpeg', ...size }
  t.match(await checkPhoto(withMarker(baseline, marker.SOF0, 0xcf), jpegOnly), photo)
  const beforeEnd = baseline.length - 2
  const withTem = Buffer.concat([baseline.subarray(0, beforeEnd), Buffer.from([0xff, 0x01]), baseline.subarray(beforeEnd)])
  t.match(await checkPhoto(withTem, jpegOnly), photo)
})

t.test('a second frame header cannot make a large picture look small', async (t) => {
  const small = fixture('baseline.jpg')
  const large = jpegOf({ width: 65_500, height: 65_500 })
  const frameAt = small.indexOf(Buffer.from([0xff, 0xc0]))
  const frame = small.subarray(frameAt, frameAt + 2 + small.readUInt16BE(frameAt + 2))
  t.equal(await checkPhoto(Buffer.concat([large.subarray(0, frameAt), frame, large.subarray(frameAt)]), jpegOnly), 'imageDamaged')
})

t.test('the portrait that the README sends is whole', async (t) => {
  t.strictSame(await checkPhoto(portrait, jpegOnly), { data: portrait, contentType: 'image/jpeg', width: 648, height: 648 })
  t.ok(portrait.length < 60_000)
})
