import t from 'tap'
import { assertAgreement, byLibvips, isSize, samples, type Kind } from './differ.js'

const kinds: readonly Kind[] = [
  {
    kind: 'picture data',
    because: 'only decoding sees it',
    isOne: (ours, theirs) => isSize(ours) && /unable to read pixels/.test(theirs),
    most: 140
  },
  {
    kind: 'chunks that are not looked at',
    because: 'libvips reads no further than to the picture, and skips what is left over of a frame',
    isOne: (ours, theirs) => ['chunkIncomplete', 'chunkMisplaced', 'bytesLeftOver'].includes(ours) && isSize(theirs),
    most: 5
  },
  {
    kind: 'long sides',
    because: 'libvips shows no animation of more than 16,383 in a row; browsers do',
    isOne: (ours, theirs) => isSize(ours) && /bad image dimensions/.test(theirs),
    most: 6
  }
]

t.test('the check agrees with libvips on WebP, but for what is named', async (t) => {
  await assertAgreement(t, await samples('image/webp', 2000), kinds, byLibvips)
})
