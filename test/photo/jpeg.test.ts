import t from 'tap'
import { find, parts, segment, without } from '../fixtures/jpeg-segments.js'
import { acceptedJpegs, fixture, jpegOf, portrait, refusedJpegs, truncated } from '../fixtures/pictures.js'
import { assertVerdicts, inserted, limits, noise, overwritten, verdictOf } from './verdicts.js'

const photo = await noise.clone().jpeg().toBuffer()
const progressive = await noise.clone().jpeg({ progressive: true }).toBuffer()

const SOF0 = 0xc0
const DHT = 0xc4
const SOS = 0xda
const DQT = 0xdb
const frame = find(photo, SOF0)
const scan = find(photo, SOS)
const sound = '320 x 240'
const end = Buffer.of(0xff, 0xd9)

/** The photo with bytes of its frame header overwritten, counted from the marker. */
const withFrame = (at: number, ...bytes: number[]) => overwritten(photo, frame.at + at, ...bytes)
const withScan = (at: number, ...bytes: number[]) => overwritten(photo, scan.at + at, ...bytes)
const beforeFrame = (...segments: Buffer[]) => inserted(photo, frame.at, ...segments)
const firstScan = find(progressive, SOS).at
const lastScan = find(progressive, SOS, 'findLast').at
const dcScan = parts(progressive).findLast(({ code, at }) => code === SOS && progressive[at + 4] === 3)?.at ?? 0

/** A table with some codes of one bit, and as many symbols. */
const huffmanTable = (number: number, codes: number) => (
  segment(DHT, Buffer.of(number, codes), Buffer.alloc(15), Buffer.alloc(codes, 1)))

const withFrameOf = (...payload: Buffer[]) => (
  Buffer.concat([truncated(photo, frame.at), segment(SOF0, ...payload), photo.subarray(frame.end)]))
const withScanOf = (...payload: Buffer[]) => (
  Buffer.concat([truncated(photo, scan.at), segment(SOS, ...payload), photo.subarray(scan.at + 14)]))

t.test('every JPEG that cameras, phones and editors write is accepted', async (t) => {
  await assertVerdicts(t, Object.fromEntries(acceptedJpegs.map(([name, bytes]) => [name, [bytes, '96 x 64']])))
})

t.test('a JPEG that is not a whole picture is refused, and the reason says what is wrong', async (t) => {
  const reasons: Readonly<Record<string, string>> = {
    '0 × 0': 'sidesImpossible',
    '0 × 64': 'sidesImpossible',
    '96 × 0': 'sidesImpossible',
    '0 × 0 with a thumbnail': 'sidesImpossible',
    'start and end only': 'frameMissing',
    'tables without a frame': 'frameMissing',
    'tables without a frame, with a thumbnail': 'frameMissing',
    'frame without a scan': 'scanMissing',
    'scan without a frame': 'frameMissing',
    'cut in the thumbnail': 'segmentOverrun',
    'cut after the thumbnail': 'frameMissing',
    'cut in the large segments': 'segmentOverrun',
    'cut in the comment before the end': 'segmentOverrun',
    'segment past the end': 'segmentOverrun: FFE1',
    'frame header past the end': 'segmentOverrun',
    'scan header past the end': 'segmentOverrun',
    'segment past the end, after the picture data': 'segmentOverrun',
    'arithmetic coding': 'frameUnsupported',
    'segment of length 0': 'tableMalformed',
    'segment of length 1': 'tableMalformed',
    'JPEG-LS': 'formatNotAccepted',
    'JPEG-LS after an APP0': 'markerUnexpected',
    'JPEG-LS, then a JPEG': 'formatNotAccepted'
  }
  await assertVerdicts(t, Object.fromEntries(refusedJpegs.map(([name, bytes]) => [name, [bytes, reasons[name] ?? 'endMissing']])))
})

