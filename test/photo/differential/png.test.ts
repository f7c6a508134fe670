import t from 'tap'
import { assertAgreement, byLibvips, isSize, samples, type Kind } from './differ.js'

const afterData = ['endMissing', 'chunkIncomplete', 'chunkUnknownCritical', 'checksumWrong', 'chunksApart']

const kinds: readonly Kind[] = [
  {
    kind: 'not read to the end',
    because: 'libvips is content once it has the last row, whatever follows',
    isOne: (ours, theirs) => afterData.includes(ours) && isSize(theirs),
    most: 200
  },
  {
    kind: 'two palettes',
    because: 'libvips takes one of them; browsers refuse the file',
    isOne: (ours, theirs) => ours === 'chunkMisplaced' && isSize(theirs),
    most: 10
  },
  {
    kind: 'compressed data',
    because: 'only inflating sees it',
    isOne: (ours, theirs) => isSize(ours) && /IDAT stream|invalid scanline filter|libspng read error/.test(theirs),
    most: 70
  }
]

t.test('the check agrees with libvips on PNG, but for what is named', async (t) => {
  await assertAgreement(t, await samples('image/png', 2000), kinds, byLibvips)
})
