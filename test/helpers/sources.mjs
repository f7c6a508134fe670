// Preloaded by tap: what imports 'fastify-graph-photo', as the recipes do, gets the sources, not what was built last.
import { register } from 'node:module'

const sources = new URL('../../lib/index.ts', import.meta.url).href
const hooks = `export const resolve = (name, context, next) => next(name === 'fastify-graph-photo' ? ${JSON.stringify(sources)} : name, context)`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)
