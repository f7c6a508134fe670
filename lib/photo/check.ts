import type { ImageType, Photo } from '../../types/index.js'
import { type Format, fault, type PictureFault } from './format.js'
import { gif } from './gif.js'
import { jpeg } from './jpeg.js'
import { whatElse } from './other-content.js'
import { png } from './png.js'
import { webp } from './webp.js'

/** Which photos are accepted: their formats, and their largest width × height. */
export interface PhotoLimits {
  readonly imageTypes: readonly ImageType[]
  readonly maxPixels: number
}

const formats: readonly Format[] = [jpeg, png, gif, webp]

/** Checks the bytes of a photo, and finds its type and size. Returns a promise only if the bytes do not begin like a known format. */
export function checkPhoto (bytes: Buffer, limits: PhotoLimits): Photo | PictureFault | Promise<PictureFault> {
  const format = formats.find(({ begins }) => begins(bytes))
  if (format === undefined) return whatElse(bytes, limits.imageTypes)
  const { type, read } = format
  if (!limits.imageTypes.includes(type)) return fault('formatNotAccepted', { found: type, accepted: limits.imageTypes.join(', ') })

  const size = read(bytes)
  if ('reason' in size) return size
  const { width, height } = size
  const pixels = width * height
  return pixels <= limits.maxPixels
    ? { data: bytes, contentType: type, width, height }
    : fault('pixelsTooMany', { width, height, pixels, maxPixels: limits.maxPixels })
}
