import t from 'tap'
import { acceptedOthers, truncated } from '../fixtures/pictures.js'
import { animationHeader, canvas, chunk, flag, frame, pictureOf, riff, withSize } from '../fixtures/webp-chunks.js'
import { assertVerdicts, noise, overwritten, verdictOf } from './verdicts.js'

const photo = await noise.clone().webp().toBuffer()
const lossless = await noise.clone().webp({ lossless: true }).toBuffer()
const picture = pictureOf(photo)
const losslessPicture = pictureOf(lossless)
const size = { width: 320, height: 240 }
const sound = '320 x 240'
const alpha = chunk('ALPH', Buffer.alloc(320 * 240 + 1))
const unknown = chunk('abcd', Buffer.of(1, 2))
const odd = chunk('abcd', Buffer.of(1))
const still = (...chunks: Buffer[]) => riff(canvas(size, flag.alpha), ...chunks)
const animation = (...chunks: Buffer[]) => riff(canvas(size, flag.animation), ...chunks)
const largeCanvas = canvas({ width: 400, height: 300 }, flag.animation)
const leftOver = Buffer.of(0, 0)

/** The chunk with another length in its header, and as many bytes. */
function withLength (whole: Buffer, difference: number): Buffer {
  const changed = Buffer.from(whole)
  changed.writeUInt32LE(whole.readUInt32LE(4) + difference, 4)
  return changed
}

/** The header of a lossy picture of 320 x 240, whose first part has this length. */
const tenBytes = (firstPart: number) => Buffer.of(0x10 | firstPart << 5, firstPart >> 3, 0, 0x9d, 0x01, 0x2a, 0x40, 1, 240, 0)

t.test('every kind of WebP is accepted', async (t) => {
  const pictures = acceptedOthers.filter(([, , type]) => type === 'image/webp')
  await assertVerdicts(t, Object.fromEntries(pictures.map(([name, bytes]) => [name, [bytes, '96 x 64']])))
})

t.test('its size is that of the canvas, which is that of a still picture', async (t) => {
  await assertVerdicts(t, {
    simple: [photo, sound],
    'simple, lossless': [lossless, sound],
    extended: [still(picture), sound],
    'extended, lossless': [still(losslessPicture), sound],
    'a canvas of another width': [riff(canvas({ width: 10, height: 240 }), picture), 'canvasMismatch: 320 x 240, 10 x 240'],
    'a canvas of another height': [riff(canvas({ width: 320, height: 241 }), picture), 'canvasMismatch'],
    'a canvas of 1 x 1 for 268 megapixels': [
      Buffer.from('524946462600000057454250565038580a000000000000000000000000005650384c080000002fffffff0f888808', 'hex'), 'canvasMismatch'],
    'a frame as large as the canvas': [animation(animationHeader, frame({}, picture)), sound],
    'a frame in a corner of the canvas': [
      riff(largeCanvas, animationHeader, frame({ left: 80, top: 60 }, losslessPicture)), '400 x 300'],
    'a frame beyond the right': [
      riff(largeCanvas, animationHeader, frame({ left: 82, top: 60 }, picture)), 'canvasMismatch: 402 x 300, 400 x 300'],
    'a frame beyond the bottom': [
      riff(largeCanvas, animationHeader, frame({ left: 80, top: 62 }, picture)), 'canvasMismatch: 400 x 302, 400 x 300'],
    'more than maxPixels': [
      riff(canvas({ width: 10_001, height: 10_000 }, flag.animation), animationHeader, frame({}, picture)), 'pixelsTooMany']
  })
})

