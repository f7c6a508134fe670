import t from 'tap'
import { assertAgreement, byLibvips, isSize, samples, type Kind } from './differ.js'

const kinds: readonly Kind[] = [
  {
    kind: 'what follows the first image',
    because: 'libvips shows the first image of a file that is damaged or cut behind it; it is not the file that was sent',
    isOne: (ours, theirs) => ['blockUnknown', 'blockIncomplete'].includes(ours) && isSize(theirs),
    most: 170
  },
  {
    kind: 'an image without data',
    because: 'libvips shows nothing; browsers refuse it',
    isOne: (ours, theirs) => ours === 'imageMissing' && isSize(theirs),
    most: 20
  },
  {
    kind: 'a large screen',
    because: 'libvips does not believe a screen of more than 2,048, and shows the first image alone; browsers believe it',
    isOne: (ours, theirs) => isSize(ours) && isSize(theirs) && ours.split(' x ').some((side) => Number(side) > 2048),
    most: 40
  },
  {
    kind: 'LZW codes',
    because: 'only decoding sees them',
    isOne: (ours, theirs) => isSize(ours) && /Invalid frame data|pixel limit/.test(theirs),
    most: 30
  },
  {
    kind: 'extensions that are empty or of another length',
    because: 'libvips goes by their contents; browsers skip them',
    isOne: (ours, theirs) => isSize(ours) && /Unexpected end of GIF|no frames in GIF/.test(theirs),
    most: 30
  }
]

t.test('the check agrees with libvips on GIF, but for what is named', async (t) => {
  await assertAgreement(t, await samples('image/gif', 2000), kinds, byLibvips)
})
