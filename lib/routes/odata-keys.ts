/** A key in quotes; an apostrophe in it is doubled. */
const key = "(?:\\(|%28)(?:'|%27)((?:[^/'%]|%(?!27)|(?:'|%27){2})+)(?:'|%27)(?:\\)|%29)"
const keyed = (name: string): string => `${name}(?:/[^/]+|${key})`

/** The end of one of the plugin's paths, with each key as a segment of its own or in OData's syntax. */
const photoPath = new RegExp([
  '/(?:', keyed('groups'), '|(?:me|', keyed('users'), ')(?:(?:/', keyed('contactfolders'), ')?/', keyed('contacts'), ')?)',
  '/photo/(?:\\$|%24)value$'
].join(''), 'i')

/** Every request to the server is rewritten, so most URLs should go no further than this cheap test. */
const mayNeedRewriting = /'|%27|contactfolders/i

const collection = /^(?:users|groups|contacts|contactfolders)$/i
const keyedCollection = new RegExp(`^(users|groups|contacts|contactfolders)${key}$`, 'i')
const quotePair = /(?:'|%27){2}/g
/** What precedes the path if a request names the whole URL (RFC 9112, section 3.2.2). */
const origin = /^https?:\/\/[^/?#]*/i

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
  const [host = ''] = origin.exec(url) ?? []
  const [path = ''] = url.slice(host.length).split(/[?#]/, 1)
  // Fastify's `useSemicolonDelimiter` ends the path at a semicolon too.
  const start = path.includes(';') ? -1 : path.search(photoPath)
  if (start === -1) return url
  return host + path.slice(0, start) + rewriteSegments(path.slice(start)) + url.slice(host.length + path.length)
}

function rewriteSegments (path: string): string {
  let isKey = false
  return path.split('/').map((segment) => {
    const rewritten = isKey ? segment : rewriteSegment(segment)
    // The segment after a bare collection is a key, whatever it looks like.
    isKey = !isKey && collection.test(segment)
    return rewritten
  }).join('/')
}

function rewriteSegment (segment: string): string {
  const [, name, quoted] = keyedCollection.exec(segment) ?? []
  if (name === undefined || quoted === undefined) return routable(segment)
  return `${routable(name)}/${asSegment(quoted.replace(quotePair, "'"))}`
}

/** The router knows two spellings of `contactFolders`; Graph knows any. */
function routable (name: string): string {
  const isOther = /^contactfolders$/i.test(name) && name !== 'contactfolders'
  return isOther ? 'contactFolders' : name
}

/** A proxy could resolve `.` or `..`, so such a key is encoded. */
function asSegment (key: string): string {
  return /^(?:\.|%2e){1,2}$/i.test(key) ? key.replaceAll('.', '%2E') : key
}
