import { constants } from 'node:buffer'
import { gunzip } from 'node:zlib'
import { refuse, type Refusal } from '../answers/index.js'

/** How gzip begins: RFC 1952, section 2.3.1. */
const magic = Buffer.from([0x1f, 0x8b])

/**
 * Decodes what is in gzip, off the event loop; bytes that do not begin as gzip does are taken as they are, since Microsoft's
 * Go SDK sends the plain photo as gzip when it tries again.
 * @returns the bytes, or a refusal: `tooLong()` where they are more than `most`
 */
export function decoded (bytes: Buffer, most: number, tooLong: () => Refusal): Buffer | Promise<Buffer | Refusal> {
  if (!bytes.subarray(0, magic.length).equals(magic)) return bytes
  return new Promise((resolve) => {
    gunzip(bytes, { maxOutputLength: Math.min(most, constants.MAX_LENGTH), chunkSize: 65_536 }, (error, result) => {
      if (error === null) resolve(exact(result))
      else resolve(isTooLong(error) ? tooLong() : refuse('gzipInvalid', {}, { cause: error }))
    })
  })
}

function isTooLong ({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ERR_BUFFER_TOO_LARGE'
}

/** A copy of a small result, which would keep alive all the memory that was there for more. */
function exact (result: Buffer): Buffer {
  return result.length === result.buffer.byteLength ? result : Buffer.from(result)
}
