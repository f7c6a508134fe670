import { byteAt, fault, type PictureFault } from './format.js'
import { mostComponents, type Frame } from './jpeg-frame.js'
import { AC, type Tables } from './jpeg-tables.js'

/** What a scan brings of its blocks: coefficients Ss to Se, down to bit Al; Ah is 0, or the lowest bit brought before. */
interface Part {
  readonly Ss: number
  readonly Se: number
  readonly Ah: number
  readonly Al: number
}

const mostBlocks = 10

/** Decoders know the tables that the standard suggests, numbers 0 and 1: frames of motion JPEG come without. */
const suggestedTables = 2

/**
 * Why a scan header, from its length field on, does not fit the frame and the tables before it.
 * @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf section B.2.3
 */
export function findScanFault (bytes: Buffer, start: number, frame: Frame, tables: Tables): PictureFault | undefined {
  const length = bytes.readUInt16BE(start)
  const count = bytes[start + 2] ?? 0
  if (count < 1 || count > mostComponents || length !== 6 + 2 * count) return fault('scanMalformed')
  const part = partAt(bytes, start + 3 + 2 * count)
  if (frame.isProgressive && !isProgression(part, count)) return fault('progressionImpossible', { ...part })

  let next = 0
  let blocks = 0
  for (let position = start + 3; position < start + 3 + 2 * count; position += 2) {
    // "The ordering in the scan header shall follow the ordering in the frame header."
    let component = frame.components[next++]
    while (component !== undefined && component.id !== bytes[position]) component = frame.components[next++]
    if (component === undefined) return fault('scanComponentUnknown', { component: byteAt(bytes, position) })
    if (tables.quantization[component.quantizationTable] !== 1) {
      return fault('quantizationTableMissing', { table: component.quantizationTable })
    }
    if (!hasHuffmanTables(byteAt(bytes, position + 1), frame.isProgressive ? part : undefined, tables)) return fault('huffmanTableMissing')
    blocks += component.across * component.down
  }
  return count > 1 && blocks > mostBlocks ? fault('samplingImpossible') : undefined
}

function partAt (bytes: Buffer, position: number): Part {
  const bits = byteAt(bytes, position + 2)
  return { Ss: byteAt(bytes, position), Se: byteAt(bytes, position + 1), Ah: bits >> 4, Al: bits & 0x0f }
}

/**
 * Sequential scans bring everything, whatever they say: real cameras write an Se of 0.
 * @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf section G.1.1.1
 */
function isProgression ({ Ss, Se, Ah, Al }: Part, count: number): boolean {
  const isBand = Ss === 0 ? Se === 0 : Ss <= Se && Se <= 63 && count === 1
  return isBand && Al <= 13 && (Ah === 0 || Al === Ah - 1)
}

/** A scan of a progressive frame uses one of its two tables, and for finer bits of the DC coefficient none. */
function hasHuffmanTables (selectors: number, part: Part | undefined, { huffman }: Tables): boolean {
  const dc = selectors >> 4
  const ac = selectors & 0x0f
  if (part === undefined) return (dc < suggestedTables || huffman[dc] === 1) && (ac < suggestedTables || huffman[AC | ac] === 1)
  return part.Ss > 0 ? huffman[AC | ac] === 1 : part.Ah > 0 || huffman[dc] === 1
}
