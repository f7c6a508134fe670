import t from 'tap'
import { checkPhoto } from '../../lib/photo/index.js'
import { acceptedJpegs, acceptedOthers, fixture, jpegOf, portrait, refusedJpegs, size, truncated } from '../fixtures/pictures.js'
import { assertError, host, put } from '../helpers/host.js'
import { limits, overwritten, verdictOf } from './verdicts.js'

const badRequest = (message: string) => ({ statusCode: 400, code: 'BadRequest', message })
const notAnImage = badRequest("The file you chose isn't an image. Please choose a different file.")
const damaged = badRequest('The image is incomplete or damaged. Please choose a different file.')
const notAccepted = (found: string, accepted = 'image/jpeg') => (
  badRequest(`The file you chose is ${found}. Accepted formats: ${accepted}. Please choose a different file.`))
const mustBeBytes = badRequest("The request body must be the photo's bytes themselves, not multipart, JSON or base64.")
const tooLarge = (width: number, height: number, most: number) => (
  badRequest(`The image is ${width} by ${height} pixels, more than the ${most} pixels accepted. Please choose a smaller file.`))

t.test('an accepted picture is saved byte for byte, with the type and the size found in the bytes', async (t) => {
  const { app, saved } = await host(t, { imageTypes: limits.imageTypes })
  const pictures = [
    ...acceptedJpegs.map(([, bytes]) => [bytes, 'image/jpeg'] as const),
    ...acceptedOthers.map(([, bytes, type]) => [bytes, type] as const)
  ]
  for (const [payload] of pictures) await put(app, { payload })
  t.strictSame(saved.map(({ photo }) => photo), pictures.map(([data, contentType]) => ({ data, contentType, ...size })))
})

t.test('a damaged picture is answered, and nothing is saved', async (t) => {
  const { app, saved } = await host(t, { imageTypes: limits.imageTypes })
  const cut = [portrait, ...acceptedOthers.map(([, bytes]) => bytes)].map((bytes) => truncated(bytes, bytes.length - 2))
  const arithmetic = refusedJpegs.filter(([name]) => name === 'arithmetic coding').map(([, bytes]) => bytes)
  for (const payload of [...cut, ...arithmetic]) assertError(t, await put(app, { payload }), damaged)
  t.equal(saved.length, 0)
})

t.test('a JPEG only is accepted by default, and the answer says so', async (t) => {
  const { app, saved } = await host(t)
  for (const [, payload, type] of acceptedOthers) assertError(t, await put(app, { payload }), notAccepted(type))
  t.equal(saved.length, 0)
})

t.test('a host that accepts one format only accepts no other', async (t) => {
  const [jpegs, pngs, gifs, webps] = [portrait, fixture('photo.png'), fixture('photo.gif'), fixture('lossy.webp')]
  for (const imageType of limits.imageTypes) {
    const { app, saved } = await host(t, { imageTypes: [imageType] })
    for (const payload of [jpegs, pngs, gifs, webps]) await put(app, { payload })
    t.strictSame(saved.map(({ photo }) => photo.contentType), [imageType])
  }
})

t.test('a format is refused before it is looked into', async (t) => {
  t.strictSame(await checkPhoto(truncated(fixture('photo.png'), 20), { ...limits, imageTypes: ['image/gif', 'image/webp'] }), {
    reason: 'formatNotAccepted', facts: { found: 'image/png', accepted: 'image/gif, image/webp' }
  })
})

