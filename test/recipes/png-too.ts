// Recipe: PNG too, or GIF and WebP.
// npm install fastify-graph-photo fastify
import type { GraphPhotoOptions } from 'fastify-graph-photo'

/** Two options, to spread beside `savePhoto`, whose `photo.contentType` says which format came. */
export const pngToo = {
  /** What is saved, as found in the bytes, whatever the Content-Type says. With this one alone a client that sends `image/png` gets 415. */
  imageTypes: ['image/jpeg', 'image/png'],
  /** What a request may say that it sends, read before its body. With this one alone a PNG gets 400. `'*'` lets anything in. */
  contentTypes: ['image/jpeg', 'image/png']
} satisfies Partial<GraphPhotoOptions>
