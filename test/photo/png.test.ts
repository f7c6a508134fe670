import t from 'tap'
import { chunk, chunks, whole, withBefore, withHeader, without, withWrongChecksum } from '../fixtures/png-chunks.js'
import { acceptedOthers, fixture, truncated } from '../fixtures/pictures.js'
import { assertVerdicts, noise, overwritten, verdictOf } from './verdicts.js'

const photo = await noise.clone().png().toBuffer()
const indexed = await noise.clone().png({ palette: true, colours: 30 }).toBuffer()
const sound = '320 x 240'
const text = chunk('tEXt', 'a\0b')

const data = Buffer.concat(chunks(photo).filter(({ type }) => type === 'IDAT').map(({ body }) => body))
const half = data.length >> 1
/** The photo with other chunks in place of its data. */
const withData = (...replacement: Buffer[]) => withBefore(without(photo, 'IDAT'), 'IEND', ...replacement)
const palette = (length: number) => chunk('PLTE', Buffer.alloc(length, 7))
const withPalette = (...replacement: Buffer[]) => withBefore(without(indexed, 'PLTE'), 'IDAT', ...replacement)
const firstData = chunks(photo).find(({ type }) => type === 'IDAT')?.at ?? 0

t.test('every kind of PNG is accepted', async (t) => {
  const pictures = acceptedOthers.filter(([, , type]) => type === 'image/png')
  await assertVerdicts(t, Object.fromEntries(pictures.map(([name, bytes]) => [name, [bytes, '96 x 64']])))
})

t.test('what browsers overlook passes', async (t) => {
  await assertVerdicts(t, {
    'a wrong checksum of an ancillary chunk': [withBefore(photo, 'IDAT', withWrongChecksum(text)), sound],
    'a wrong checksum of the end': [Buffer.concat([without(photo, 'IEND'), withWrongChecksum(chunk('IEND'))]), sound],
    'bytes after the end': [Buffer.concat([photo, Buffer.from('news')]), sound],
    'an empty data chunk before the data': [withBefore(photo, 'IDAT', chunk('IDAT')), sound],
    'an empty data chunk after the data': [withBefore(photo, 'IEND', chunk('IDAT')), sound],
    'data in small chunks': [withData(...Array.from(data, (byte) => chunk('IDAT', Buffer.of(byte))).slice(0, 5000)), sound],
    'a palette after the data': [withBefore(indexed, 'IEND', palette(4)), sound],
    'a suggested palette': [withBefore(photo, 'IDAT', palette(9)), sound]
  })
})

t.test('what only inflating sees is accepted', async (t) => {
  await assertVerdicts(t, { 'half of the rows': [withData(chunk('IDAT', data.subarray(0, half))), sound] })
})

