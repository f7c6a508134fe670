import { chunkNameAt, fault, type Format, type ImageSize, type PictureFault } from './format.js'

const fourCc = (name: string): number => Buffer.from(name).readUInt32LE()

const VP8 = fourCc('VP8 ')
const VP8L = fourCc('VP8L')
const VP8X = fourCc('VP8X')
const ALPH = fourCc('ALPH')
const ANIM = fourCc('ANIM')
const ANMF = fourCc('ANMF')

const ANIMATION_FLAG = 0x02
const RESERVED_FLAGS = 0xc1

type Visit = (name: number, start: number, length: number) => PictureFault | undefined

/**
 *     simple:    RIFF size WEBP { VP8 | VP8L } anything
 *     still:     RIFF size WEBP VP8X { [ALPH] VP8 | VP8L } anything
 *     animation: RIFF size WEBP VP8X ANIM { ANMF frame { [ALPH] VP8 | VP8L } } anything
 *
 * Chunks of other names stand anywhere after the first.
 * @see https://www.rfc-editor.org/rfc/rfc9649
 */
export const webp: Format = {
  type: 'image/webp',
  begins: (bytes) => bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP',
  read
}

function read (bytes: Buffer): ImageSize | PictureFault {
  const end = 8 + bytes.readUInt32LE(4)
  if (end > bytes.length) return fault('chunkIncomplete', { chunk: 'RIFF' })
  if (end < 20) return fault('imageMissing')
  const name = bytes.readUInt32LE(12)
  const length = bytes.readUInt32LE(16)
  const next = 20 + length + length % 2
  if (next > end) return fault('chunkIncomplete', { chunk: chunkNameAt(bytes, 12) })
  if (name === VP8X) return readExtended(bytes, next, end)
  if (name !== VP8 && name !== VP8L) return fault('chunkMisplaced', { chunk: chunkNameAt(bytes, 12) })
  return visitChunks(bytes, next, end, () => undefined) ?? pictureSize(bytes, name, 20, length)
}

function readExtended (bytes: Buffer, start: number, end: number): ImageSize | PictureFault {
  const flags = bytes.readUInt8(20)
  if (bytes.readUInt32LE(16) < 10 || (flags & RESERVED_FLAGS) !== 0) return fault('chunkMalformed', { chunk: 'VP8X' })
  const canvas = { width: 1 + bytes.readUIntLE(24, 3), height: 1 + bytes.readUIntLE(27, 3) }
  if ((flags & ANIMATION_FLAG) !== 0) return readAnimation(bytes, start, end, canvas)
  const size = readPicture(bytes, start, end)
  if ('reason' in size) return size
  return size.width === canvas.width && size.height === canvas.height ? size : canvasMismatch(size, canvas)
}

function readAnimation (bytes: Buffer, start: number, end: number, canvas: ImageSize): ImageSize | PictureFault {
  let hasHeader = false
  let hasFrame = false
  const found = visitChunks(bytes, start, end, (name, position, length) => {
    if (name === ANIM) {
      hasHeader = true
      return length < 5 ? fault('chunkMalformed', { chunk: 'ANIM' }) : undefined
    }
    if (name === ANMF && hasHeader) {
      hasFrame = true
      return findFrameFault(bytes, position, length, canvas)
    }
    const isMisplaced = isPartOfPicture(name) || name === ANMF || name === VP8X
    return isMisplaced ? fault('chunkMisplaced', { chunk: chunkNameAt(bytes, position - 8) }) : undefined
  })
  return found ?? (hasFrame ? canvas : fault('imageMissing'))
}

