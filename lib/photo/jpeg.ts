/** What the bytes claim to be, or why they are no photo: `foreign` is another format that only begins like JPEG. */
export type JpegFinding = { readonly width: number, readonly height: number } | 'foreign' | 'damaged'

const EOI = 0xd9
const SOS = 0xda
const JPEG_LS_FRAME = 0xf7

/** Whether the bytes begin like a JPEG. */
export function isJpeg (bytes: Buffer): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff
}

/**
 * Walks the markers of a JPEG, once, and decodes nothing.
 *
 *     FFD8 { FFxx length payload } FFC0 frame { FFxx length payload } FFDA scan header, entropy-coded data { … } FFD9 anything
 *
 * A thumbnail lies inside a payload, so its own end-of-image marker is never taken for the picture's.
 * @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf annex B
 */
export function readJpeg (bytes: Buffer): JpegFinding {
  let frame: { readonly width: number, readonly height: number } | undefined
  let hasScan = false
  let position = 2
  for (;;) {
    position = nextMarker(bytes, position)
    const marker = bytes[position]
    if (marker === undefined) return 'damaged'
    if (marker === EOI) return frame !== undefined && hasScan ? frame : 'damaged'
    if (marker === JPEG_LS_FRAME) return 'foreign'

    const start = position + 1
    const length = start + 2 <= bytes.length ? bytes.readUInt16BE(start) : 0
    const end = start + length
    if (length < 2 || end > bytes.length) return 'damaged'

    if (isFrame(marker)) {
      // A second frame header would let the first one lie about the size.
      if (frame !== undefined || length < 11) return 'damaged'
      frame = { height: bytes.readUInt16BE(start + 3), width: bytes.readUInt16BE(start + 5) }
    } else if (marker === SOS) {
      if (frame === undefined || isMarker(bytes, end)) return 'damaged'
      hasScan = true
    }
    position = end
  }
}

/** SOF0 to SOF15; the three codes left out among them are DHT, JPG and DAC. */
function isFrame (marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

/** The position of the next marker's code, or the length of the bytes. What lies before it is picture data, or padding. */
function nextMarker (bytes: Buffer, from: number): number {
  let position = from
  // Most segments follow one another at once, and to search takes as long as to look at a hundred bytes.
  while ((position = bytes[position] === 0xff ? position : bytes.indexOf(0xff, position)) !== -1) {
    while (bytes[position] === 0xff) position++
    if (isMarkerCode(bytes[position])) return position
  }
  return bytes.length
}

function isMarker (bytes: Buffer, position: number): boolean {
  return bytes[position] === 0xff && isMarkerCode(bytes[position + 1])
}

/** 00 is a stuffed byte of the picture data; 01 and D0 to D7 (restart) carry nothing and stand anywhere in it. */
function isMarkerCode (code: number | undefined): boolean {
  return code !== undefined && code > 0x01 && (code < 0xd0 || code > 0xd7)
}