t.test('a PNG that browsers do not show is refused, and the reason says what is wrong', async (t) => {
  await assertVerdicts(t, {
    'a bit flipped in the data': [overwritten(photo, firstData + 40, (photo[firstData + 40] ?? 0) ^ 1), 'checksumWrong'],
    'a wrong checksum of the data': [withData(withWrongChecksum(chunk('IDAT', data))), 'checksumWrong'],
    'a wrong checksum of an empty data chunk': [withBefore(photo, 'IDAT', withWrongChecksum(chunk('IDAT'))), 'checksumWrong'],
    'a wrong checksum of the header': [overwritten(photo, 32, (photo[32] ?? 0) ^ 1), 'checksumWrong: IHDR'],
    'a wrong checksum of the palette': [withPalette(withWrongChecksum(palette(90))), 'checksumWrong: PLTE'],
    'no header': [Buffer.concat([truncated(photo, 8), photo.subarray(33)]), 'headerMissing'],
    'a chunk of Xcode before the header': [withBefore(photo, 'IHDR', chunk('CgBI', 'Xcode')), 'headerMissing: CgBI'],
    'a header of 14 bytes': [Buffer.concat([truncated(photo, 8), chunk('IHDR', Buffer.alloc(14)), photo.subarray(33)]), 'chunkMalformed: IHDR'],
    'half a header': [truncated(photo, 32), 'chunkIncomplete: IHDR'],
    'a header and nothing else': [truncated(photo, 33), 'endMissing'],
    'a second header': [withBefore(photo, 'IDAT', ...chunks(photo).slice(0, 1).map(whole)), 'chunkUnknownCritical'],
    'an unknown critical chunk': [withBefore(photo, 'IDAT', chunk('ABCD')), 'chunkUnknownCritical: ABCD'],
    'an unknown critical chunk that has no name': [withBefore(photo, 'IDAT', chunk('A\nCD')), 'chunkUnknownCritical: A?CD'],
    'an unknown critical chunk after the data': [withBefore(photo, 'IEND', chunk('ABCD')), 'chunkUnknownCritical'],
    'data apart': [withData(chunk('IDAT', data.subarray(0, half)), text, chunk('IDAT', data.subarray(half))), 'chunksApart'],
    'an empty data chunk apart from the data': [withData(chunk('IDAT'), text, chunk('IDAT', data)), 'chunksApart'],
    'no data': [withData(), 'imageMissing'],
    'empty data': [withData(chunk('IDAT'), chunk('IDAT')), 'imageMissing'],
    'no end': [without(photo, 'IEND'), 'endMissing'],
    'a chunk past the end': [overwritten(photo, 33, 0x7f, 0xff, 0xff, 0xff), 'chunkIncomplete: pHYs'],
    'no palette': [without(indexed, 'PLTE'), 'paletteMissing'],
    'a palette after the data': [withBefore(without(indexed, 'PLTE'), 'IEND', palette(90)), 'paletteMissing'],
    'two palettes': [withPalette(palette(90), palette(90)), 'chunkMisplaced: PLTE'],
    'an empty palette': [withPalette(palette(0)), 'chunkMalformed: PLTE'],
    'a palette of 257 colours': [withPalette(palette(771)), 'chunkMalformed'],
    'a palette of 256 colours': [withPalette(palette(768)), sound],
    'a palette of one and a third colour': [withPalette(palette(4)), 'chunkMalformed']
  })
})

t.test('a header whose values are impossible is refused', async (t) => {
  const possible: Readonly<Record<number, readonly number[]>> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] }
  const pairs = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((colorType) => [0, 1, 2, 3, 4, 5, 8, 16, 32].map((depth) => [colorType, depth] as const))
  const expected = (colorType: number, depth: number): string => {
    if (possible[colorType]?.includes(depth) !== true) return 'headerImpossible'
    return colorType === 3 ? 'paletteMissing' : sound
  }
  await assertVerdicts(t, {
    ...Object.fromEntries(pairs.map(([colorType, depth]) => (
      [`colour type ${colorType}, ${depth} bits`, [withHeader(photo, 8, depth, colorType), expected(colorType, depth)]]))),
    'another compression': [withHeader(photo, 10, 1), 'headerImpossible: 8, 2, 1, 0, 0'],
    'another filter': [withHeader(photo, 11, 1), 'headerImpossible'],
    interlaced: [withHeader(photo, 12, 1), sound],
    'interlaced another way': [withHeader(photo, 12, 2), 'headerImpossible'],
    'width 0': [withHeader(photo, 0, 0, 0, 0, 0), 'sidesImpossible: 0, 240'],
    'height 0': [withHeader(photo, 4, 0, 0, 0, 0), 'sidesImpossible'],
    'width 2,147,483,648, height 1': [withHeader(photo, 0, 0x80, 0, 0, 0, 0, 0, 0, 1), 'sidesImpossible'],
    'width 2,147,483,647, height 1': [withHeader(photo, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1), 'pixelsTooMany']
  })
})

t.test('a PNG cut at any byte is refused', async (t) => {
  const passed: string[] = []
  for (const [name, bytes] of acceptedOthers.filter(([, , type]) => type === 'image/png')) {
    for (let at = 8; at < bytes.length; at++) {
      if (/ x /.test(await verdictOf(truncated(bytes, at)))) passed.push(`${name} cut at ${at}`)
    }
  }
  t.strictSame(passed, [])
})

t.test('a checksum is right whatever the length of the chunk', async (t) => {
  const lengths = Array.from({ length: 200 }, (_, length) => length + 1)
  const verdicts = await Promise.all(lengths.flatMap((length) => {
    const sound = chunk('IDAT', Buffer.alloc(length, 0x5a))
    return [verdictOf(withData(sound)), verdictOf(withData(withWrongChecksum(sound)))]
  }))
  t.strictSame(verdicts, lengths.flatMap(() => [sound, 'checksumWrong']))
  t.equal(await verdictOf(fixture('photo.png')), '96 x 64')
})
