import t from 'tap'
import { assertAgreement, byLibvips, isSize, samples, type Kind } from './differ.js'

const kinds: readonly Kind[] = [
  {
    kind: 'not read to the end',
    because: 'libvips is content once it has the last row; browsers lose it without an end, and refuse what is broken before the end',
    isOne: (ours, theirs) => ['endMissing', 'segmentOverrun', 'frameRepeated', 'tableMalformed'].includes(ours) && isSize(theirs),
    most: 25
  },
  {
    kind: 'bytes before the first marker',
    because: 'libjpeg looks for a marker anywhere; nothing else takes such a file for a JPEG',
    isOne: (ours, theirs) => ours === 'notAnImage' && isSize(theirs),
    most: 5
  },
  {
    kind: 'no picture data',
    because: 'libjpeg shows grey; a scan has at least one code',
    isOne: (ours, theirs) => ours === 'scanMissing' && isSize(theirs),
    most: 5
  },
  {
    kind: 'arithmetic coding',
    because: 'few browsers decode it',
    isOne: (ours, theirs) => ours === 'frameUnsupported' && isSize(theirs),
    most: 5
  },
  {
    kind: 'picture data',
    because: 'only decoding sees it, and browsers show it',
    isOne: (ours, theirs) => isSize(ours) && /Corrupt JPEG data|Inconsistent progression/.test(theirs),
    most: 10
  },
  {
    kind: 'arithmetic tables',
    because: 'a segment that only arithmetic coding needs is skipped',
    isOne: (ours, theirs) => isSize(ours) && /DAC/.test(theirs),
    most: 2
  }
]

t.test('the check agrees with libvips on JPEG, but for what is named', async (t) => {
  await assertAgreement(t, await samples('image/jpeg', 2000), kinds, byLibvips)
})