const ftyp = (brand: string) => Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0${brand}mif1`, 'latin1')

t.test('an image of another format is named in the answer', async (t) => {
  const { app, saved } = await host(t, { imageTypes: ['image/jpeg', 'image/webp'] })
  const tiff = Buffer.concat([Buffer.from('II*\0\x08\0\0\0\x01\0\0\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0', 'latin1'), Buffer.alloc(100)])
  const others: Readonly<Record<string, Buffer | string>> = {
    'image/heic': ftyp('heic'),
    'image/avif': ftyp('avif'),
    'image/tiff': tiff,
    'image/bmp': 'BM and more',
    'image/jls': Buffer.from('ffd8fff70002', 'hex'),
    'image/svg+xml': '<svg xmlns="http://www.w3.org/2000/svg"/>'
  }
  for (const [found, payload] of Object.entries(others)) {
    assertError(t, await put(app, { payload }), notAccepted(found, 'image/jpeg, image/webp'))
  }
  t.equal(saved.length, 0)
})

t.test('an SVG is known by its first element, whatever stands before it', async (t) => {
  const svgs = [
    '<svg/>', '<svg>', ' \n<svg\n>', '\ufeff<svg >', '<svg:svg xmlns:svg="…">',
    '<?xml version="1.0"?><svg>', '<!-- <html> --><!-- - --><svg>',
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/…"><svg>',
    '<?xml version="1.0"?>\n<!DOCTYPE svg [\n<!ENTITY a "b">\n<!ENTITY c "d">\n]>\n<svg>'
  ]
  const others = ['<html><svg>', '<svgs>', '<!-- <svg>', '<?xml', '<', 'svg', '< svg>', '<a:b:svg>', '<!DOCTYPE html><html>', '<!DOCTYPE svg', '<\ufeffsvg>']
  const verdicts = async (texts: readonly string[]) => Promise.all(texts.map(async (text) => [text, await verdictOf(Buffer.from(text))]))
  t.strictSame(await verdicts(svgs), svgs.map((text) => [text, 'formatNotAccepted']))
  t.strictSame(await verdicts(others), others.map((text) => [text, 'notAnImage']))
})

t.test('a photo that is wrapped in something must be sent as it is', async (t) => {
  const { app, saved } = await host(t)
  const wrapped = {
    '--boundary\r\nContent-Disposition: form-data': 'bodyIsMultipart',
    '{"photo":"/9j/4AAQ"}': 'bodyIsJson',
    [portrait.toString('base64')]: 'bodyIsBase64',
    [fixture('photo.png').toString('base64')]: 'bodyIsBase64',
    'data:image/jpeg;base64,/9j/4AAQ': 'bodyIsBase64'
  }
  for (const payload of Object.keys(wrapped)) assertError(t, await put(app, { payload }), mustBeBytes)
  t.strictSame(await Promise.all(Object.keys(wrapped).map((body) => verdictOf(Buffer.from(body)))), Object.values(wrapped))
  t.equal(saved.length, 0)
})

t.test('what is not an image is refused, whatever its Content-Type says', async (t) => {
  const { app, saved } = await host(t, { imageTypes: limits.imageTypes })
  const texts = ['hello', '%PDF-1.7', '<html>', 'GIF88a', 'RIFF\x04\0\0\0WAVE', 'RIFX\x04\0\0\0WEBP']
  const payloads = [
    ...texts, Buffer.of(0xff), Buffer.of(0xff, 0xd8), Buffer.alloc(1000), overwritten(portrait, 0, 0), overwritten(portrait, 1, 0xd9)]
  for (const payload of payloads) assertError(t, await put(app, { payload }), notAnImage)
  t.equal(saved.length, 0)
})

t.test('a picture with more pixels than maxPixels is refused, and the answer names its sides', async (t) => {
  const { app, saved } = await host(t)
  t.equal((await put(app, { payload: jpegOf({ width: 10_000, height: 10_000 }) })).statusCode, 200)
  assertError(t, await put(app, { payload: jpegOf({ width: 10_001, height: 10_000 }) }), tooLarge(10_001, 10_000, 100_000_000))
  assertError(t, await put(app, { payload: jpegOf({ width: 65_500, height: 65_500 }) }), tooLarge(65_500, 65_500, 100_000_000))
  t.equal(saved.length, 1)
})

t.test('maxPixels is the host\'s to set', async (t) => {
  const { app, saved } = await host(t, { maxPixels: 648 * 648 - 1 })
  assertError(t, await put(app), tooLarge(648, 648, 419_903))
  t.equal((await put(app, { payload: fixture('baseline.jpg') })).statusCode, 200)
  t.equal(saved.length, 1)
})
