import { fault, type Format, type ImageSize, type PictureFault } from './format.js'

const versions = ['GIF87a', 'GIF89a']

const IMAGE = 0x2c
const EXTENSION = 0x21
const TRAILER = 0x3b
const PADDING = 0x00

/**
 *     GIF8xa screen [colour table] { 21 label sub-blocks | 2C image [colour table] code size, sub-blocks } 3B anything
 *
 * Once there is an image, browsers also show it with zeros between the blocks, or without the trailer.
 * @see https://www.w3.org/Graphics/GIF/spec-gif89a.txt
 */
export const gif: Format = {
  type: 'image/gif',
  begins: (bytes) => versions.includes(bytes.toString('latin1', 0, 6)),
  read
}

function read (bytes: Buffer): ImageSize | PictureFault {
  if (bytes.length < 13) return fault('blockIncomplete', { block: 'logical screen' })
  let size: ImageSize | undefined
  let position = 13 + colorTableSize(bytes[10])
  for (;;) {
    const block = bytes[position]
    if (block === undefined || block === TRAILER) return size ?? fault('imageMissing')
    if (block === PADDING && size !== undefined) {
      position++
    } else if (block === EXTENSION) {
      position = afterSubBlocks(bytes, position + 2)
    } else if (block === IMAGE) {
      const data = position + 11 + colorTableSize(bytes[position + 9])
      if (size === undefined) {
        const first = bytes[data]
        if (first === undefined) return fault('blockIncomplete', { block: 'image' })
        if (first === 0) return fault('imageMissing')
        size = sizeOf(bytes, position)
        if (size.width === 0 || size.height === 0) return fault('sidesImpossible', { ...size })
      }
      position = afterSubBlocks(bytes, data)
    } else {
      return fault('blockUnknown', { block: block.toString(16) })
    }
    if (position > bytes.length) return fault('blockIncomplete', { block: block === IMAGE ? 'image' : 'extension' })
  }
}

/** What decoders allocate: the logical screen, or more where the first image, whose header is whole, reaches beyond it. */
function sizeOf (bytes: Buffer, image: number): ImageSize {
  const number = (position: number): number => bytes.readUInt16LE(position)
  return {
    width: Math.max(number(6), number(image + 1) + number(image + 5)),
    height: Math.max(number(8), number(image + 3) + number(image + 7))
  }
}

function colorTableSize (flags = 0): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1)
}

/** Each sub-block begins with its length, and one of length 0 ends the sequence; where none does, the end lies nowhere. */
function afterSubBlocks (bytes: Buffer, start: number): number {
  let position = start
  for (;;) {
    const length = bytes[position]
    if (length === undefined) return Infinity
    position += length + 1
    if (length === 0) return position
  }
}
