// Recipe: EXIF, GPS and other metadata are taken out before a photo is saved. It needs Perl.
// npm install fastify-graph-photo fastify exiftool-vendored
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExifTool } from 'exiftool-vendored'
import type { Photo } from 'fastify-graph-photo'

/**
 * Everything goes: EXIF, GPS, maker notes, XMP, IPTC, comments, thumbnails, and what follows the picture, such as the video of
 * a motion photo. The colour profile and JFIF stay, or the colours would change; so does the orientation, the one tag that is
 * written anew, since without it pictures taken upright lie on their side. Where that may go too, turn the pixels: with sharp.
 */
const metadata = ['-all=', '--icc_profile:all', '--jfif:all', '-tagsfromfile', '@', '-orientation', '-overwrite_original']

/**
 * The photo without its metadata; the picture itself stays as it is, byte for byte.
 * ExifTool runs beside the server, as a Perl process (its npm package brings no Perl for Linux), and works on files.
 * @throws where the metadata can't be removed: let it throw, so that nothing is saved
 */
export async function withoutMetadata (exiftool: ExifTool, photo: Photo): Promise<Photo> {
  const folder = await mkdtemp(join(tmpdir(), 'photo-'))
  try {
    const file = join(folder, photo.contentType.replace('image/', 'photo.'))
    await writeFile(file, withoutTrailer(photo))
    // With no tag at all to delete or set, the package adds an argument of its own, after which nothing above is kept.
    await exiftool.write(file, { Comment: null }, { writeArgs: metadata })
    return { ...photo, data: await readFile(file) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** ExifTool cuts what follows a JPEG or a PNG, leaves what follows a GIF, and gives up where anything follows a WebP. */
function withoutTrailer ({ contentType, data }: Photo): Buffer {
  if (contentType === 'image/webp') return data.subarray(0, 8 + data.readUInt32LE(4))
  return contentType === 'image/gif' ? blocksOf(data) : data
}

/**
 * The blocks of a GIF, which the plugin has checked: extensions, 21, and images, 2C, each in sub-blocks, up to the trailer, 3B.
 * ExifTool needs the trailer and no zeros between the blocks; browsers show what has neither.
 */
function blocksOf (gif: Buffer): Buffer {
  const colors = (flags = 0): number => (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1)
  let at = 13 + colors(gif[10])
  const blocks = [gif.subarray(0, at)]
  for (let block = gif[at]; block !== undefined && block !== 0x3b; block = gif[at]) {
    const start = at
    if (block !== 0) {
      at += block === 0x21 ? 2 : 11 + colors(gif[at + 9])
      for (let length = gif[at]; length !== undefined && length > 0; length = gif[at]) at += length + 1
      blocks.push(gif.subarray(start, at + 1))
    }
    at++
  }
  return Buffer.concat([...blocks, Buffer.of(0x3b)])
}
