import { crc32 } from 'node:zlib'
import type { ImageType } from '../../../lib/index.js'
import { partsOf, type Part } from './parts.js'
import type { Random } from './random.js'

/** A file, and what was done to it. */
export interface Damaged { readonly how: string, readonly bytes: Buffer }

type Damage = (file: { type: ImageType, bytes: Buffer, parts: readonly Part[] }, random: Random) => Damaged

const join = (...pieces: Buffer[]): Buffer => Buffer.concat(pieces)
const insert = (bytes: Buffer, at: number, piece: Buffer): Buffer => join(bytes.subarray(0, at), piece, bytes.subarray(at))
const set = (bytes: Buffer, at: number, value: number): Buffer => {
  const changed = Buffer.from(bytes)
  changed[at] = value
  return changed
}

/** What stands in a file of the format, or might: none of it belongs where it is put. */
const strangers: Readonly<Record<ImageType, readonly string[]>> = {
  'image/jpeg': [
    'fffe0002', 'fffe0000', 'ffe00004aaaa', 'ffd9', 'ffd8', 'ffd3', 'ff01', 'ff00', '01020304', 'ffdd00040001', 'ffdb0002',
    'fff00004aaaa', 'ff020004aaaa'
  ],
  'image/png': [
    '0000000374455874610062a8d0b5c8', '0000000374455874610062ffffffff', '00000000494441543527e3f1', '0000000049444154ffffffff',
    '0000000049454e44ae426082', '0000000041424344db1720a5', '0000000361426344000000ffffffff'
  ],
  'image/gif': ['00', '0000', '3b', '21fe016100', '21ff00', '42', '2c000000000100010000020100', '2c00000000ffffffff0002024c0100'],
  'image/webp': ['0000', '00', '6162636400000000', '616263640200000001ff', '5650382000000000', '414e494d06000000000000000000', '564b']
}

/** A byte or a bit of a header: of a frame, a table, a chunk, a block. */
const header: Damage = ({ bytes, parts }, random) => {
  const { name, at, header } = random.oneOf(parts)
  const where = at + random.below(header)
  const old = bytes[where] ?? 0
  const value = random.oneOf([0, 255, (old + 1) & 255, (old + 255) & 255, old ^ 1 << random.below(8), random.below(256)])
  return { how: `byte ${where - at} of ${name}: ${old} is ${value}`, bytes: set(bytes, where, value) }
}

/** The length of a part, which then ends elsewhere. */
const length: Damage = ({ bytes, parts }, random) => {
  const { name, length } = random.oneOf(parts.filter(({ length }) => length !== undefined))
  if (length === undefined) throw new TypeError('filtered above')
  const most = 2 ** (8 * length.bytes)
  const old = length.isLittleEndian === true ? bytes.readUIntLE(length.at, length.bytes) : bytes.readUIntBE(length.at, length.bytes)
  const candidates = [0, 1, 2, old + 1, old - 1, old + 2, old - 2, old + 256, most - 1, most / 2, random.below(most)]
  const value = random.oneOf(candidates.filter((candidate) => candidate >= 0 && candidate < most))
  const changed = Buffer.from(bytes)
  if (length.isLittleEndian === true) changed.writeUIntLE(value, length.at, length.bytes)
  else changed.writeUIntBE(value, length.at, length.bytes)
  return { how: `length of ${name}: ${old} is ${value}`, bytes: changed }
}

const missing: Damage = ({ bytes, parts }, random) => {
  const { name, at, end } = random.oneOf(parts)
  return { how: `${name} is missing`, bytes: join(bytes.subarray(0, at), bytes.subarray(end)) }
}

const twice: Damage = ({ bytes, parts }, random) => {
  const { name, at, end } = random.oneOf(parts)
  const { at: where, name: before } = random.oneOf(parts)
  return { how: `${name} also before ${before}`, bytes: insert(bytes, where, bytes.subarray(at, end)) }
}

const swapped: Damage = ({ bytes, parts }, random) => {
  const index = random.below(Math.max(1, parts.length - 1))
  const [one, other] = parts.slice(index, index + 2)
  if (one === undefined || other === undefined) return { how: 'nothing', bytes }
  return {
    how: `${one.name} and ${other.name} swapped`,
    bytes: join(bytes.subarray(0, one.at), bytes.subarray(other.at, other.end), bytes.subarray(one.at, one.end), bytes.subarray(other.end))
  }
}

const stranger: Damage = ({ type, bytes, parts }, random) => {
  const { name, at } = random.oneOf(parts)
  const piece = random.oneOf(strangers[type])
  return { how: `${piece} before ${name}`, bytes: insert(bytes, at, Buffer.from(piece, 'hex')) }
}

const cut: Damage = ({ bytes, parts }, random) => {
  const { at: start, end } = random.oneOf(parts)
  const at = random.oneOf([random.below(bytes.length), end, start + random.below(12), bytes.length - 1 - random.below(16)])
  return { how: `cut at ${at} of ${bytes.length}`, bytes: bytes.subarray(0, at) }
}

const content: Damage = ({ bytes, parts }, random) => {
  const { name, at, end, header } = random.oneOf(parts)
  const start = Math.min(at + header, end - 1)
  const where = start + random.below(end - start)
  return { how: `byte ${where - at} of ${name} is another`, bytes: set(bytes, where, (bytes[where] ?? 0) ^ 1 << random.below(8)) }
}

const damages: readonly Damage[] = [header, header, header, header, length, missing, twice, swapped, stranger, stranger, cut, content]

/** The file with one thing damaged; some formats count their bytes, and in half of the files they count right again. */
export function damaged (type: ImageType, bytes: Buffer, random: Random): Damaged {
  const parts = partsOf(type, bytes)
  const { how, bytes: result } = random.oneOf(damages)({ type, bytes, parts }, random)
  return random.below(2) === 0 ? { how, bytes: result } : { how: `${how}, recounted`, bytes: recounted(type, result) }
}

function recounted (type: ImageType, bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes)
  if (type === 'image/webp' && changed.length >= 8) changed.writeUInt32LE(changed.length - 8, 4)
  if (type === 'image/png') {
    for (let at = 8; at + 12 <= changed.length;) {
      const end = at + 12 + changed.readUInt32BE(at)
      if (end > changed.length) break
      changed.writeUInt32BE(crc32(changed.subarray(at + 4, end - 4)), end - 4)
      at = end
    }
  }
  return changed
}
