export { readBody } from './body.js'
export { discardRest, isAfterLast } from './discard.js'
export { checkLength, isRepeated } from './head.js'
export { checkMediaType, type ContentTypes } from './media-type.js'
