import sharp from 'sharp'
import root, { type Test } from 'tap'
import type { ImageType } from '../../../lib/index.js'
import { limits, verdictOf } from '../verdicts.js'
import { damaged } from './damage.js'
import { originals } from './originals.js'
import { randomOf } from './random.js'

/** What a judge says of a file: its size, such as `33 x 20`, or the beginning of an error. */
export type Verdict = string

/** Files on which the check and a judge do not agree, and why that is right. */
export interface Kind {
  readonly kind: string
  readonly because: string
  readonly isOne: (ours: Verdict, theirs: Verdict) => boolean
  /** How many of 1000 files may be of it. */
  readonly most: number
}

/** Says what it makes of the file of this number. */
export type Judge = (bytes: Buffer, index: number) => Verdict | Promise<Verdict>

export interface Sample {
  readonly how: string
  readonly bytes: Buffer
}

/** Every run makes the same files, as long as sharp writes the same. */
const seed = 20261126

export const isSize = (verdict: Verdict): boolean => /^\d+ x \d+$/.test(verdict)

/** Everything that sharp writes of a format, and as many files again with one thing damaged. */
export async function samples (type: ImageType, count: number): Promise<Sample[]> {
  const random = randomOf(seed)
  const sound = await originals(type)
  const broken = Array.from({ length: count }, () => {
    const { name, bytes } = random.oneOf(sound)
    const result = damaged(type, bytes, random)
    return { how: `${name}: ${result.how}`, bytes: result.bytes }
  })
  return [...sound.map(({ name, bytes }) => ({ how: `${name}: as it is`, bytes })), ...broken]
}

/** Decodes the first picture of a file, whole; warnings that browsers do not give pass. */
export async function byLibvips (bytes: Buffer): Promise<Verdict> {
  try {
    const { info } = await sharp(bytes, { failOn: 'error', limitInputPixels: limits.maxPixels }).raw().toBuffer({ resolveWithObject: true })
    return `${info.width} x ${info.height}`
  } catch (error) {
    return String(error)
  }
}

/** Where the check and the judge differ it is by a named kind, and by none more often than it may be. */
export async function assertAgreement (t: Test, files: readonly Sample[], kinds: readonly Kind[], judge: Judge): Promise<void> {
  const counts = new Map(kinds.map(({ kind }) => [kind, 0]))
  const unexplained: Array<Sample & { ours: Verdict, theirs: Verdict }> = []
  for (const [index, file] of files.entries()) {
    const ours = await verdictOf(file.bytes)
    const theirs = await judge(file.bytes, index)
    if (isSize(ours) ? ours === theirs : !isSize(theirs)) continue
    const kind = kinds.find(({ isOne }) => isOne(ours, theirs))
    if (kind === undefined) unexplained.push({ ...file, ours, theirs })
    else counts.set(kind.kind, (counts.get(kind.kind) ?? 0) + 1)
  }
  const table = [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')
  root.comment(`${t.name}: ${files.length} files of seed ${seed}; not agreed: ${table}`)
  const [smallest] = unexplained.sort((one, other) => one.bytes.length - other.bytes.length)
  const shown = smallest && { ...smallest, bytes: smallest.bytes.toString('base64'), seed }
  t.strictSame(shown, undefined, `${unexplained.length} files are judged differently for no known reason`)
  const tooMany = kinds.filter(({ kind, most }) => (counts.get(kind) ?? 0) * 1000 > most * files.length)
  t.strictSame(tooMany.map(({ kind }) => kind), [], 'no kind is more frequent than it may be')
}
