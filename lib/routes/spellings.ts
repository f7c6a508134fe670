import type { FastifyInstance } from 'fastify'

/** Whether the host's router distinguishes upper and lower case. */
function isCaseSensitive ({ caseSensitive, routerOptions }: FastifyInstance['initialConfig']): boolean {
  return (routerOptions?.caseSensitive ?? caseSensitive) !== false
}

/**
 * The spellings of a path that clients send besides the documented one: every Microsoft SDK writes `contactFolders`, and some
 * encode the dollar sign. A static route never matches an encoded character; a pattern does.
 */
export function hiddenSpellings (path: string, router: FastifyInstance['initialConfig']): readonly string[] {
  const folders = path.replace('/contactfolders/', '/contactFolders/')
  const spellings = isCaseSensitive(router) && folders !== path ? [path, folders] : [path]
  return [...spellings.slice(1), ...spellings.map((spelling) => spelling.replace('$value', ':value(^\\$value$)'))]
}
