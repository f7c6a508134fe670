import type { ImageType } from '../../types/index.js'
import { fault, type PictureFault, type PictureReason } from './format.js'

/** Photos that clients have wrapped instead of sending their bytes. */
const wrappings: ReadonlyArray<readonly [beginning: string, reason: PictureReason]> = [
  ['--', 'bodyIsMultipart'],
  ['{', 'bodyIsJson'],
  ['/9j/', 'bodyIsBase64'],
  ['iVBOR', 'bodyIsBase64'],
  ['data:', 'bodyIsBase64']
]

/** What may stand before the first element of an XML document; a DOCTYPE with declarations in it ends with `]>`. */
const prologue: ReadonlyArray<readonly [opening: string, closing: string]> = [['<?', '?>'], ['<!--', '-->'], ['<!', '>'], [']', '>']]

/** Enough to tell every format, and few enough that no file can prolong the search. */
const searchedBytes = 4096

/** Classifies bytes that do not begin like a known format. */
export function whatElse (bytes: Buffer, imageTypes: readonly ImageType[]): PictureFault | Promise<PictureFault> {
  const start = bytes.subarray(0, searchedBytes)
  const text = start.toString('latin1')
  const wrapping = wrappings.find(([beginning]) => text.startsWith(beginning))
  if (wrapping !== undefined) return fault(wrapping[1])

  const accepted = imageTypes.join(', ')
  if (isSvg(text)) return fault('formatNotAccepted', { found: 'image/svg+xml', accepted })
  return imageTypeOf(start).then((found) => (
    // An accepted format cannot be the reason: the bytes only resemble its beginning.
    found === undefined || accepted.includes(found) ? fault('notAnImage') : fault('formatNotAccepted', { found, accepted })))
}

/** Whether the text is XML whose first element is `svg`, in any namespace. */
function isSvg (text: string): boolean {
  let rest = text.replace(/^\xef\xbb\xbf/, '').trimStart()
  for (;;) {
    const skipped = prologue.find(([opening]) => rest.startsWith(opening))
    if (skipped === undefined) return /^<(?:\w+:)?svg(?![^\s/>])/.test(rest)
    const end = rest.indexOf(skipped[1])
    if (end === -1) return false
    rest = rest.slice(end + skipped[1].length).trimStart()
  }
}

async function imageTypeOf (start: Buffer): Promise<string | undefined> {
  // Loaded at the first use: every garbage collection scans what is loaded, and most requests never need it.
  const { fileTypeFromBuffer } = await import('file-type')
  const found = await fileTypeFromBuffer(start)
  return found?.mime.startsWith('image/') === true ? found.mime : undefined
}