t.test('chunks follow one another to the end of RIFF, each whole', async (t) => {
  await assertVerdicts(t, {
    'two bytes left over': [withSize(Buffer.concat([photo, leftOver])), 'bytesLeftOver'],
    'two bytes left over after an extended one': [withSize(Buffer.concat([still(picture), leftOver])), 'bytesLeftOver'],
    'two bytes left over in a frame': [animation(animationHeader, frame({}, picture, leftOver)), 'bytesLeftOver'],
    'bytes after the end of RIFF': [Buffer.concat([photo, leftOver]), sound],
    'RIFF past the end': [withSize(photo, photo.length - 6), 'chunkIncomplete: RIFF'],
    'RIFF without its last byte': [withSize(photo, photo.length - 9), 'chunkIncomplete'],
    'an odd chunk, padded': [riff(picture, odd), sound],
    'an odd chunk before another': [still(odd, picture), sound],
    'an odd chunk, not padded': [withSize(truncated(riff(picture, odd), -1)), 'chunkIncomplete'],
    'a last chunk past the end of RIFF': [riff(picture, chunk('abcd', Buffer.alloc(4), 8)), 'chunkIncomplete: abcd'],
    'a last chunk past the end of RIFF, and whole in the file': [
      Buffer.concat([riff(picture, chunk('abcd', Buffer.alloc(4), 8)), Buffer.alloc(8)]), 'chunkIncomplete: abcd'],
    'a picture past the end of RIFF, and whole in the file': [withSize(still(picture), still(picture).length - 10), 'chunkIncomplete: VP8'],
    'a picture past the end of its frame, and whole in the file': [
      animation(animationHeader, chunk('ANMF', Buffer.concat([Buffer.alloc(16), picture.subarray(0, -10)])), picture), 'chunkIncomplete: VP8'],
    'a first chunk past the end of RIFF': [overwritten(photo, 16, 0xff, 0xff, 0xff, 0x7f), 'chunkIncomplete: VP8'],
    'an empty chunk': [riff(chunk('VP8 ', Buffer.alloc(0))), 'chunkMalformed: VP8'],
    'an empty chunk after the picture': [riff(picture, chunk('abcd', Buffer.alloc(0))), sound],
    'no chunk': [riff(), 'imageMissing'],
    'half a chunk header': [riff(Buffer.from('VP8 ')), 'imageMissing']
  })
})

t.test('a still picture is one picture, with its transparency before it', async (t) => {
  await assertVerdicts(t, {
    'an unknown chunk first': [riff(unknown, picture), 'chunkMisplaced: abcd'],
    'an unknown chunk after a simple picture': [riff(picture, unknown), sound],
    'unknown chunks around an extended one': [still(unknown, picture, unknown), sound],
    'no picture': [still(unknown), 'imageMissing'],
    'two pictures': [still(picture, picture), 'chunkMisplaced'],
    'two canvases': [still(canvas(size), picture), 'chunkMisplaced: VP8X'],
    'two canvases, the second one last': [still(picture, canvas(size)), 'chunkMisplaced'],
    transparency: [still(alpha, picture), sound],
    'transparency after the picture': [still(picture, alpha), 'chunkMisplaced'],
    'transparency apart from the picture': [still(alpha, unknown, picture), 'chunkMisplaced'],
    'transparency twice': [still(alpha, alpha, picture), 'chunkMisplaced'],
    'transparency of a lossless picture': [still(alpha, losslessPicture), 'chunkMisplaced'],
    'transparency of nothing': [still(alpha), 'imageMissing'],
    'a frame beside it': [still(picture, frame({}, picture)), 'chunkMisplaced'],
    'the header of an animation before it': [still(animationHeader, picture), 'chunkMisplaced'],
    'the header of an animation after it': [still(picture, animationHeader), sound],
    'a canvas of nine bytes': [riff(chunk('VP8X', Buffer.alloc(9)), picture), 'chunkMalformed: VP8X'],
    'reserved flags': [riff(canvas(size, 0x01), picture), 'chunkMalformed'],
    'more reserved flags': [riff(canvas(size, 0xc0), picture), 'chunkMalformed']
  })
})