t.test('what real cameras write passes', async (t) => {
  await assertVerdicts(t, {
    'a comment of length 0': [inserted(photo, 2, Buffer.of(0xff, 0xfe, 0, 0)), sound],
    'a comment of length 1': [inserted(photo, 2, Buffer.of(0xff, 0xfe, 0, 1)), sound],
    'no Huffman table (motion JPEG)': [without(photo, DHT), sound],
    'bytes between two segments': [beforeFrame(Buffer.of(1, 2, 3, 4)), sound],
    'two more restart markers': [inserted(photo, photo.length - 2, Buffer.of(0xff, 0xd0, 0xff, 0xd7)), sound],
    'conditions of arithmetic coding, for a picture without': [beforeFrame(segment(0xcc, Buffer.of(0, 0))), sound],
    'Huffman tables of other numbers': [
      inserted(withScan(6, 0x22), frame.at, huffmanTable(2, 1), huffmanTable(0x12, 1)), sound],
    'a TEM marker in the picture data': [inserted(photo, photo.length - 2, Buffer.of(0xff, 0x01)), sound],
    'a second picture after the end': [Buffer.concat([photo, portrait]), sound],
    'a last coefficient of 0 in a sequential scan': [withScan(12, 0), sound],
    'a progression without its last scan': [Buffer.concat([truncated(progressive, lastScan), end]), sound],
    'components with one id': [overwritten(withFrame(13, 1), scan.at + 7, 1), sound],
    'quantization tables of 16 bits': [beforeFrame(segment(DQT, Buffer.of(0x13), Buffer.alloc(128, 1))), sound],
    'an interval of restart markers': [beforeFrame(segment(0xdd, Buffer.of(0, 5))), sound],
    'a marker of an extension after the picture data': [inserted(photo, photo.length - 2, segment(0xf0, 'what?')), sound],
    'one scan of one component': [withScanOf(Buffer.of(1, 1, 0, 0, 63, 0)), sound]
  })
})

t.test('what only decoding sees is accepted', async (t) => {
  await assertVerdicts(t, {
    'cut at 60 %, an end appended': [Buffer.concat([truncated(photo, Math.floor(photo.length * 0.6)), end]), sound],
    'zeros from 60 % on': [Buffer.concat([truncated(photo, Math.floor(photo.length * 0.6)), Buffer.alloc(9000), end]), sound]
  })
})

t.test('a frame header that no browser decodes is refused', async (t) => {
  const unsupported = [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf].map((marker) => (
    [`frame ${marker.toString(16)}`, [withFrame(1, marker), `frameUnsupported: SOF${marker - 0xc0}`]] as const))
  await assertVerdicts(t, {
    ...Object.fromEntries(unsupported),
    'precision 12': [withFrame(4, 12), 'frameUnsupported: 12 bits'],
    'height 65,501': [withFrame(5, 0xff, 0xdd), 'sidesImpossible: 320, 65501'],
    'width 65,501': [withFrame(7, 0xff, 0xdd), 'sidesImpossible'],
    'width 65,500, height 1': [withFrame(5, 0, 1, 0xff, 0xdc), '65500 x 1'],
    'more components than the header is long': [withFrame(9, 4), 'frameMalformed'],
    'fewer components than the header is long': [withFrame(9, 2), 'frameMalformed'],
    'no component': [withFrameOf(Buffer.of(8, 0, 1, 0, 1, 0)), 'frameMalformed'],
    'five components': [withFrameOf(Buffer.of(8, 0, 1, 0, 1, 5), Buffer.alloc(15, 0x11)), 'frameMalformed'],
    'an empty header': [withFrameOf(), 'frameMalformed'],
    'an empty header at the end': [Buffer.concat([truncated(photo, frame.at), segment(SOF0)]), 'frameMalformed'],
    'sampling factor 0 across': [withFrame(11, 0x02), 'samplingImpossible'],
    'sampling factor 0 down': [withFrame(11, 0x20), 'samplingImpossible'],
    'sampling factor 5 across': [withFrame(11, 0x51), 'samplingImpossible'],
    'sampling factor 5 down': [withFrame(11, 0x15), 'samplingImpossible'],
    'sampling factor 4 of a single component': [
      Buffer.concat([truncated(photo, frame.at), segment(SOF0, Buffer.of(8, 0, 240, 1, 64, 1, 1, 0x44, 0)),
        photo.subarray(frame.end, scan.at), segment(SOS, Buffer.of(1, 1, 0, 0, 63, 0)), photo.subarray(scan.at + 14)]), sound],
    'sampling factors of which one is not a part of the other': [withFrame(14, 0x13), 'samplingImpossible'],
    'ten blocks in a unit': [withFrame(11, 0x42, 0, 2, 0x11, 1, 3, 0x11), sound],
    'eleven blocks in a unit': [withFrame(11, 0x42, 0, 2, 0x12, 1, 3, 0x11), 'samplingImpossible'],
    'a quantization table that cannot be': [withFrame(12, 9), 'quantizationTableMissing: 9'],
    'a second frame': [beforeFrame(photo.subarray(frame.at, frame.end)), 'frameRepeated'],
    'a second frame after the picture data': [inserted(photo, photo.length - 2, photo.subarray(frame.at, frame.end)), 'frameRepeated']
  })
})

