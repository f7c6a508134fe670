import fc from 'fast-check'
import t from 'tap'
import { checkPhoto, type PhotoFinding } from '../../lib/photo/check.js'
import { acceptedJpegs, acceptedOthers, fixture, portrait, refusedJpegs } from '../fixtures/pictures.js'
import { assertError, host, put } from '../helpers/host.js'
import { mutated } from './mutations.js'

const limits = { imageTypes: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'], maxPixels: 100_000_000 } as const
const reasons = ['notAnImage', 'imageDamaged', 'imageTooLarge']

/** fast-check prints it, and the way to the smallest failing picture, where a promise breaks. */
const seed = 20261122

/** Milliseconds. The worst shape known takes 13 for each megabyte; a machine under load may be ten times slower. */
const longestForAny = 50
const longestPerMegabyte = 150

const longest = (bytes: Buffer): number => longestForAny + longestPerMegabyte * bytes.length / 1e6

/** The finding, and the quickest of a few checks: a pause of the machine's is not the picture's fault. */
async function timed (bytes: Buffer): Promise<{ finding: PhotoFinding, took: number }> {
  let took = Infinity
  for (let attempt = 1; ; attempt++) {
    const start = performance.now()
    const finding = await checkPhoto(bytes, limits)
    took = Math.min(took, performance.now() - start)
    if (took <= longest(bytes) || attempt === 5) return { finding, took }
  }
}

function isSound (bytes: Buffer, finding: PhotoFinding): boolean {
  if (typeof finding === 'string') return reasons.includes(finding)
  const { data, contentType, width, height } = finding
  return data === bytes && limits.imageTypes.includes(contentType) &&
    Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0 && width * height <= limits.maxPixels
}

const jpegs = [...acceptedJpegs, ...refusedJpegs].map(([, bytes]) => bytes)
const small = jpegs.filter((bytes) => bytes.length < 50_000)
const others = ['image/png', 'image/gif', 'image/webp'].map((wanted) => acceptedOthers.filter(([, , type]) => type === wanted).map(([, bytes]) => bytes))
const pictures = [small, small, ...others]

t.test('10,000 mutated pictures are each accepted or refused, none fails and none takes long', async (t) => {
  const counts = new Map<string, number>()
  await fc.assert(fc.asyncProperty(mutated(pictures), async (bytes) => {
    const { finding, took } = await timed(bytes)
    const outcome = typeof finding === 'string' ? finding : finding.contentType
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    return isSound(bytes, finding) && took <= longest(bytes)
  }), { seed, numRuns: 10_000 })
  t.comment(Object.fromEntries(counts))
  for (const outcome of [...reasons, ...limits.imageTypes]) t.ok(counts.has(outcome), `the mutations lead to ${outcome}`)
})

t.test('what a mutated picture is answered is 200, and it is saved, or 400, and it is not', async (t) => {
  const { app, saved, logs } = await host(t, { imageTypes: limits.imageTypes })
  const statuses = new Set<number>()
  await fc.assert(fc.asyncProperty(mutated(pictures), async (payload) => {
    const before = saved.length
    const { statusCode, body } = await put(app, { payload })
    statuses.add(statusCode)
    if (statusCode === 200) return body === '' && saved.length === before + 1 && saved.pop()?.photo.data.equals(payload) === true
    return statusCode === 400 && JSON.parse(body).error.code === 'BadRequest' && saved.length === before
  }), { seed, numRuns: 400 })
  t.strictSame(statuses, new Set([200, 400]))
  t.strictSame(logs.filter(({ level }) => level > 30), [])
})

t.test('bytes that are nothing at all are refused as no image', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => (
    await checkPhoto(Buffer.from(bytes), limits) === 'notAnImage'
  )), { seed, numRuns: 2000 })
})

