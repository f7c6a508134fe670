import type { ImageType } from '../../types/index.js'

/** A picture format: how its files begin, and how to read their size without decoding. */
export interface Format {
  readonly type: ImageType
  readonly begins: (bytes: Buffer) => boolean
  /** Reads a file that begins so; sides are at least 1. */
  readonly read: (bytes: Buffer) => ImageSize | PictureFault
}

/** In pixels, as a decoder would allocate them. */
export interface ImageSize {
  readonly width: number
  readonly height: number
}

/** Why the bytes are not accepted. */
export interface PictureFault {
  readonly reason: PictureReason
  readonly facts: PictureFacts
}

/** The facts in a reason's message: names of chunks, sizes, formats. */
export type PictureFacts = Readonly<Record<string, string | number>>

/** The codes of all reasons for which bytes are not accepted. */
export type PictureReason =
  // The bytes as a whole
  | 'notAnImage' | 'formatNotAccepted' | 'bodyIsMultipart' | 'bodyIsJson' | 'bodyIsBase64' | 'pixelsTooMany'
  // More than one format
  | 'sidesImpossible' | 'imageMissing' | 'endMissing' | 'chunkIncomplete' | 'chunkMalformed' | 'chunkMisplaced'
  // JPEG
  | 'segmentOverrun' | 'markerUnexpected'
  | 'frameMissing' | 'frameRepeated' | 'frameMalformed' | 'frameUnsupported' | 'samplingImpossible'
  | 'scanMissing' | 'scanMalformed' | 'scanComponentUnknown' | 'progressionImpossible'
  | 'tableMalformed' | 'quantizationTableMissing' | 'huffmanTableMissing'
  // PNG
  | 'headerMissing' | 'headerImpossible' | 'checksumWrong' | 'chunkUnknownCritical' | 'chunksApart' | 'paletteMissing'
  // GIF
  | 'blockIncomplete' | 'blockUnknown'
  // WebP
  | 'canvasMismatch' | 'bytesLeftOver'

/** A reason with its facts. */
export function fault (reason: PictureReason, facts: PictureFacts = {}): PictureFault {
  return { reason, facts }
}

/** A byte whose position has been held against the length of the bytes. */
export function byteAt (bytes: Buffer, position: number): number {
  return bytes[position] as number // within the bounds, and in the innermost loops
}

/** A chunk's name of four characters; what is not a letter or digit is not quoted. */
export function chunkNameAt (bytes: Buffer, position: number): string {
  return bytes.toString('latin1', position, position + 4).replace(/[^\w ]/g, '?').trimEnd()
}
