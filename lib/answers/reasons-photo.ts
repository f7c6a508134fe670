import type { ReasonRow } from './reason-row.js'

const another = 'Choose another file, or save the picture anew with an image editor.'
const again = 'Send the whole file; look for a cut upload or a cut string of base64.'

/** Why bytes are not a photo. */
export const photoReasons = {
  notAnImage: ['notAnImage', 'The bytes are not a picture of any known format.', 'Send the bytes of a picture.'],
  formatNotAccepted: [
    'formatNotAccepted', 'The bytes are {found}; accepted: {accepted}.',
    'Convert the picture, or accept its format in `imageTypes`.'
  ],
  bodyIsMultipart: ['bodyMustBeBytes', 'The body is a multipart form.', 'Send the file itself as the body, not `FormData`.'],
  bodyIsJson: ['bodyMustBeBytes', 'The body is JSON.', 'Send the file itself; look for a Buffer that was serialized.'],
  bodyIsBase64: ['bodyMustBeBytes', 'The body is base64 text.', 'Decode it first.'],
  pixelsTooMany: [
    'imageTooLarge', 'The picture claims {width} by {height} pixels, {pixels} in all; at most {maxPixels} are accepted.',
    'Send a smaller picture, or raise `maxPixels`.'
  ],
  sidesImpossible: ['imageDamaged', 'The picture claims to be {width} by {height} pixels, which its format does not allow.', another],
  imageMissing: ['imageDamaged', 'The file holds no picture data.', again],
  endMissing: ['imageDamaged', 'The file ends before its end marker.', again],
  chunkIncomplete: ['imageDamaged', 'The file ends inside its chunk {chunk}.', again],
  chunkMalformed: ['imageDamaged', 'The chunk {chunk} has a length or values that are not possible.', another],
  chunkMisplaced: ['imageDamaged', 'The chunk {chunk} stands where it must not.', another],
  segmentOverrun: ['imageDamaged', 'The segment {marker} reaches beyond the end of the file.', again],
  markerUnexpected: ['imageDamaged', 'The marker {marker} stands where it must not.', another],
  frameMissing: ['imageDamaged', 'The JPEG has no frame header before its picture data.', again],
  frameRepeated: ['imageDamaged', 'The JPEG has more than one frame.', another],
  frameMalformed: ['imageDamaged', "The length of the JPEG's frame does not fit its components.", another],
  frameUnsupported: [
    'imageDamaged', "The JPEG's frame is {frame}, which browsers do not show.",
    'Save the picture as a baseline or progressive JPEG of 8 bits.'
  ],
  samplingImpossible: ['imageDamaged', "The sampling factors of the JPEG's components do not go together.", another],
  scanMissing: ['imageDamaged', 'The JPEG has no picture data.', again],
  scanMalformed: ['imageDamaged', 'The length of a scan of the JPEG does not fit its components.', another],
  scanComponentUnknown: ['imageDamaged', 'A scan of the JPEG names the component {component}, which its frame does not have.', another],
  progressionImpossible: ['imageDamaged', 'A scan of the progressive JPEG has a range that is not possible.', another],
  tableMalformed: ['imageDamaged', 'A table of the JPEG is not well formed (segment {marker}).', another],
  quantizationTableMissing: ['imageDamaged', 'The JPEG lacks the quantization table {table} that a component names.', another],
  huffmanTableMissing: ['imageDamaged', 'The JPEG lacks a Huffman table that a scan names.', another],
  headerMissing: ['imageDamaged', 'The PNG begins with the chunk {chunk} in place of its header.', another],
  headerImpossible: [
    'imageDamaged', "The PNG's header is not possible: " +
    'bit depth {depth}, color type {colorType}, compression {compression}, filter {filter}, interlace {interlace}.',
    another
  ],
  checksumWrong: ['imageDamaged', "The checksum of the PNG's chunk {chunk} is wrong.", again],
  chunkUnknownCritical: [
    'imageDamaged', 'The PNG has the critical chunk {chunk}, which no browser knows.',
    'Save the picture as a plain PNG; Xcode writes such files for iOS.'
  ],
  chunksApart: ['imageDamaged', 'Another chunk stands between the data chunks of the PNG.', another],
  paletteMissing: ['imageDamaged', 'The PNG has no palette, and its color type needs one.', another],
  blockIncomplete: ['imageDamaged', 'The GIF ends inside a block ({block}).', again],
  blockUnknown: ['imageDamaged', 'The GIF has a block of an unknown kind (0x{block}).', another],
  canvasMismatch: ['imageDamaged', "The WebP's canvas is {canvas}, and its picture {picture}.", another],
  bytesLeftOver: ['imageDamaged', 'The WebP has bytes after its last chunk.', another]
} as const satisfies Record<string, ReasonRow>
