import type { ReasonRow } from './reason-row.js'

/** Why bytes are not a photo. */
export const photoReasons = {
  notAnImage: [
    'notAnImage', 'The bytes are not an image of an accepted format.',
    'Send an image.'
  ],
  imageDamaged: [
    'imageDamaged', 'The image is incomplete or damaged.',
    'Send the whole file.'
  ],
  imageTooLarge: [
    'imageTooLarge', 'The image has too many pixels.',
    'Send a smaller image, or raise `maxPixels`.'
  ]
} as const satisfies Record<string, ReasonRow>
