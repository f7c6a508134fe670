import fc from 'fast-check'
import t from 'tap'
import { checkPhoto } from '../../lib/photo/index.js'
import { comment, image, screen, subBlocks, trailer } from '../fixtures/gif-blocks.js'
import { acceptedJpegs, acceptedOthers, fixture, portrait, refusedJpegs } from '../fixtures/pictures.js'
import { chunk, pictureOf, riff } from '../fixtures/webp-chunks.js'
import { assertError, host, put } from '../helpers/host.js'
import { mutated } from './mutations.js'
import { assertVerdicts, limits, verdictOf } from './verdicts.js'

/** fast-check prints it, and the way to the smallest failing picture, where a test fails. */
const seed = 20261122

function isSound (bytes: Buffer, finding: Awaited<ReturnType<typeof checkPhoto>>): boolean {
  if ('reason' in finding) return Object.values(finding.facts).every((fact) => /^[ -~]*$/.test(`${fact}`))
  const { data, contentType, width, height } = finding
  return data === bytes && limits.imageTypes.includes(contentType) &&
    Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0 && width * height <= limits.maxPixels
}

const jpegs = [...acceptedJpegs, ...refusedJpegs].map(([, bytes]) => bytes)
const small = jpegs.filter((bytes) => bytes.length < 50_000)
const others = ['image/png', 'image/gif', 'image/webp'].map((wanted) => (
  acceptedOthers.filter(([, , type]) => type === wanted).map(([, bytes]) => bytes)))
const pictures = [small, small, ...others]

t.test('10,000 mutated pictures are each accepted or refused, and none fails', async (t) => {
  const outcomes = new Set<string>()
  await fc.assert(fc.asyncProperty(mutated(pictures), async (bytes) => {
    const finding = await checkPhoto(bytes, limits)
    outcomes.add('reason' in finding ? finding.reason : finding.contentType)
    return isSound(bytes, finding)
  }), { seed, numRuns: 10_000 })
  t.strictSame(['notAnImage', 'endMissing', 'checksumWrong', 'blockIncomplete', 'chunkIncomplete', 'pixelsTooMany', ...limits.imageTypes]
    .filter((outcome) => !outcomes.has(outcome)), [], 'the mutations lead everywhere')
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
    ['notAnImage', 'bodyIsJson'].includes(await verdictOf(Buffer.from(bytes)))
  )), { seed, numRuns: 500 })
})

t.test('a picture has no other size than the one in its own header', async (t) => {
  const svg = Buffer.from('<svg width="1" height="1">')
  const drawing = Buffer.concat([
    screen({ width: 9, height: 9 }), comment.subarray(0, 2), subBlocks(svg), image({ width: 2, height: 2 }), trailer])
  const ofAnotherVersion = Buffer.from(drawing)
  ofAnotherVersion.write('GIF88a')
  await assertVerdicts(t, {
    'an SVG in the comment of a GIF': [drawing, '9 x 9'],
    'an SVG in the comment of a GIF of an unknown version': [ofAnotherVersion, 'notAnImage'],
    'an SVG in the first chunk of a WebP': [riff(chunk('text', svg), pictureOf(fixture('lossy.webp'))), 'chunkMisplaced'],
    'an SVG in a chunk of a WebP': [riff(pictureOf(fixture('lossy.webp')), chunk('text', svg)), '96 x 64'],
    'a GIF in a JPEG': [Buffer.concat([portrait, drawing]), '648 x 648']
  })
})

t.test('a damaged picture is answered in the envelope, over HTTP and at full size', async (t) => {
  const { app, saved } = await host(t, { imageTypes: limits.imageTypes })
  const payload = Buffer.concat([portrait.subarray(0, 20_000), Buffer.alloc(4_000_000, Buffer.of(0xff, 0x00))])
  assertError(t, await put(app, { payload }), { statusCode: 400, code: 'BadRequest', message: /incomplete or damaged/ })
  t.equal(saved.length, 0)
})