function findFrameFault (bytes: Buffer, position: number, length: number, canvas: ImageSize): PictureFault | undefined {
  const start = position + 16
  if (length < 24) return fault('chunkMalformed', { chunk: 'ANMF' })
  const first = bytes.readUInt32LE(start)
  if (!isPartOfPicture(first)) return fault('chunkMisplaced', { chunk: chunkNameAt(bytes, start) })
  const size = readPicture(bytes, start, position + length + length % 2)
  if ('reason' in size) return size
  const right = 2 * bytes.readUIntLE(position, 3) + size.width
  const bottom = 2 * bytes.readUIntLE(position + 3, 3) + size.height
  return right <= canvas.width && bottom <= canvas.height ? undefined : canvasMismatch({ width: right, height: bottom }, canvas)
}

function isPartOfPicture (name: number): boolean {
  return name === VP8 || name === VP8L || name === ALPH
}

/** The one picture among some chunks: a lossy one may have its transparency right before it, a lossless one has it inside. */
function readPicture (bytes: Buffer, start: number, end: number): ImageSize | PictureFault {
  let size: ImageSize | PictureFault | undefined
  let before = 0
  const found = visitChunks(bytes, start, end, (name, position, length) => {
    const isMisplaced = size === undefined ? name === ANIM || (before === ALPH && name !== VP8) : isPartOfPicture(name)
    if (isMisplaced || name === ANMF || name === VP8X) return fault('chunkMisplaced', { chunk: chunkNameAt(bytes, position - 8) })
    if (name === VP8 || name === VP8L) size = pictureSize(bytes, name, position, length)
    before = name
    return undefined
  })
  return found ?? size ?? fault('imageMissing')
}

function pictureSize (bytes: Buffer, name: number, start: number, length: number): ImageSize | PictureFault {
  return name === VP8 ? lossySize(bytes, start, length) : losslessSize(bytes, start, length)
}

/** @see https://www.rfc-editor.org/rfc/rfc6386#section-9.1 a key frame that is shown, and whose first part is whole */
function lossySize (bytes: Buffer, start: number, length: number): ImageSize | PictureFault {
  if (length < 10) return fault('chunkMalformed', { chunk: 'VP8' })
  const tag = bytes.readUIntLE(start, 3)
  const isShownKeyFrame = (tag & 0x11) === 0x10 && (tag >> 1 & 7) <= 3 && tag >> 5 < length
  if (!isShownKeyFrame || bytes.readUIntBE(start + 3, 3) !== 0x9d012a) return fault('chunkMalformed', { chunk: 'VP8' })
  const width = bytes.readUInt16LE(start + 6) & 0x3fff
  const height = bytes.readUInt16LE(start + 8) & 0x3fff
  return width > 0 && height > 0 ? { width, height } : fault('sidesImpossible', { width, height })
}

/** @see https://www.rfc-editor.org/rfc/rfc9649#section-3.4 */
function losslessSize (bytes: Buffer, start: number, length: number): ImageSize | PictureFault {
  if (length < 5 || bytes[start] !== 0x2f) return fault('chunkMalformed', { chunk: 'VP8L' })
  const bits = bytes.readUInt32LE(start + 1)
  const version = bits >>> 29
  if (version !== 0) return fault('chunkMalformed', { chunk: 'VP8L' })
  return { width: 1 + (bits & 0x3fff), height: 1 + (bits >>> 14 & 0x3fff) }
}

/** Every chunk is whole, its padding included, and nothing lies between the last one and the end. */
function visitChunks (bytes: Buffer, start: number, end: number, visit: Visit): PictureFault | undefined {
  let position = start
  while (position + 8 <= end) {
    const name = bytes.readUInt32LE(position)
    const length = bytes.readUInt32LE(position + 4)
    const next = position + 8 + length + length % 2
    if (next > end) return fault('chunkIncomplete', { chunk: chunkNameAt(bytes, position) })
    const found = visit(name, position + 8, length)
    if (found !== undefined) return found
    position = next
  }
  return position === end ? undefined : fault('bytesLeftOver')
}

function canvasMismatch (picture: ImageSize, canvas: ImageSize): PictureFault {
  return fault('canvasMismatch', { picture: `${picture.width} x ${picture.height}`, canvas: `${canvas.width} x ${canvas.height}` })
}
