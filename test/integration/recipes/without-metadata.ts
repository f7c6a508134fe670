import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExifTool } from 'exiftool-vendored'
import type { Photo } from '../../../types/index.js'

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
    await writeFile(file, photo.data)
    // With no tag at all to delete or set, the package adds an argument of its own, after which nothing above is kept.
    await exiftool.write(file, { Comment: null }, { writeArgs: metadata })
    return { ...photo, data: await readFile(file) }
  } finally {
    await rm(folder, { recursive: true })
  }
}
