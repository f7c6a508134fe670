import t from 'tap'
import type { ImageType } from '../../../lib/index.js'
import { assertAgreement, isSize, samples, type Kind } from '../../photo/differential/differ.js'
import { findChromium, judgedByChromium } from './chromium.js'

const chromium = findChromium()
const skip = chromium === undefined && 'Chromium is not installed'
const refusedThoughShown = (reasons: readonly string[]) => (ours: string, theirs: string) => reasons.includes(ours) && isSize(theirs)
const acceptedThoughNotShown = (ours: string, theirs: string) => isSize(ours) && !isSize(theirs)

const kinds: Readonly<Record<ImageType, readonly Kind[]>> = {
  'image/jpeg': [
    {
      kind: 'what follows the picture data',
      because: 'Chromium looks at it once it has all that it shows; libvips does not',
      isOne: acceptedThoughNotShown,
      most: 15
    },
    { kind: 'no picture data', because: 'it shows grey', isOne: refusedThoughShown(['scanMissing']), most: 5 },
    { kind: 'arithmetic coding', because: 'few browsers decode it', isOne: refusedThoughShown(['frameUnsupported']), most: 5 }
  ],
  'image/png': [
    {
      kind: 'what follows the picture data',
      because: 'it is content once it has the last row; the file is not whole',
      isOne: refusedThoughShown(['endMissing', 'chunkIncomplete', 'chunkUnknownCritical', 'checksumWrong', 'chunksApart']),
      most: 130
    },
    { kind: 'compressed data', because: 'only inflating sees it', isOne: acceptedThoughNotShown, most: 70 }
  ],
  'image/gif': [
    {
      kind: 'what follows the first image',
      because: 'it shows the first image of a file that is damaged or cut behind it',
      isOne: refusedThoughShown(['blockUnknown', 'blockIncomplete']),
      most: 170
    },
    { kind: 'LZW codes, and lengths of extensions', because: 'only decoding sees the codes', isOne: acceptedThoughNotShown, most: 80 }
  ],
  'image/webp': [
    { kind: 'picture data', because: 'only decoding sees it', isOne: acceptedThoughNotShown, most: 140 },
    {
      kind: 'frames in frames',
      because: 'it skips what is left over of a frame',
      isOne: refusedThoughShown(['chunkMisplaced', 'chunkIncomplete', 'bytesLeftOver']),
      most: 5
    }
  ]
}

for (const type of ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] as const) {
  t.test(`the check agrees with Chromium on ${type}, but for what is named`, { skip }, async (t) => {
    const files = await samples(type, 1000)
    const verdicts = await judgedByChromium(chromium ?? '', type, files.map(({ bytes }) => bytes))
    await assertAgreement(t, files, kinds[type], (_bytes, index) => verdicts[index] ?? 'no verdict')
  })
}
