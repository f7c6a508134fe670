import sharp from 'sharp'
import { GraphError, photoKey } from '../../../lib/index.js'
import type { GraphPhotoOptions, Photo } from '../../../types/index.js'

/** Edges of Graph's square copies in pixels: https://learn.microsoft.com/graph/api/profilephoto-get */
const sizes: readonly number[] = [48, 64, 96, 120, 240, 360, 432, 504, 648]

type Save = (key: string, data: Buffer) => Promise<void>

/**
 * For the option `savePhoto`: saves a photo, and beside it square copies as `<key>/48x48` to `<key>/648x648`, none larger than the photo.
 * Copies are upright and carry no metadata. Decoding takes memory for every pixel, so choose a smaller `maxPixels` too.
 */
export function withSizes (save: Save): GraphPhotoOptions['savePhoto'] {
  return async (photo, { target }) => {
    // All copies are made before anything is saved: a picture that nobody can show leaves the old one as it was.
    const copies = await copiesOf(photo).catch(refuse)
    const key = photoKey(target)
    await Promise.all(copies.map(([size, data]) => save(`${key}/${size}x${size}`, data)))
    await save(key, photo.data)
  }
}

/** The photo is decoded once, whatever its size, and all copies are made of the largest. */
async function copiesOf ({ data, width, height }: Photo): Promise<Array<readonly [size: number, data: Buffer]>> {
  const wanted = sizes.filter((size) => size <= Math.min(width, height))
  const largest = wanted.at(-1) ?? 48
  const square = sharp(data).autoOrient().resize(largest, largest)
  const { data: pixels, info: raw } = await square.flatten({ background: 'white' }).raw().toBuffer({ resolveWithObject: true })
  return Promise.all(wanted.map(async (size) => [size, await sharp(pixels, { raw }).resize(size, size).jpeg().toBuffer()] as const))
}

function refuse (cause: unknown): never {
  throw new GraphError(400, 'BadRequest', 'The image is incomplete or damaged. Please choose a different file.', { cause })
}
