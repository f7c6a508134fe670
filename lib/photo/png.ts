const IHDR = 0x49484452
const IDAT = 0x49444154
const IEND = 0x49454e44

/**
 * Whether a PNG has its header, picture data and end chunk, each whole.
 * @see https://www.w3.org/TR/png-3/#5DataRep
 */
export function isCompletePng (bytes: Buffer): boolean {
  let hasData = false
  let position = 8
  while (position + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(position)
    const type = bytes.readUInt32BE(position + 4)
    const end = position + 12 + length
    if (end > bytes.length) return false
    if (position === 8 && (type !== IHDR || length !== 13)) return false
    if (type === IDAT && length > 0) hasData = true
    if (type === IEND) return hasData
    position = end
  }
  return false
}
