const key = "(?:\\(|%28)(?:'|%27)([^/]+)(?:'|%27)(?:\\)|%29)"
const keyed = (name: string): string => `${name}(?:/[^/]+|${key})`

/** How a path ends that is one of the plugin's, with each key as a segment of its own or in OData's syntax. */
const photoPath = new RegExp([
  '/(?:', keyed('groups'), '|(?:me|', keyed('users'), ')(?:(?:/', keyed('contactfolders'), ')?/', keyed('contacts'), ')?)',
  '/photo/(?:\\$|%24)value$'
].join(''), 'i')

/** A quick look that most URLs end at; every request to the server comes by here. */
const mayNeedRewriting = /'|%27|contactfolders/i

const collection = /^(?:users|groups|contacts|contactfolders)$/i
const keyedCollection = new RegExp(`^(users|groups|contacts|contactfolders)${key}$`, 'i')
const quotePair = /(?:'|%27)(?:'|%27)/g

/**
 * Rewrites OData's key syntax to path segments, in a path that ends as one of the plugin's; any other URL stays as it came.
 *
 *     /v1.0/users('a@b.c')/contacts('AA=')/photo/$value?x  →  /v1.0/users/a@b.c/contacts/AA=/photo/$value?x
 *
 * What is encoded in a key stays encoded: a key is one segment before and after.
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html
 */
export function rewriteKeys (url: string): string {
  if (!mayNeedRewriting.test(url)) return url
  // The router, too, ends a path at either character.
  const [path = ''] = url.split(/[?#]/, 1)
  const start = path.search(photoPath)
  return start === -1 ? url : path.slice(0, start) + rewriteSegments(path.slice(start)) + url.slice(path.length)
}

function rewriteSegments (path: string): string {
  let isKey = false
  return path.split('/').map((segment) => {
    const rewritten = isKey ? segment : rewriteSegment(segment)
    // What follows a bare collection is a key, whatever it looks like.
    isKey = !isKey && collection.test(segment)
    return rewritten
  }).join('/')
}

function rewriteSegment (segment: string): string {
  const [, name, quoted] = keyedCollection.exec(segment) ?? []
  if (name === undefined || quoted === undefined) return routable(segment)
  const isWellQuoted = !/'|%27/.test(quoted.replace(quotePair, ''))
  return isWellQuoted ? `${routable(name)}/${asSegment(quoted.replace(quotePair, "'"))}` : segment
}

/** The router knows two spellings of `contactFolders`; Graph knows any. */
function routable (name: string): string {
  const isOther = /^contactfolders$/i.test(name) && name !== 'contactfolders'
  return isOther ? 'contactFolders' : name
}

/** A key that a proxy or a router could read as more than one segment, or as fewer, is encoded. */
function asSegment (key: string): string {
  return (/^(?:\.|%2e){1,2}$/i.test(key) ? key.replaceAll('.', '%2E') : key).replaceAll(';', '%3B')
}