t.test('the worst shapes, 4 MB each, are told in time', async (t) => {
  const size = 4 * 1024 * 1024
  const filled = (head: Buffer, ...pattern: number[]): Buffer => Buffer.concat([head, Buffer.alloc(size - head.length, Buffer.from(pattern))])
  const scanStart = (bytes: Buffer): number => bytes.indexOf(Buffer.of(0xff, 0xda)) + 14
  const baseline = fixture('baseline.jpg')
  const scan = baseline.subarray(0, scanStart(baseline))
  const soi = Buffer.of(0xff, 0xd8)
  const chunk = (name: string): number[] => [0, 0, 0, 0, ...Buffer.from(name), 0, 0, 0, 0]
  const riffChunk = (name: string): number[] => [...Buffer.from(name), 0, 0, 0, 0]
  const png = fixture('photo.png').subarray(0, 33)
  const gif = Buffer.concat([Buffer.from('GIF89a'), Buffer.of(96, 0, 64, 0, 0, 0, 0)])
  const webp = Buffer.concat([fixture('lossy.webp').subarray(0, 12), Buffer.from('VP8 \0\0\0\0')])
  webp.writeUInt32LE(size - 8, 4)
  const announced = (name: string, at: number, ...length: number[]): Buffer => {
    const bytes = Buffer.from(fixture(name))
    bytes.set(length, at)
    return filled(bytes, 0)
  }
  const zip = Buffer.from('PK\x03\x04', 'latin1')

  const shapes: Readonly<Record<string, Buffer>> = {
    'JPEG: all FF': filled(soi, 0xff),
    'JPEG: FF00 for ever': filled(scan, 0xff, 0x00),
    'JPEG: restart markers for ever': filled(scan, 0xff, 0xd0),
    'JPEG: fill bytes before every stuffed byte': filled(Buffer.concat([scan, Buffer.of(0)]), 0xff, 0xff, 0xff, 0x00),
    'JPEG: a scan without a marker': filled(scan, 0x00),
    'JPEG: the smallest segments': filled(soi, 0xff, 0xfe, 0, 2),
    'JPEG: the smallest scans': filled(scan, 0, 0xff, 0xda, 0, 2),
    'JPEG: nothing between its segments': filled(Buffer.concat([soi, Buffer.of(0xff, 0xe0, 0, 2)]), 0x00),
    'JPEG: the largest segments': filled(soi, 0xff, 0xff),
    'PNG: the smallest chunks': filled(png, ...chunk('aaAa')),
    'PNG: empty picture data': filled(png, ...chunk('IDAT')),
    'PNG: a huge chunk announced': announced('photo.png', 33, 0x7f, 0xff, 0xff, 0xff),
    'GIF: sub-blocks of one byte': filled(Buffer.concat([gif, Buffer.of(0x21, 0xfe)]), 1, 1),
    'GIF: empty extensions': filled(gif, 0x21, 0xfe, 0),
    'GIF: the smallest images': filled(gif, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 1, 0, 0),
    'GIF: image data of one byte at a time': filled(Buffer.concat([gif, Buffer.of(0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2)]), 1, 1),
    'WebP: the smallest chunks': filled(webp, ...riffChunk('aaaa')),
    'WebP: a huge chunk announced': announced('lossy.webp', 16, 0xff, 0xff, 0xff, 0xff),
    'WebP: a huge file announced': announced('lossy.webp', 4, 0xff, 0xff, 0xff, 0xff),
    'no image: all zero': filled(Buffer.alloc(1), 0),
    'no image: a ZIP of nothing': filled(zip, ...zip),
    'no image: a gzip of nothing': filled(Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0), 0, 0, 0xff, 0xff),
    'no image: an SVG': filled(Buffer.from('<svg '), ...Buffer.from("<svg '"))
  }
  // One run to warm up: the first check of a shape is compiled while it runs.
  for (const bytes of Object.values(shapes)) await checkPhoto(bytes.subarray(0, 300_000), limits)
  for (const [name, bytes] of Object.entries(shapes)) {
    const { finding, took } = await timed(bytes)
    t.equal(bytes.length, size, name)
    t.equal(finding, name.startsWith('no image') ? 'notAnImage' : 'imageDamaged', name)
    t.ok(took <= longest(bytes), `${name}: ${took.toFixed(0)} ms`)
  }
})

/** The GIF with a block before its first one. */
function withGifBlock (gif: Buffer, block: Buffer): Buffer {
  const flags = gif.readUInt8(10)
  const at = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)
  return Buffer.concat([gif.subarray(0, at), block, gif.subarray(at)])
}

const svg = Buffer.from('<svg width="1" height="1">')

t.test('a picture has no other size than the one in its own header', async (t) => {
  const gif = Buffer.from(withGifBlock(fixture('photo.gif'), Buffer.concat([Buffer.of(0x21, 0xfe, svg.length), svg, Buffer.of(0)])))
  t.match(await checkPhoto(gif, limits), { width: 96, height: 64 })
  gif.write('GIF88a')
  t.equal(await checkPhoto(gif, limits), 'imageDamaged', 'an SVG in the comment of a GIF of an unknown version')

  const webp = fixture('lossy.webp')
  const chunk = Buffer.concat([Buffer.from('text'), Buffer.of(svg.length, 0, 0, 0), svg])
  const hiding = Buffer.concat([webp.subarray(0, 12), chunk, webp.subarray(12)])
  hiding.writeUInt32LE(hiding.length - 8, 4)
  t.equal(await checkPhoto(hiding, limits), 'imageDamaged', 'an SVG in the first chunk of a WebP')
})

t.test('an image of a GIF cannot be larger than the GIF says it is', async (t) => {
  const image = (left: number, top: number, width: number, height: number): Buffer => {
    const block = Buffer.of(0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0)
    ;[left, top, width, height].forEach((number, index) => block.writeUInt16LE(number, 1 + 2 * index))
    return block
  }
  const finding = async (...numbers: Parameters<typeof image>) => checkPhoto(withGifBlock(fixture('photo.gif'), image(...numbers)), limits)
  t.match(await finding(0, 0, 96, 64), { width: 96, height: 64 })
  t.match(await finding(95, 63, 1, 1), { width: 96, height: 64 })
  for (const [left, top, width, height] of [[0, 0, 65535, 65535], [0, 0, 97, 64], [0, 0, 96, 65], [1, 0, 96, 64], [0, 1, 96, 64]] as const) {
    t.equal(await finding(left, top, width, height), 'imageDamaged')
  }
})

t.test('a damaged picture is answered in the envelope, over HTTP and at full size', async (t) => {
  const { app, saved } = await host(t, { imageTypes: limits.imageTypes })
  const payload = Buffer.concat([portrait.subarray(0, 20_000), Buffer.alloc(4_000_000, Buffer.of(0xff, 0x00))])
  assertError(t, await put(app, { payload }), { statusCode: 400, code: 'BadRequest', message: /incomplete or damaged/ })
  t.equal(saved.length, 0)
})
