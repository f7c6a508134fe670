import t from 'tap'
import { comment, image, screen, subBlocks, trailer } from '../fixtures/gif-blocks.js'
import { acceptedOthers, truncated } from '../fixtures/pictures.js'
import { assertVerdicts, verdictOf } from './verdicts.js'

const whole = { width: 2, height: 2 }
const gif = (...parts: Buffer[]) => Buffer.concat([screen(whole), ...parts])
const zero = Buffer.of(0)
const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex')
const noData = { data: [] }

t.test('every kind of GIF is accepted', async (t) => {
  const pictures = acceptedOthers.filter(([, , type]) => type === 'image/gif')
  await assertVerdicts(t, Object.fromEntries(pictures.map(([name, bytes]) => [name, [bytes, '96 x 64']])))
})

t.test('its size is the larger of the screen and the edges of the first image', async (t) => {
  await assertVerdicts(t, {
    'within the screen': [gif(image({ width: 1, height: 1 }), trailer), '2 x 2'],
    'at (1, 1) of 2 x 2': [
      hex('474946383961 0200 0200 800000 000000ffffff 2c 0100 0100 0200 0200 00 02 02 8451 00 3b'), '3 x 3'],
    'beyond the right': [gif(image({ ...whole, left: 300 }), trailer), '302 x 2'],
    'beyond the bottom': [gif(image({ ...whole, top: 300 }), trailer), '2 x 302'],
    'of a screen of 0 x 0': [Buffer.concat([screen({ width: 0, height: 0 }), image(whole), trailer]), '2 x 2'],
    'a later image beyond the screen': [gif(image(whole), image({ left: 500, top: 500, width: 500, height: 500 }), trailer), '2 x 2'],
    'nothing of nothing': [Buffer.concat([screen({ width: 0, height: 0 }), image({ width: 0, height: 0 }), trailer]), 'sidesImpossible'],
    'no width': [Buffer.concat([screen({ width: 0, height: 2 }), image({ width: 0, height: 2 }), trailer]), 'sidesImpossible: 0, 2'],
    'no height': [Buffer.concat([screen({ width: 2, height: 0 }), image({ width: 2, height: 0 }), trailer]), 'sidesImpossible'],
    'more than maxPixels': [gif(image({ width: 65_535, height: 65_535 }), trailer), 'pixelsTooMany']
  })
})

t.test('colour tables of every size are skipped, global and local ones', async (t) => {
  const sizes = [0, 2, 4, 8, 16, 32, 64, 128, 256]
  const found = await Promise.all(sizes.flatMap((global) => sizes.map(async (local) => (
    verdictOf(Buffer.concat([screen({ ...whole, colors: global }), image(whole, { colors: local }), trailer]))))))
  t.strictSame(found, sizes.flatMap(() => sizes.map(() => '2 x 2')))
})

t.test('what browsers overlook passes', async (t) => {
  await assertVerdicts(t, {
    'no trailer': [gif(image(whole)), '2 x 2'],
    'a zero before the trailer': [gif(image(whole), zero, trailer), '2 x 2'],
    'zeros and no trailer': [gif(image(whole), zero, zero), '2 x 2'],
    'zeros between blocks': [gif(image(whole), zero, comment, zero, image(whole), zero, trailer), '2 x 2'],
    'a comment at the end and no trailer': [gif(image(whole), comment), '2 x 2'],
    'bytes after the trailer': [gif(image(whole), trailer, Buffer.from('anything')), '2 x 2'],
    'a later image without data': [gif(image(whole), image(whole, noData), trailer), '2 x 2'],
    'an unknown extension': [gif(Buffer.of(0x21, 0x99), subBlocks(Buffer.from('?')), image(whole), trailer), '2 x 2'],
    'an empty graphic control extension': [gif(hex('21f900'), image(whole), trailer), '2 x 2'],
    'a graphic control extension of five bytes': [gif(hex('21f9 05 0000000000 00'), image(whole), trailer), '2 x 2'],
    'a graphic control extension of two blocks': [gif(hex('21f9 04 00000000 01 00 00'), image(whole), trailer), '2 x 2'],
    'version 87a': [Buffer.concat([screen({ ...whole, version: '87a' }), image(whole), trailer]), '2 x 2']
  })
})

t.test('what only decoding sees is accepted', async (t) => {
  await assertVerdicts(t, {
    'a code size of 255': [hex('474946383961 0200 0200 800000 000000ffffff 2c 0000 0000 0200 0200 00 ff 02 8451 00 3b'), '2 x 2'],
    'one byte of data for 10,000 x 10,000': [
      gif(image({ width: 10_000, height: 10_000 }, { data: [Buffer.of(1)] }), trailer), '10000 x 10000']
  })
})

t.test('a GIF that browsers do not show is refused, and the reason says what is wrong', async (t) => {
  await assertVerdicts(t, {
    'half a screen': [truncated(gif(), 12), 'blockIncomplete: logical screen'],
    'a screen and nothing else': [screen({ ...whole, colors: 0 }), 'imageMissing'],
    'half a colour table': [truncated(gif(), 16), 'imageMissing'],
    'no image': [gif(trailer), 'imageMissing'],
    'only a comment': [gif(comment), 'imageMissing'],
    'a first image without data': [gif(image(whole, noData), image(whole), trailer), 'imageMissing'],
    'half an image header': [gif(truncated(image(whole), 6)), 'blockIncomplete: image'],
    'an image without its code size': [gif(truncated(image(whole), 10)), 'blockIncomplete'],
    'an image with half a colour table': [gif(truncated(image(whole, { colors: 32 }), 40)), 'blockIncomplete'],
    'data without an end': [gif(truncated(image(whole), -1)), 'blockIncomplete: image'],
    'data without an end, past the end': [gif(truncated(image(whole), -2)), 'blockIncomplete'],
    'an extension without an end': [gif(image(whole), truncated(comment, -1)), 'blockIncomplete: extension'],
    'an extension without anything': [gif(image(whole), Buffer.of(0x21)), 'blockIncomplete'],
    'a later image without an end': [gif(image(whole), truncated(image(whole), -1)), 'blockIncomplete'],
    'a zero before the first image': [gif(zero, image(whole), trailer), 'blockUnknown'],
    'an unknown block': [gif(image(whole), Buffer.of(0x42), trailer), 'blockUnknown: 42']
  })
})

t.test('a GIF is refused wherever it is cut before its trailer, but at the end of a block after a whole image', async (t) => {
  const file = gif(comment, image(whole), comment, image(whole), trailer)
  const ends = [gif(comment, image(whole)), gif(comment, image(whole), comment), gif(comment, image(whole), comment, image(whole))]
  const passed = []
  for (let at = 6; at < file.length; at++) if (await verdictOf(truncated(file, at)) === '2 x 2') passed.push(at)
  t.strictSame(passed, ends.map(({ length }) => length))
})
