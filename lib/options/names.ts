import type { GraphPhotoOptions } from '../../types/index.js'
import { errors } from './errors.js'

/** Every option of the plugin, and those that Fastify reads from the same object. */
const known: ReadonlyArray<keyof GraphPhotoOptions | 'prefix' | 'logLevel' | 'logSerializers'> = [
  'savePhoto', 'authenticate', 'resolveTarget', 'authorize', 'permissions', 'jwt',
  'contentTypes', 'imageTypes', 'maxRequestBytes', 'maxPixels', 'explain',
  'prefix', 'logLevel', 'logSerializers'
]

const warned = new Set<string>()

/**
 * Refuses an option that is written almost as a known one, and warns of others that are not known, each once in a process:
 * hosts spread one object into several plugins.
 */
export function checkNames (options: object): void {
  const unknown = Object.keys(options).filter((name) => !isKnown(name) && Reflect.get(options, name) !== undefined)
  for (const name of unknown) {
    const meant = known.find((other) => isNear(name, other))
    if (meant !== undefined) throw new errors.UnknownOptionError(name, meant)
  }
  const news = unknown.filter((name) => !warned.has(name))
  if (news.length === 0) return
  for (const name of news) warned.add(name)
  process.emitWarning(`fastify-graph-photo does not know these options: ${news.join(', ')}.`, { code: 'FST_GRAPH_PHOTO_UNKNOWN_OPTION' })
}

function isKnown (name: string): boolean {
  return known.some((other) => other === name)
}

/** The same but for case, or two letters apart; three letters such as `jwt` are two apart from too much. */
function isNear (name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase() || (other.length > 3 && distance(name, other) <= 2)
}

/** How many letters must be added, removed or replaced to make one word of the other (Levenshtein). */
function distance (one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [above, letter] of [...one].entries()) {
    const next = [above + 1]
    for (const [index, wanted] of [...other].entries()) {
      const [replaced = 0, removed = 0, added = 0] = [row[index], row[index + 1], next[index]]
      next.push(Math.min(replaced + Number(letter !== wanted), removed + 1, added + 1))
    }
    row = next
  }
  return Number(row.at(-1))
}
