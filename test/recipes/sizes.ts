// Recipe: Graph's square copies, 48 to 648 pixels, beside the photo.
// npm install fastify-graph-photo fastify sharp
import sharp from 'sharp'
import { GraphError, photoKey, type GraphPhotoOptions, type Photo } from 'fastify-graph-photo'

/** Edges of Graph's square copies in pixels: https://learn.microsoft.com/graph/api/profilephoto-get */
const sizes: readonly number[] = [48, 64, 96, 120, 240, 360, 432, 504, 648]

/** Replaces all pictures of a key at once. A size that is not among them is gone, or it would go on showing the photo before. */
type Save = (key: string, pictures: ReadonlyMap<string, Buffer>) => Promise<void>

/**
 * For the option `savePhoto`: saves a photo as `original`, and beside it square copies as `48x48` to `648x648`, none larger than
 * the photo. Copies are upright and carry no metadata. Decoding takes memory for every pixel, so choose a smaller `maxPixels` too.
 */
export function withSizes (save: Save): GraphPhotoOptions['savePhoto'] {
  return async (photo, { target }) => {
    const copies = await copiesOf(photo).catch(refuse)
    await save(photoKey(target), new Map([['original', photo.data], ...copies]))
  }
}

/** The photo is decoded once, whatever its size, and all copies are made of the largest. */
async function copiesOf ({ data, width, height }: Photo): Promise<Array<readonly [size: string, data: Buffer]>> {
  const wanted = sizes.filter((size) => size <= Math.min(width, height))
  const largest = wanted.at(-1) ?? 48
  const square = sharp(data).autoOrient().resize(largest, largest)
  const { data: pixels, info: raw } = await square.flatten({ background: 'white' }).raw().toBuffer({ resolveWithObject: true })
  return Promise.all(wanted.map(async (size) =>
    [`${size}x${size}`, await sharp(pixels, { raw }).resize(size, size).jpeg().toBuffer()] as const))
}

function refuse (cause: unknown): never {
  throw new GraphError(400, 'BadRequest', 'The image is incomplete or damaged. Please choose a different file.', { cause })
}
