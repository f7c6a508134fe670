export { unusableJwt } from './errors.js'
export { defaultMaxRequestBytes, readOptions } from './read.js'
