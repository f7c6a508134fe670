const IMAGE = 0x2c
const EXTENSION = 0x21
const TRAILER = 0x3b

/**
 * Whether a GIF has a whole image and its trailer.
 * @see https://www.w3.org/Graphics/GIF/spec-gif89a.txt
 */
export function isCompleteGif (bytes: Buffer): boolean {
  let hasImage = false
  let position = 13 + colorTableSize(bytes[10])
  for (;;) {
    const block = bytes[position]
    if (block === TRAILER) return hasImage
    if (block === EXTENSION) {
      position = afterSubBlocks(bytes, position + 2)
    } else if (block === IMAGE) {
      const data = position + 11 + colorTableSize(bytes[position + 9])
      if (!bytes[data] || !isOnScreen(bytes, position)) return false
      position = afterSubBlocks(bytes, data)
      hasImage = true
    } else {
      return false
    }
  }
}

/** An image that reaches beyond the logical screen would let the screen lie about the size. */
function isOnScreen (bytes: Buffer, image: number): boolean {
  const number = (position: number): number => bytes.readUInt16LE(position)
  return number(image + 1) + number(image + 5) <= number(6) && number(image + 3) + number(image + 7) <= number(8)
}

function colorTableSize (flags = 0): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1)
}

/** Each sub-block begins with its length; one of length 0 ends the sequence. */
function afterSubBlocks (bytes: Buffer, start: number): number {
  let position = start
  let length: number | undefined
  while ((length = bytes[position]) !== undefined) {
    position += length + 1
    if (length === 0) return position
  }
  return bytes.length
}
