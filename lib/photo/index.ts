export { checkPhoto, type PhotoLimits } from './check.js'
