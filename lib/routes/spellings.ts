import type { FastifyInstance } from 'fastify'

type Router = FastifyInstance['initialConfig']

/** Each way in which clients write a path differently. */
const variants: ReadonlyArray<(path: string) => string> = [
  // Every Microsoft SDK.
  (path) => path.replace('/contactfolders/', '/contactFolders/'),
  // A static route never matches an encoded character; a pattern does.
  (path) => path.replace('$value', ':value(^\\$value$)'),
  // Clients that append the path to a base URL that ends in a slash.
  (path) => `/${path}`
]

/** The spellings of a path that clients send besides the documented one, without those that the host's router matches anyway. */
export function otherSpellings (path: string, router: Router): readonly string[] {
  const matched = (spelling: string) => asMatched(spelling, router)
  return variants.reduce((known, vary) => {
    const varied = known.map(vary).filter((spelling) => !known.some((other) => matched(other) === matched(spelling)))
    return [...known, ...varied]
  }, [path]).slice(1)
}

/**
 * What a route's path is to the host's router. Where an option stands at the top level and `routerOptions` beside it, Fastify
 * shows the default there, so either counts.
 */
function asMatched (path: string, { routerOptions, ...topLevel }: Router): string {
  const ignoresCase = routerOptions?.caseSensitive === false || topLevel.caseSensitive === false
  const ignoresSlashes = routerOptions?.ignoreDuplicateSlashes === true || topLevel.ignoreDuplicateSlashes === true
  const folded = ignoresCase ? path.toLowerCase() : path
  return ignoresSlashes ? folded.replace(/\/{2,}/g, '/') : folded
}