t.test('a scan header that does not fit its frame is refused', async (t) => {
  await assertVerdicts(t, {
    'an empty header': [withScanOf(), 'scanMalformed'],
    'an empty header at the end': [Buffer.concat([truncated(photo, scan.at), segment(SOS)]), 'scanMalformed'],
    'no component': [withScanOf(Buffer.of(0, 0, 63, 0)), 'scanMalformed'],
    'five components': [withScanOf(Buffer.of(5), Buffer.alloc(13)), 'scanMalformed'],
    'more components than the header is long': [withScan(4, 4), 'scanMalformed'],
    'a component that the frame does not have': [withScan(5, 9), 'scanComponentUnknown: 9'],
    'a component twice': [withScan(7, 1), 'scanComponentUnknown'],
    'components out of order': [withScan(5, 2, 0, 1), 'scanComponentUnknown'],
    'a Huffman table for DC that is not defined': [withScan(6, 0x20), 'huffmanTableMissing'],
    'a Huffman table for AC that is not defined': [withScan(6, 0x02), 'huffmanTableMissing'],
    'without picture data': [Buffer.concat([truncated(photo, scan.at + 14), end]), 'scanMissing'],
    'progressive, no Huffman tables': [without(progressive, DHT), 'huffmanTableMissing'],
    'progressive, no Huffman table for DC': [overwritten(progressive, firstScan + 6, 0x33), 'huffmanTableMissing'],
    'progressive, no Huffman table for AC': [overwritten(progressive, lastScan + 6, 0x02), 'huffmanTableMissing'],
    'progressive, no Huffman table for finer bits of DC': [overwritten(progressive, dcScan + 6, 0x33), sound],
    'progressive, DC with AC': [overwritten(progressive, firstScan + 12, 63), 'progressionImpossible'],
    'progressive, from 5 to 2': [overwritten(progressive, lastScan + 7, 5, 2), 'progressionImpossible: 5, 2, 1, 0'],
    'progressive, from 5 to 5': [overwritten(progressive, lastScan + 7, 5, 5), sound],
    'progressive, up to 64': [overwritten(progressive, lastScan + 7, 1, 64), 'progressionImpossible'],
    'progressive, AC of two components': [overwritten(progressive, firstScan + 11, 1, 5), 'progressionImpossible'],
    'progressive, two bits at once': [overwritten(progressive, lastScan + 9, 0x31), 'progressionImpossible'],
    'progressive, bit 13': [overwritten(progressive, firstScan + 13, 0x0d), sound],
    'progressive, bit 14': [overwritten(progressive, firstScan + 13, 0x0e), 'progressionImpossible']
  })
})

