import type { ImageType } from '../../../lib/index.js'
import { marker, parts as segments } from '../../fixtures/jpeg-segments.js'
import { chunks } from '../../fixtures/png-chunks.js'

/** A segment, chunk or block of a file, and where its length is written. */
export interface Part {
  readonly name: string
  readonly at: number
  readonly end: number
  /** How long its header is, its fields included: what damage goes for. */
  readonly header: number
  readonly length?: { readonly at: number, readonly bytes: number, readonly isLittleEndian?: boolean }
}

/** The parts of a well-formed file, one after another, its signature left out. */
export function partsOf (type: ImageType, bytes: Buffer): readonly Part[] {
  return split[type](bytes)
}

const split: Readonly<Record<ImageType, (bytes: Buffer) => readonly Part[]>> = {
  'image/jpeg': (bytes) => segments(bytes).slice(1).map(({ code, at, end }) => ({
    name: code.toString(16),
    at,
    end,
    header: code === marker.SOS ? 4 + bytes.readUInt16BE(at + 2) - 2 : Math.min(end - at, 24),
    ...(code !== marker.EOI && (code & 0xf8) !== 0xd0 && { length: { at: at + 2, bytes: 2 } })
  })),
  'image/png': (bytes) => chunks(bytes).map(({ type, at, end }) => ({
    name: type, at, end, header: Math.min(end - at, 24), length: { at, bytes: 4 }
  })),
  'image/gif': gifBlocks,
  'image/webp': webpChunks
}

function gifBlocks (bytes: Buffer): readonly Part[] {
  const table = (flags: number): number => (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1)
  const afterSubBlocks = (at: number): number => bytes[at] === 0 ? at + 1 : afterSubBlocks(at + 1 + bytes.readUInt8(at))
  const screenEnd = 13 + table(bytes.readUInt8(10))
  const found: Part[] = [{ name: 'screen', at: 6, end: screenEnd, header: 7 }]
  for (let at = screenEnd; at < bytes.length;) {
    const isImage = bytes[at] === 0x2c
    const data = isImage ? at + 11 + table(bytes.readUInt8(at + 9)) : at + 2
    const end = bytes[at] === 0x3b ? at + 1 : afterSubBlocks(data)
    const header = isImage ? 11 : Math.min(end - at, 8)
    found.push({ name: bytes.toString('hex', at, at + 1), at, end, header, ...(end > at + 1 && { length: { at: data, bytes: 1 } }) })
    at = end
  }
  return found
}

function webpChunks (bytes: Buffer): readonly Part[] {
  const found: Part[] = []
  for (let at = 12; at < bytes.length;) {
    const length = bytes.readUInt32LE(at + 4)
    const end = at + 8 + length + length % 2
    const written = { at: at + 4, bytes: 4, isLittleEndian: true }
    found.push({ name: bytes.toString('latin1', at, at + 4), at, end, header: Math.min(end - at, 34), length: written })
    at = end
  }
  return found
}
