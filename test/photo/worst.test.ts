import { fileTypeFromBuffer } from 'file-type'
import t from 'tap'
import { checkPhoto } from '../../lib/photo/index.js'
import { worstPictures } from '../bench/worst-pictures.js'
import { host, put } from '../helpers/host.js'
import { limits } from './verdicts.js'

/** Milliseconds; the bench holds 45 on an idle machine, and a machine under load may be several times slower. */
const longest = 400

/** The quickest of a few checks: a pause of the machine's is not the picture's fault. */
async function timeOf (bytes: Buffer): Promise<number> {
  let took = Infinity
  for (let attempt = 1; ; attempt++) {
    const start = performance.now()
    await checkPhoto(bytes, limits)
    took = Math.min(took, performance.now() - start)
    if (took <= longest || attempt === 5) return took
  }
}

t.test('the worst shapes, 4 MiB each, are told in time', async (t) => {
  const times: Record<string, number> = {}
  for (const [name, bytes] of Object.entries(worstPictures)) times[name] = await timeOf(bytes)
  t.strictSame(Object.entries(times).filter(([, took]) => took > longest), [])
  t.strictSame(Object.entries(worstPictures).filter(([, { length }]) => length !== 4 * 1024 * 1024), [])
})

const jpegXl = Buffer.from('0000000c4a584c200d0a870a', 'hex')

/** Each made an image library loop for ever, or for minutes: image-size 1 and 2, and file-type before 21.3.1. */
const advisories: Readonly<Record<string, Buffer>> = {
  'ICNS, an entry of length 0 (CVE-2025-29775 and after)': Buffer.from('69636e730000001069633037' + '00000000', 'hex'),
  'ICNS, longer than the bytes': Buffer.from('69636e73ffffffff6963303700000000', 'hex'),
  'JPEG XL, a box of length 0': Buffer.from('0000000c4a584c200d0a870a00000014667479706a786c20000000006a786c20000000006a786c70', 'hex'),
  'JPEG XL, boxes of length 0 for ever': Buffer.concat([jpegXl, Buffer.alloc(4000, '\0\0\0\0jxlp')]),
  'JPEG XL, a box of 64 bits': Buffer.concat([jpegXl, Buffer.alloc(4000, '\0\0\0\x01jxlc')]),
  'HEIF, a box of length 0': Buffer.from('000000186674797068656963000000006d69663168656963' + '000000006d657461', 'hex'),
  'JPEG 2000, a box of length 0': Buffer.from('0000000c6a5020200d0a870a000000006a703268', 'hex'),
  'TIFF, a directory that is its own next': Buffer.from('49492a00080000000000' + '08000000', 'hex'),
  'ASF, an object of length 0': Buffer.concat([Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex'), Buffer.alloc(4000)])
}

t.test('what made image libraries loop is answered at once, and file-type alone answers too', async (t) => {
  const { app, saved } = await host(t)
  const statuses: number[] = []
  for (const payload of Object.values(advisories)) {
    statuses.push((await put(app, { payload })).statusCode)
    await fileTypeFromBuffer(payload)
  }
  t.strictSame(statuses, Object.values(advisories).map(() => 400))
  t.equal(saved.length, 0)
})
