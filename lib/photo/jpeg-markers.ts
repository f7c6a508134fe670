/** Start of image. */
export const SOI = 0xd8
/** End of image. */
export const EOI = 0xd9
/** Start of scan. */
export const SOS = 0xda
/** Quantization tables. */
export const DQT = 0xdb
/** Restart interval. */
export const DRI = 0xdd
/** Huffman tables. */
export const DHT = 0xc4
const JPG = 0xc8
const DAC = 0xcc
const DHP = 0xde
const EXP = 0xdf

/** SOF0 to SOF15, with three other codes among them. */
export function isFrame (marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== DHT && marker !== JPG && marker !== DAC
}

/** Codes that are reserved, for extensions or hierarchical pictures; no decoder goes on after one of them. */
export function isForeign (marker: number): boolean {
  return marker <= 0xbf || marker === JPG || marker === SOI || marker === DHP || marker === EXP || (marker >= 0xf0 && marker <= 0xfd)
}

/** As many bytes as it takes less time to look at one by one than to call a search; done while bytes of FF are as close together. */
const nearby = 32

/** The position of the next marker's code, or the length of the bytes. What lies before it is picture data, or padding. */
export function nextMarker (bytes: Buffer, from: number): number {
  // Most segments follow one another at once.
  if (isMarker(bytes, from)) return from + 1
  let position = from
  let ahead = 0
  for (;;) {
    const begin = position
    const near = Math.min(begin + ahead, bytes.length)
    while (position < near && bytes[position] !== 0xff) position++
    if (position === near) position = bytes.indexOf(0xff, position)
    if (position === -1) return bytes.length
    ahead = position - begin < nearby ? nearby : 0
    do position++; while (bytes[position] === 0xff)
    if (isMarkerCode(bytes[position])) return position
  }
}

/** Whether a marker stands at a position, one that ends picture data. */
export function isMarker (bytes: Buffer, position: number): boolean {
  return bytes[position] === 0xff && isMarkerCode(bytes[position + 1])
}

/** 00 is a stuffed byte of the picture data; 01 and D0 to D7 (restart) carry nothing and stand anywhere in it; FF is a fill byte. */
function isMarkerCode (code = 0): boolean {
  return code > 0x01 && (code < 0xd0 || code > 0xd7) && code !== 0xff
}
