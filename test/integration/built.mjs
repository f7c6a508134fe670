// Preloaded by tap: here the plugin is what was built, even where what is shared with the other suite imports the sources.
import { register } from 'node:module'

const built = new URL('../../dist/lib/index.js', import.meta.url).href
const hooks = `export const resolve = (name, context, next) =>
  next(/^(?:fastify-graph-photo|\\.\\.\\/.*\\/lib\\/index\\.js)$/.test(name) ? ${JSON.stringify(built)} : name, context)`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)
