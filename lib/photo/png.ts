import { crc32 } from 'node:zlib'
import { byteAt, chunkNameAt, fault, type Format, type ImageSize, type PictureFault } from './format.js'

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

const IHDR = 0x49484452
const PLTE = 0x504c5445
const IDAT = 0x49444154
const IEND = 0x49454e44

/** Bit 5 of the first letter: a chunk with it is ancillary, and a decoder that does not know it skips it. */
const ANCILLARY = 0x20000000

const INDEXED = 3

/** 256 colours of three bytes. */
const longestPalette = 768

/** The largest that the standard allows. */
const longestSide = 2 ** 31 - 1

/** The bit depths of each colour type: greyscale, truecolour, indexed, greyscale with alpha, truecolour with alpha. */
const depths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16], 2: [8, 16], [INDEXED]: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]
}

/**
 *     signature IHDR { ancillary chunks, PLTE } IDAT … IDAT { ancillary chunks } IEND anything
 *
 * @see https://www.w3.org/TR/png-3/#5DataRep
 */
export const png: Format = {
  type: 'image/png',
  begins: (bytes) => bytes.subarray(0, signature.length).equals(signature),
  read
}

function read (bytes: Buffer): ImageSize | PictureFault {
  const size = readHeader(bytes)
  if ('reason' in size) return size
  const isIndexed = bytes[25] === INDEXED
  let hasPalette = false
  let hasData = false
  let dataEnd = 0
  let position = 33
  while (position + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(position)
    const type = bytes.readUInt32BE(position + 4)
    const end = position + 12 + length
    if (end > bytes.length) return fault('chunkIncomplete', { chunk: chunkNameAt(bytes, position + 4) })
    if (type === IEND) return hasData ? size : fault('imageMissing')
    if ((type & ANCILLARY) === 0) {
      if (type !== PLTE && type !== IDAT) return fault('chunkUnknownCritical', { chunk: chunkNameAt(bytes, position + 4) })
      if (!hasRightChecksum(bytes, position + 4, end - 4)) return fault('checksumWrong', { chunk: chunkNameAt(bytes, position + 4) })
    }
    if (type === PLTE && dataEnd === 0) {
      if (length === 0 || length > longestPalette || length % 3 !== 0) return fault('chunkMalformed', { chunk: 'PLTE' })
      if (hasPalette) return fault('chunkMisplaced', { chunk: 'PLTE' })
      hasPalette = true
    } else if (type === IDAT) {
      if (isIndexed && !hasPalette) return fault('paletteMissing')
      if (dataEnd !== 0 && dataEnd !== position) return fault('chunksApart')
      if (length > 0) hasData = true
      dataEnd = end
    }
    position = end
  }
  return fault('endMissing')
}

function readHeader (bytes: Buffer): ImageSize | PictureFault {
  if (bytes.length < 33) return fault('chunkIncomplete', { chunk: 'IHDR' })
  if (bytes.readUInt32BE(12) !== IHDR) return fault('headerMissing', { chunk: chunkNameAt(bytes, 12) })
  if (bytes.readUInt32BE(8) !== 13) return fault('chunkMalformed', { chunk: 'IHDR' })
  if (!hasRightChecksum(bytes, 12, 29)) return fault('checksumWrong', { chunk: 'IHDR' })

  const width = bytes.readUInt32BE(16)
  const height = bytes.readUInt32BE(20)
  const [depth = 0, colorType = 0, compression = 0, filter = 0, interlace = 0] = bytes.subarray(24, 29)
  const isPossible = depths[colorType]?.includes(depth) === true && compression === 0 && filter === 0 && interlace <= 1
  if (!isPossible) return fault('headerImpossible', { depth, colorType, compression, filter, interlace })
  return isSide(width) && isSide(height) ? { width, height } : fault('sidesImpossible', { width, height })
}

function isSide (side: number): boolean {
  return side >= 1 && side <= longestSide
}

/** Below this many bytes a call of zlib takes longer than to look at them here. */
const fewBytes = 64

function hasRightChecksum (bytes: Buffer, start: number, end: number): boolean {
  const checksum = end - start < fewBytes ? shortCrc32(bytes, start, end) : crc32(bytes.subarray(start, end))
  return checksum === bytes.readUInt32BE(end)
}

const remainders = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0)
  return remainder
})

/** @see https://www.w3.org/TR/png-3/#D-CRCAppendix */
function shortCrc32 (bytes: Buffer, start: number, end: number): number {
  let remainder = -1
  for (let position = start; position < end; position++) {
    const remainderOfByte = remainders[(remainder ^ byteAt(bytes, position)) & 0xff] as number // one for each byte
    remainder = (remainder >>> 8) ^ remainderOfByte
  }
  return ~remainder >>> 0
}
