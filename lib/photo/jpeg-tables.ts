import { byteAt } from './format.js'

/** Which tables are defined so far, a 1 for each; the Huffman tables for AC have an index with the bit `AC`. */
export interface Tables {
  readonly quantization: Uint8Array
  readonly huffman: Uint8Array
}

/** The class of a Huffman table, in the byte that names it. */
export const AC = 0x10

const mostTables = 4
const mostSymbols = 256
const mostBits = 15

/**
 * Notes the tables that a segment defines, from its length field to its end; false if it is malformed.
 * @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf section B.2.4.1
 */
export function addQuantizationTables ({ quantization }: Tables, bytes: Buffer, start: number, end: number): boolean {
  let position = start + 2
  while (position < end) {
    const head = byteAt(bytes, position)
    const table = head & 0x0f
    if (table >= mostTables) return false
    quantization[table] = 1
    position += head >> 4 === 0 ? 65 : 129
  }
  return position === end
}

/**
 * Notes the tables that a segment defines, from its length field to its end; false if it is malformed, if there are more codes
 * than their lengths have room for, that of all ones left out, or if a DC difference would have more bits than any can have.
 * @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf section B.2.4.2 and annex C
 */
export function addHuffmanTables ({ huffman }: Tables, bytes: Buffer, start: number, end: number): boolean {
  let position = start + 2
  while (position + 17 <= end) {
    const table = byteAt(bytes, position)
    let symbols = 0
    let nextCode = 0
    for (let length = 1; length <= 16; length++) {
      const count = byteAt(bytes, position + length)
      symbols += count
      nextCode = 2 * nextCode + count
      if (nextCode >= 1 << length) return false
    }
    const next = position + 17 + symbols
    if ((table & 0xef) >= mostTables || symbols > mostSymbols || next > end) return false
    if (table < AC && hasLongDifference(bytes, position + 17, next)) return false
    huffman[table] = 1
    position = next
  }
  return position === end
}

function hasLongDifference (bytes: Buffer, start: number, end: number): boolean {
  for (let position = start; position < end; position++) if (byteAt(bytes, position) > mostBits) return true
  return false
}
