/** A key in quotes; an apostrophe in it is doubled. */
const key = "(?:\\(|%28)(?:'|%27)((?:[^/'%]|%(?!27)|(?:'|%27){2})+)(?:'|%27)(?:\\)|%29)"
const keyed = (name: string): string => `${name}(?:/[^/]+|${key})`

/** The end of one of the plugin's paths, with each key as a segment of its own or in OData's syntax. */
const photoPath = new RegExp([
  '/(?:', keyed('groups'), '|(?:me|', keyed('users'), ')(?:(?:/', keyed('contactfolders'), '(?:/', keyed('childfolders'), ')?)?/',
  keyed('contacts'), ')?)/photo/(?:\\$|%24)value$'
].join(''), 'i')

/** Every request to the server is rewritten, so most URLs should go no further than this cheap test. */
const mayNeedRewriting = /'|%2[47]|contactfolders|\/\//i

const names = 'users|groups|contacts|contactfolders|childfolders'
const collection = new RegExp(`^(?:${names})$`, 'i')
const keyedCollection = new RegExp(`^(${names})${key}$`, 'i')
const quotePair = /(?:'|%27){2}/g
/** What precedes the path if a request names the whole URL (RFC 9112, section 3.2.2). */
const origin = /^https?:\/\/[^/?#]*/i

/**
 * Spells a path that ends as one of the plugin's as a router knows it: OData's keys are segments, `$value` is not encoded, folders
 * are spelled as in the paths of Graph's page, and no empty segment precedes it. Any other URL stays as it came.
 *
 *     /v1.0/users('a@b.c')/contacts('AA=')/photo/$value?x  →  /v1.0/users/a@b.c/contacts/AA=/photo/$value?x
 *     /v1.0//me/contactFolders/F/contacts/C/photo/%24value  →  /v1.0/me/contactfolders/F/contacts/C/photo/$value
 *
 * What is encoded in a key stays encoded: a key is one segment before and after.
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html
 */
export function asRouted (url: string): string {
  if (!mayNeedRewriting.test(url)) return url
  const [host = ''] = origin.exec(url) ?? []
  const [path = ''] = url.slice(host.length).split(/[?#]/, 1)
  // Fastify's `useSemicolonDelimiter` ends the path at a semicolon too.
  const start = path.includes(';') ? -1 : path.search(photoPath)
  if (start === -1) return url
  return host + joinable(path.slice(0, start)) + rewriteSegments(path.slice(start)) + url.slice(host.length + path.length)
}

/** Without the one empty segment at its end, unless what follows would become the key of a collection. */
function joinable (prefix: string): string {
  const [, joined, last = ''] = /^((?:.*\/)?([^/]+)|)\/$/.exec(prefix) ?? []
  return joined === undefined || collection.test(last) ? prefix : joined
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

/** A router knows one spelling of each; Graph knows any. */
const routedFolders: ReadonlyMap<string, string> = new Map([['contactfolders', 'contactfolders'], ['childfolders', 'childFolders']])

function routable (segment: string): string {
  return routedFolders.get(segment.toLowerCase()) ?? segment.replace(/^%24(?=value$)/i, '$')
}

/** A proxy could resolve `.` or `..`, so such a key is encoded. */
function asSegment (key: string): string {
  return /^(?:\.|%2e){1,2}$/i.test(key) ? key.replaceAll('.', '%2E') : key
}