t.test('tables that are not well formed, and quantization tables that are missing, are refused', async (t) => {
  await assertVerdicts(t, {
    'no quantization table': [without(photo, DQT), 'quantizationTableMissing'],
    'a component without a quantization table': [withFrame(15, 3), 'quantizationTableMissing'],
    'a quantization table after the scan': [
      Buffer.concat([truncated(without(photo, DQT), -2), segment(DQT, Buffer.alloc(65, 1)), end]), 'quantizationTableMissing'],
    'quantization table 4': [beforeFrame(segment(DQT, Buffer.of(4), Buffer.alloc(64, 1))), 'tableMalformed: FFDB'],
    'a quantization table of 63 values': [beforeFrame(segment(DQT, Buffer.alloc(64))), 'tableMalformed'],
    'a quantization table of 65 values': [beforeFrame(segment(DQT, Buffer.alloc(66))), 'tableMalformed'],
    'two quantization tables in one segment': [beforeFrame(segment(DQT, Buffer.alloc(65, 2), Buffer.alloc(65, 3))), sound],
    'no table in a segment': [beforeFrame(segment(DQT), segment(DHT)), sound],
    'a Huffman table of 255 codes of one bit': [beforeFrame(huffmanTable(0, 255)), 'tableMalformed'],
    'a Huffman table with a code of all ones': [beforeFrame(huffmanTable(3, 2)), 'tableMalformed'],
    'a Huffman table without a code': [beforeFrame(segment(DHT, Buffer.of(3), Buffer.alloc(16))), sound],
    'a Huffman table of one code': [beforeFrame(huffmanTable(3, 1)), sound],
    'a Huffman table for DC with a difference of 16 bits': [
      beforeFrame(segment(DHT, Buffer.of(3, 1), Buffer.alloc(15), Buffer.of(16))), 'tableMalformed'],
    'a Huffman table for DC with a difference of 15 bits': [
      beforeFrame(segment(DHT, Buffer.of(3, 1), Buffer.alloc(15), Buffer.of(15))), sound],
    'Huffman table 4': [beforeFrame(huffmanTable(4, 1)), 'tableMalformed'],
    'a Huffman table of class 2': [beforeFrame(huffmanTable(0x20, 1)), 'tableMalformed'],
    'a Huffman table of 257 symbols': [
      beforeFrame(segment(DHT, Buffer.of(0x13, 0, 0, 0, 0, 0, 0, 0, 0, 255, 2, 0, 0, 0, 0, 0, 0), Buffer.alloc(257))), 'tableMalformed'],
    'a Huffman table of 256 symbols': [
      beforeFrame(segment(DHT, Buffer.of(0x13, 0, 0, 0, 0, 0, 0, 0, 0, 255, 1, 0, 0, 0, 0, 0, 0), Buffer.alloc(256))), sound],
    'a Huffman table with fewer symbols than codes': [
      beforeFrame(segment(DHT, Buffer.of(0x13, 0, 2, ...Array<number>(14).fill(0)), Buffer.alloc(1))), 'tableMalformed'],
    'half a Huffman table': [beforeFrame(segment(DHT, Buffer.alloc(9))), 'tableMalformed'],
    'an interval of restart markers of three bytes': [beforeFrame(segment(0xdd, Buffer.of(0, 0, 5))), 'tableMalformed']
  })
})

t.test('markers that no decoder goes on after are refused before the picture data', async (t) => {
  const markers = [0x02, 0xbf, 0xc8, 0xd8, 0xde, 0xdf, 0xf0, 0xf7, 0xfd]
  await assertVerdicts(t, Object.fromEntries(markers.map((marker) => (
    [marker.toString(16), [beforeFrame(segment(marker, 'what?')), `markerUnexpected: FF${marker.toString(16).padStart(2, '0').toUpperCase()}`]]))))
  const betweenScans = inserted(progressive, lastScan, segment(0xf0, 'what?'))
  t.equal(await verdictOf(betweenScans), 'markerUnexpected', 'between the scans of a progression')
})

t.test('a JPEG cut at any byte before its end is refused', async (t) => {
  const hasTrailer = /motion|MPO|padding|fill byte at the end/
  const passed: string[] = []
  for (const [name, bytes] of acceptedJpegs.filter(([name]) => !hasTrailer.test(name))) {
    const step = Math.ceil(bytes.length / 2000)
    for (let at = 4; at < bytes.length; at += step) {
      if (/ x /.test(await verdictOf(truncated(bytes, at)))) passed.push(`${name} cut at ${at}`)
    }
    if (/ x /.test(await verdictOf(truncated(bytes, bytes.length - 1)))) passed.push(`${name} without its last byte`)
  }
  t.strictSame(passed, [])
})

t.test('a second frame header cannot make a large picture look small', async (t) => {
  const small = fixture('baseline.jpg')
  const large = jpegOf({ width: 65_500, height: 65_500 })
  const { at, end } = find(small, SOF0)
  t.equal(await verdictOf(inserted(large, at, small.subarray(at, end))), 'frameRepeated')
})

t.test('the portrait that the README sends is whole', async (t) => {
  t.equal(await verdictOf(portrait, { ...limits, imageTypes: ['image/jpeg'] }), '648 x 648')
  t.ok(portrait.length < 60_000)
})
