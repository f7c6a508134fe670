import { crc32 } from 'node:zlib'

const size = 4 * 1024 * 1024
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const filled = (head: Buffer, pattern: Buffer | string): Buffer => (
  Buffer.concat([head, Buffer.alloc(size - head.length, typeof pattern === 'string' ? latin1(pattern) : pattern)]))

const soi = latin1('\xff\xd8')
const quantizationTable = Buffer.concat([latin1('\xff\xdb\0\x43\0'), Buffer.alloc(64, 1)])
const jpegFrame = (marker: string): Buffer => (
  Buffer.concat([soi, quantizationTable, latin1(`\xff${marker}\0\x11\x08\0\x08\0\x08\x03\x01\x11\0\x02\x11\0\x03\x11\0`)]))
const interleaved = '\xff\xda\0\x0c\x03\x01\0\x02\0\x03\0\0\x3f\0\x01'
const scan = Buffer.concat([jpegFrame('\xc0'), latin1(interleaved)])
const huffmanTable = Buffer.concat([latin1('\xff\xc4\0\x14\0\x01'), Buffer.alloc(15), latin1('\x05')])
const progressive = Buffer.concat([jpegFrame('\xc2'), huffmanTable])

function pngChunk (type: string, body: Buffer = Buffer.alloc(0)): Buffer {
  const content = Buffer.concat([latin1(type), body])
  const whole = Buffer.alloc(content.length + 8)
  whole.writeUInt32BE(body.length)
  content.copy(whole, 4)
  whole.writeUInt32BE(crc32(content), content.length + 4)
  return whole
}
const png = Buffer.concat([latin1('\x89PNG\r\n\x1a\n'), pngChunk('IHDR', latin1('\0\0\0\x08\0\0\0\x08\x08\x02\0\0\0'))])
const dataOf = (length: number): Buffer => pngChunk('IDAT', Buffer.alloc(length, 7))

const gif = latin1('GIF89a\x08\0\x08\0\0\0\0')
const gifImage = '\x2c\0\0\0\0\x01\0\x01\0\0\x02\x01\0\0'

function riff (...chunks: string[]): Buffer {
  const head = latin1(`RIFF\0\0\0\0WEBP${chunks.join('')}`)
  head.writeUInt32LE(size - 8, 4)
  return head
}
const losslessChunk = 'VP8L\x05\0\0\0\x2f\0\0\0\0\0'
const animation = riff('VP8X\x0a\0\0\0\x02\0\0\0\x07\0\0\x07\0\0', 'ANIM\x06\0\0\0\0\0\0\0\0\0')

/** The slowest inputs known, of 4 MiB each: what makes a check look at every byte, or call something for every few. */
export const worstPictures: Readonly<Record<string, Buffer>> = {
  'JPEG: FF': filled(soi, '\xff'),
  'JPEG: stuffed bytes, FF 00': filled(scan, '\xff\0'),
  'JPEG: restart markers, FF D0': filled(scan, '\xff\xd0'),
  'JPEG: FF FF 00': filled(scan, '\xff\xff\0'),
  'JPEG: a stuffed byte every 40 bytes': filled(scan, `${'a'.repeat(38)}\xff\0`),
  'JPEG: stuffed bytes, near and far in turn': filled(scan, `\xff\0${'a'.repeat(34)}\xff\0`),
  'JPEG: picture data of zeros': filled(scan, '\0'),
  'JPEG: empty comments': filled(soi, '\xff\xfe\0\x02'),
  'JPEG: comments of length 0': filled(soi, '\xff\xfe\0\0'),
  'JPEG: empty comments, spaced': filled(soi, `\xff\xfe\0\x02${'\0'.repeat(33)}`),
  'JPEG: segments without tables': filled(soi, '\xff\xdb\0\x02\xff\xc4\0\x02'),
  'JPEG: quantization tables': filled(soi, quantizationTable),
  'JPEG: Huffman tables': filled(soi, huffmanTable),
  'JPEG: scans of one component': filled(scan, '\xff\xda\0\x08\x01\x01\0\0\x3f\0\x01'),
  'JPEG: scans of three components': filled(scan, interleaved),
  'JPEG: progressive scans': filled(progressive, '\xff\xda\0\x0c\x03\x01\0\x02\0\x03\0\0\0\0\x01'),
  'PNG: empty chunks': filled(png, pngChunk('aaAa')),
  'PNG: empty data': filled(png, dataOf(0)),
  'PNG: data of 1 byte': filled(png, dataOf(1)),
  'PNG: data of 40 bytes': filled(png, dataOf(40)),
  'PNG: data of 70 bytes': filled(png, dataOf(70)),
  'PNG: data of 64 KB': filled(png, dataOf(65_536)),
  'GIF: empty extensions': filled(gif, '\x21\xfe\0'),
  'GIF: images of 1 x 1': filled(gif, gifImage),
  'GIF: data of one byte at a time': filled(Buffer.concat([gif, latin1(gifImage.slice(0, -3))]), '\x01\x01'),
  'GIF: zeros': filled(gif, '\0'),
  'GIF: SVG behind its header': filled(latin1('GIF89a'), '<svg a="b">'),
  'WebP: empty chunks': filled(riff(losslessChunk), 'aaaa\0\0\0\0'),
  'WebP: empty chunks in an animation': filled(animation, 'aaaa\0\0\0\0'),
  'WebP: frames of 1 x 1': filled(animation, `ANMF\x1e\0\0\0${'\0'.repeat(16)}${losslessChunk}`),
  'no image: zeros': filled(latin1('\0'), '\0'),
  'no image: spaces': filled(latin1(' '), ' '),
  'no image: XML instructions': filled(latin1('<??>'), '<??>'),
  'no image: XML comments': filled(latin1('<!---->'), '<!---->'),
  'no image: tags of SVG': filled(latin1('<a>'), '<svg a="b">'),
  'no image: a ZIP of nothing': filled(latin1('PK\x03\x04'), 'PK\x03\x04'),
  'no image: a gzip of nothing': filled(latin1('\x1f\x8b\x08\0\0\0\0\0\0\0'), '\0\0\xff\xff'),
  'no image: boxes of JPEG XL': filled(latin1('\0\0\0\x0cJXL \r\n\x87\n'), '\0\0\0\0jxlp'),
  'no image: ICNS': filled(latin1('icns\0\x40\0\0'), 'ic07\0\0\0\0')
}
