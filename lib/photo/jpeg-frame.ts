import { fault, type ImageSize, type PictureFault } from './format.js'

/** What the frame header says, and scans have to fit. */
export interface Frame {
  readonly isProgressive: boolean
  readonly size: ImageSize
  readonly components: readonly Component[]
}

interface Component {
  readonly id: number
  /** How many blocks of 8 × 8 one unit of an interleaved scan holds. */
  readonly blocks: number
  readonly quantizationTable: number
}

const PROGRESSIVE = 0xc2
const mostComponents = 4
const largestFactor = 4
/** The largest that decoders allocate. */
const longestSide = 65_500

/**
 * The frame header, from its length field to its end: Huffman-coded and baseline, extended sequential or progressive.
 * @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf section B.2.2
 */
export function readFrame (bytes: Buffer, marker: number, start: number, end: number): Frame | PictureFault {
  if (marker > PROGRESSIVE) return fault('frameUnsupported', { frame: `SOF${marker - 0xc0}` })
  const [bits, , , , , count = 0] = bytes.subarray(start + 2, end)
  if (count < 1 || count > mostComponents || end - start !== 8 + 3 * count) return fault('frameMalformed')
  if (bits !== 8) return fault('frameUnsupported', { frame: `${bits} bits` })

  const height = bytes.readUInt16BE(start + 3)
  const width = bytes.readUInt16BE(start + 5)
  if (!isSide(width) || !isSide(height)) return fault('sidesImpossible', { width, height })

  const parts = Array.from({ length: count }, (_, index) => bytes.subarray(start + 8 + 3 * index, start + 11 + 3 * index))
  const across = parts.map(([, sampling = 0]) => sampling >> 4)
  const down = parts.map(([, sampling = 0]) => sampling & 0x0f)
  if (!areSampling(across) || !areSampling(down)) return fault('samplingImpossible')

  const components = parts.map(([id = 0, sampling = 0, quantizationTable = 0]) => (
    { id, blocks: (sampling >> 4) * (sampling & 0x0f), quantizationTable }))
  return { isProgressive: marker === PROGRESSIVE, size: { width, height }, components }
}

function isSide (side: number): boolean {
  return side >= 1 && side <= longestSide
}

/** The standard allows factors that do not divide the largest one, such as 2 beside 3; decoders do not. */
function areSampling (factors: readonly number[]): boolean {
  const largest = Math.max(...factors)
  return factors.every((factor) => factor >= 1 && factor <= largestFactor && largest % factor === 0)
}
