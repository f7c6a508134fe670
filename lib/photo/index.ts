export { checkPhoto, type PhotoLimits } from './check.js'
export type { PictureFacts, PictureFault, PictureReason } from './format.js'
export { inTurn } from './in-turn.js'
