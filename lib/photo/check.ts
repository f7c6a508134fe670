import type { ImageType, Photo } from '../../types/index.js'
import { isCompleteGif } from './gif.js'
import { isJpeg, readJpeg } from './jpeg.js'
import { isCompletePng } from './png.js'
import { isCompleteWebp } from './webp.js'

/** Which photos are accepted: their formats, and their largest width × height. */
export interface PhotoLimits {
  readonly imageTypes: readonly ImageType[]
  readonly maxPixels: number
}

/** The photo, or the name of the answer that refuses it. */
export type PhotoFinding = Photo | 'notAnImage' | 'imageDamaged' | 'imageTooLarge'

const completeness: Readonly<Partial<Record<ImageType, (bytes: Buffer) => boolean>>> = {
  'image/png': isCompletePng,
  'image/gif': isCompleteGif,
  'image/webp': isCompleteWebp
}

/** An animated PNG is a PNG too: every reader shows its first picture. */
const otherNames: Readonly<Record<string, ImageType>> = { 'image/apng': 'image/png' }

/** Enough for every signature, and few enough that no file can prolong the search. */
const signatureBytes = 64

/** Checks the bytes of a photo, and finds its type and size. */
export function checkPhoto (bytes: Buffer, limits: PhotoLimits): PhotoFinding | Promise<PhotoFinding> {
  if (isJpeg(bytes)) return checkJpeg(bytes, limits)
  return limits.imageTypes.some((type) => type !== 'image/jpeg') ? checkOther(bytes, limits) : 'notAnImage'
}

function checkJpeg (bytes: Buffer, limits: PhotoLimits): PhotoFinding {
  if (!limits.imageTypes.includes('image/jpeg')) return 'notAnImage'
  const finding = readJpeg(bytes)
  if (finding === 'foreign') return 'notAnImage'
  return finding === 'damaged' ? 'imageDamaged' : checkSize(bytes, 'image/jpeg', finding, limits)
}

async function checkOther (bytes: Buffer, limits: PhotoLimits): Promise<PhotoFinding> {
  // Loaded at the first use: every collection of garbage walks what is loaded, and most hosts take JPEG only.
  const { fileTypeFromBuffer } = await import('file-type')
  const found = await fileTypeFromBuffer(bytes.subarray(0, signatureBytes))
  const mime = found && (otherNames[found.mime] ?? found.mime)
  const type = limits.imageTypes.find((accepted) => accepted === mime)
  if (type === undefined) return 'notAnImage'
  const size = completeness[type]?.(bytes) === true ? await sizeOf(bytes, type) : undefined
  return size === undefined ? 'imageDamaged' : checkSize(bytes, type, size, limits)
}

/** image-size tries every format it knows: a PNG, GIF or WebP that it takes for an SVG would have the size of the SVG. */
async function sizeOf (bytes: Buffer, type: ImageType): Promise<Dimensions | undefined> {
  const { imageSize } = await import('image-size')
  try {
    const size = imageSize(bytes)
    return `image/${size.type}` === type ? size : undefined
  } catch {
    return undefined
  }
}

interface Dimensions {
  readonly width: number
  readonly height: number
}

function checkSize (data: Buffer, contentType: ImageType, { width, height }: Dimensions, { maxPixels }: PhotoLimits): PhotoFinding {
  const pixels = width * height
  if (!(pixels > 0)) return 'imageDamaged'
  return pixels > maxPixels ? 'imageTooLarge' : { data, contentType, width, height }
}
