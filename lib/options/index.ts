export { unusableJwt } from './errors.js'
export { readOptions } from './read.js'