t.test('an animation is its header and its frames', async (t) => {
  await assertVerdicts(t, {
    'two frames': [animation(animationHeader, frame({}, picture), frame({}, losslessPicture)), sound],
    'no frame': [animation(animationHeader), 'imageMissing'],
    'no header': [animation(frame({}, picture)), 'chunkMisplaced'],
    'a short header': [animation(chunk('ANIM', Buffer.alloc(4)), frame({}, picture)), 'chunkMalformed: ANIM'],
    'the shortest header': [animation(chunk('ANIM', Buffer.alloc(5)), frame({}, picture)), sound],
    'a picture beside its frames': [animation(animationHeader, frame({}, picture), picture), 'chunkMisplaced: VP8'],
    'a lossless picture beside its frames': [animation(animationHeader, frame({}, picture), losslessPicture), 'chunkMisplaced'],
    'transparency beside its frames': [animation(animationHeader, alpha, frame({}, picture)), 'chunkMisplaced'],
    'a second canvas': [animation(animationHeader, canvas(size), frame({}, picture)), 'chunkMisplaced'],
    'unknown chunks between': [animation(unknown, animationHeader, odd, frame({}, picture), unknown), sound],
    'a frame with transparency': [animation(animationHeader, frame({}, alpha, picture)), sound],
    'a frame with metadata of its own': [animation(animationHeader, frame({}, picture, unknown)), sound],
    'a frame that begins with something else': [animation(animationHeader, frame({}, unknown, picture)), 'chunkMisplaced: abcd'],
    'a frame in a frame': [animation(animationHeader, frame({}, frame({}, picture))), 'chunkMisplaced'],
    'a frame of two pictures': [animation(animationHeader, frame({}, picture, picture)), 'chunkMisplaced'],
    'a frame with nothing but transparency': [animation(animationHeader, frame({}, alpha)), 'imageMissing'],
    'a frame of odd length, padded': [animation(animationHeader, withLength(frame({}, picture, odd), -1)), sound],
    'a frame with an empty chunk': [animation(animationHeader, frame({}, chunk('ALPH', Buffer.alloc(0)))), 'imageMissing'],
    'an empty frame': [animation(animationHeader, frame({})), 'chunkMalformed: ANMF'],
    'a second frame that is damaged': [
      animation(animationHeader, frame({}, picture), frame({}, chunk('VP8 ', Buffer.alloc(20)))), 'chunkMalformed']
  })
})

t.test('the header of a picture has possible values', async (t) => {
  const lossy = (at: number, ...bytes: number[]) => overwritten(photo, 20 + at, ...bytes)
  const without = (at: number, ...bytes: number[]) => overwritten(lossless, 20 + at, ...bytes)
  const tag = photo[20] ?? 0
  await assertVerdicts(t, {
    'no key frame': [lossy(0, tag | 1), 'chunkMalformed: VP8'],
    'not shown': [lossy(0, tag & ~0x10), 'chunkMalformed'],
    'profile 3': [lossy(0, tag | 0x06), sound],
    'profile 4': [lossy(0, tag | 0x08), 'chunkMalformed'],
    'a first part longer than the chunk': [lossy(0, tag, 0xff, 0xff), 'chunkMalformed'],
    'another start code': [lossy(5, 0x2b), 'chunkMalformed'],
    'width 0': [lossy(6, 0, 0), 'sidesImpossible: 0, 240'],
    'height 0': [lossy(8, 0, 0), 'sidesImpossible'],
    'a scale for the width and the height': [lossy(7, 0x41, 0xf0, 0xc0), sound],
    'nine bytes': [riff(chunk('VP8 ', tenBytes(8).subarray(0, 9))), 'chunkMalformed: VP8'],
    'ten bytes': [riff(chunk('VP8 ', tenBytes(9))), sound],
    'ten bytes, and a first part as long': [riff(chunk('VP8 ', tenBytes(10))), 'chunkMalformed: VP8'],
    'lossless, another signature': [without(0, 0x2e), 'chunkMalformed: VP8L'],
    'lossless, another version': [without(4, 0x20), 'chunkMalformed: VP8L'],
    'lossless, five bytes': [riff(chunk('VP8L', losslessPicture.subarray(8, 13))), sound],
    'lossless, four bytes': [riff(chunk('VP8L', losslessPicture.subarray(8, 12))), 'chunkMalformed']
  })
})

t.test('a WebP cut at any byte is refused', async (t) => {
  const passed: string[] = []
  for (const [name, bytes] of acceptedOthers.filter(([, , type]) => type === 'image/webp')) {
    for (let at = 12; at < bytes.length; at++) {
      if (/ x /.test(await verdictOf(truncated(bytes, at)))) passed.push(`${name} cut at ${at}`)
    }
  }
  t.strictSame(passed, [])
})
