import { byteAt, fault, type ImageSize, type PictureFault } from './format.js'

/** What the frame header says, and scans have to fit. */
export interface Frame {
  readonly isProgressive: boolean
  readonly size: ImageSize
  readonly components: readonly Component[]
}

interface Component {
  readonly id: number
  /** How many blocks of 8 × 8 one unit of an interleaved scan holds, side by side and one below another. */
  readonly across: number
  readonly down: number
  readonly quantizationTable: number
}

const PROGRESSIVE = 0xc2
/** Of a frame, and so of its scans. */
export const mostComponents = 4
const largestFactor = 4
/** The largest that decoders allocate. */
const longestSide = 65_500

/**
 * The frame header, from its length field to its end: Huffman-coded and baseline, extended sequential or progressive.
 * @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf section B.2.2
 */
export function readFrame (bytes: Buffer, marker: number, start: number, end: number): Frame | PictureFault {
  if (marker > PROGRESSIVE) return fault('frameUnsupported', { frame: `SOF${marker - 0xc0}` })
  // Read one by one, here and below: to take a Buffer apart by its iterator costs 3 µs of a request.
  const bits = bytes[start + 2]
  const count = bytes[start + 7] ?? 0
  if (count < 1 || count > mostComponents || end - start !== 8 + 3 * count) return fault('frameMalformed')
  if (bits !== 8) return fault('frameUnsupported', { frame: `${bits} bits` })

  const height = bytes.readUInt16BE(start + 3)
  const width = bytes.readUInt16BE(start + 5)
  if (!isSide(width) || !isSide(height)) return fault('sidesImpossible', { width, height })

  const components: Component[] = []
  for (let at = start + 8; at < end; at += 3) {
    const sampling = byteAt(bytes, at + 1)
    components.push({ id: byteAt(bytes, at), across: sampling >> 4, down: sampling & 0x0f, quantizationTable: byteAt(bytes, at + 2) })
  }
  if (!areSampling(components, 'across') || !areSampling(components, 'down')) return fault('samplingImpossible')
  return { isProgressive: marker === PROGRESSIVE, size: { width, height }, components }
}

function isSide (side: number): boolean {
  return side >= 1 && side <= longestSide
}

/** The standard allows factors that do not divide the largest one, such as 2 beside 3; decoders do not. A factor of 0 divides none. */
function areSampling (components: readonly Component[], side: 'across' | 'down'): boolean {
  let largest = 0
  for (const component of components) largest = Math.max(largest, component[side])
  return components.every(({ [side]: factor }) => factor <= largestFactor && largest % factor === 0)
}
