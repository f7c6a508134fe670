import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { graphPhoto, graphServerOptions, type Caller, type GraphPhotoOptions, type PhotoTarget } from '../../lib/index.js'
import { fixture } from '../fixtures/pictures.js'
import { assertError, errorsIn, host, put, type LogLine } from '../helpers/host.js'
import { userId, userPrincipalName } from '../helpers/tokens.js'
import { listen, sender, type Received } from '../helpers/wire.js'

const { rewriteUrl } = graphServerOptions
const rewrite = (url: string): string => rewriteUrl({ url })
const picture = fixture('thumbnail.jpg')

/** Puts a picture to the request target as it is. */
async function putter (t: Test, app: FastifyInstance): Promise<(path: string) => Promise<Received>> {
  const send = sender(t, await listen(app))
  return (path) => send({ path, headers: { 'content-type': 'image/jpeg' }, body: picture })
}

const caller: Caller = {
  kind: 'delegated', id: userId, userPrincipalName, permissions: ['User.ReadWrite', 'Contacts.ReadWrite', 'Group.ReadWrite.All']
}
const anyone: Partial<GraphPhotoOptions> = { authenticate: () => caller, authorize: () => true }

const contactId = `AAMk${'x'.repeat(147)}=`
const folderId = `AAMk${'y'.repeat(115)}=`
const ann = 'ann@contoso.example'

const user = (userId: string): PhotoTarget => ({ kind: 'user', userId })
const contact = (userId: string, contactId: string, contactFolderId?: string): PhotoTarget =>
  ({ kind: 'contact', userId, contactId, ...(contactFolderId !== undefined && { contactFolderId }) })

const addressed: ReadonlyArray<readonly [path: string, target: PhotoTarget]> = [
  ["/users('a@b.c')/contacts('AA=')/photo/$value", contact('a@b.c', 'AA=')],
  ["/users('ann@contoso.example')/photo/$value", user(ann)],
  ["/groups('G-1')/photo/$value", { kind: 'group', groupId: 'g-1' }],
  ["/me/contacts('AA=')/photo/$value", contact(userId, 'AA=')],
  ["/me/contactFolders('F1')/contacts('C1')/photo/$value", contact(userId, 'C1', 'F1')],
  ["/users('ann@contoso.example')/contactFolders('F1')/contacts('C1')/photo/$value", contact(ann, 'C1', 'F1')],
  ["/users/ann@contoso.example/contacts('C1')/photo/$value", contact(ann, 'C1')],
  ["/users('ann@contoso.example')/contacts/C1/photo/$value", contact(ann, 'C1')],
  ["/users('ann%40contoso.example')/photo/$value", user(ann)],
  ['/users(%27ann@contoso.example%27)/photo/$value', user(ann)],
  ['/users%28%27ann@contoso.example%27%29/photo/$value', user(ann)],
  ["/users('o''brien@contoso.example')/photo/$value", user("o'brien@contoso.example")],
  ['/users(%27o%27%27brien@contoso.example%27)/photo/$value', user("o'brien@contoso.example")],
  ["/users('''''')/photo/$value", user("''")],
  ["/users('ann_contoso.com%23EXT%23@fabrikam.example')/photo/$value", user('ann_contoso.com#ext#@fabrikam.example')],
  ["/users('a@b.c')/photo/%24value", user('a@b.c')],
  ["/users('a@b.c')/contacts('AA=')/photo/%24value", contact('a@b.c', 'AA=')],
  ['/me/ContactFolders/F1/contacts/C1/photo/$value', contact(userId, 'C1', 'F1')],
  ['/me/CONTACTFOLDERS/F1/contacts/C1/photo/%24value', contact(userId, 'C1', 'F1')],
  ["/users('a@b.c')/cOnTaCtFoLdErS('F1')/contacts('C1')/photo/$value", contact('a@b.c', 'C1', 'F1')],
  [`/me/contactFolders('${folderId}')/contacts('${contactId}')/photo/$value`, contact(userId, contactId, folderId)],
  ["/me/contacts('a%2Fb%3Fc%23d%25e')/photo/$value", contact(userId, 'a/b?c#d%e')],
  ["/me/contacts('..')/photo/$value", contact(userId, '..')],
  ["/me/contacts('%2e.')/photo/$value", contact(userId, '..')],
  ["/me/contacts('a%3Bb')/photo/$value", contact(userId, 'a;b')],
  ["/me/contacts('contacts')/photo/$value", contact(userId, 'contacts')],
  ["/users/users('x')/photo/$value", user("users('x')")],
  ["/me/contacts/contacts('x')/photo/$value", contact(userId, "contacts('x')")],
  ["/users('a@b.c')/photo/$value?$select=/users('x')/photo/$value", user('a@b.c')],
  ["/me/contactFolders('P')/childFolders('F1')/contacts('C1')/photo/$value", contact(userId, 'C1', 'F1')],
  ["/users('a@b.c')/contactfolders/P/ChildFolders('..')/contacts/C1/photo/%24value", contact('a@b.c', 'C1', '..')],
  ['//me/photo/%24value', user(userId)],
  ["//users('a@b.c')/photo/$value", user('a@b.c')],
  ["//me/contactFolders('F1')/contacts('C1')/photo/%24value", contact(userId, 'C1', 'F1')]
]

t.test('with graphServerOptions a path in the syntax of OData addresses its resource', async (t) => {
  const { app, saved } = await host(t, anyone)
  const send = await putter(t, app)
  for (const [path, target] of addressed) {
    saved.length = 0
    const { statusCode } = await send(`/v1.0${path}`)
    t.equal(statusCode, 200, path)
    t.strictSame(saved.map(({ context }) => context.target), [target], path)
  }
})

const asTheyCame: readonly string[] = [
  '/',
  '',
  '*',
  "/users('a')",
  "/users('a')/photo",
  "/users('a')/photo/$value/",
  "/users('a')/photo/$value/x",
  "/users('a')/photos/$value",
  "/users('a')/calendars('b')/photo/$value",
  "/contacts('a')/photo/$value",
  "/files('a')/photo/$value",
  "/me('a')/photo/$value",
  "/me/contactFolders('a')/photo/$value",
  "/groups('a')/contacts('b')/photo/$value",
  "/me/childFolders('a')/contacts('b')/photo/$value",
  "/me/contactFolders('a')/childFolders('b')/childFolders('c')/contacts('d')/photo/$value",
  '/users//me/photo/$value',
  "/v1.0/me/contacts//users('a')/photo",
  '///me/photo/$value',
  '/v1.0///me/photo/$value',
  '/v1.0/me//photo/$value',
  '/v1.0/me/photo//$value',
  '/v1.0//me/photo/$Valu%65',
  "/users('')/photo/$value",
  "/users(''')/photo/$value",
  "/users('a'b')/photo/$value",
  "/users('a')('b')/photo/$value",
  "/users('a','b')/photo/$value",
  '/users("a")/photo/$value',
  '/users(1)/photo/$value',
  "/users(id='a')/photo/$value",
  "/users('a/b')/photo/$value",
  "/users('a?b')/photo/$value",
  "/users('a#b')/photo/$value",
  "/x?/users('a')/photo/$value",
  "/x#/users('a')/photo/$value",
  "/x;/users('a')/photo/$value",
  "/users('a')/photo/$value;x",
  "http://users('me')/photo/$value",
  "HTTPS://groups('a')/photo/$value",
  '/me/photo/$value',
  '/users/a/contacts/b/photo/$value?x'
]

for (const url of asTheyCame) {
  t.test(`the URL ${url} stays as it came`, async (t) => {
    t.equal(rewrite(url), url)
  })
}

t.test('a request without a URL is one for the root', async (t) => {
  t.equal(rewriteUrl({}), '/')
})

const queries = ['?a=b', "?$filter=id eq 'x'", "?next=/users('a')/photo/$value", '#x', "?a?b#c/users('a')"]

for (const query of queries) {
  t.test(`the query ${query} stays as it came`, async (t) => {
    t.equal(rewrite(`/users('a')/photo/$value${query}`), `/users/a/photo/$value${query}`)
  })
}

t.test('what precedes the path of the plugin stays as it came', async (t) => {
  t.equal(rewrite("/files('a')/Users%28x/v1.0/users('b')/photo/$value"), "/files('a')/Users%28x/v1.0/users/b/photo/$value")
  t.equal(rewrite("https://host:1/v1.0/users('b')/photo/$value"), 'https://host:1/v1.0/users/b/photo/$value')
  t.equal(rewrite("https://host:1//users('b@c.d.e')/photo/$value"), 'https://host:1/users/b@c.d.e/photo/$value')
  t.equal(rewrite('/a//b//me/photo/$value'), '/a//b/me/photo/$value')
  t.equal(rewrite('/v1.0/http://b//me/photo/$value'), '/v1.0/http://b/me/photo/$value')
  for (const host of ['users', 'xusers', 'h']) t.equal(rewrite(`http://${host}//me/photo/$value`), `http://${host}/me/photo/$value`)
})

t.test('a key of dots stays encoded, every dot of it, so that nothing on the way resolves it', async (t) => {
  t.equal(rewrite("/me/contacts('.')/photo/$value"), '/me/contacts/%2E/photo/$value')
  t.equal(rewrite("/me/contacts('..')/photo/$value"), '/me/contacts/%2E%2E/photo/$value')
  t.equal(rewrite("/users('.%2e')/contacts('...')/photo/$value"), '/users/%2E%2e/contacts/.../photo/$value')
})

t.test('the key of a collection is never made of what follows an empty segment', async (t) => {
  for (const name of ['users', 'Groups', 'contacts', 'contactFolders', 'childfolders']) {
    t.equal(rewrite(`/${name}//users('a')/photo/$value`), `/${name}//users/a/photo/$value`)
  }
})

/** A reading of a path by OData's rules, written apart from the plugin's: the segments before the resource, and those of it. */
interface Reading {
  readonly before: readonly string[]
  readonly resource: ReadonlyArray<readonly [name: string, key?: string]>
}

function decode (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Malformed; both sides of a comparison still read the same.
    return text.replace(/%2[789e]/gi, decodeURIComponent)
  }
}

function unquote (segment: string, name: string): string | undefined {
  const text = decode(segment)
  if (!text.toLowerCase().startsWith(`${name}('`) || !text.endsWith("')")) return undefined
  const quoted = text.slice(name.length + 2, -2)
  const parts = quoted.split("''")
  return quoted === '' || parts.some((part) => part.includes("'")) ? undefined : parts.join("'")
}

function readResource (segments: readonly string[]): Reading['resource'] | undefined {
  const left = [...segments]
  const found: Array<readonly [name: string, key?: string]> = []

  function takeKeyed (name: string): boolean {
    const [first = '', second = ''] = left
    const isBare = first.toLowerCase() === name && second !== ''
    const key = isBare ? decode(second) : unquote(first, name)
    if (key === undefined) return false
    left.splice(0, isBare ? 2 : 1)
    found.push([name, key])
    return true
  }

  if (left[0]?.toLowerCase() === 'me') found.push([left.shift()?.toLowerCase() ?? ''])
  else if (!takeKeyed('users') && !takeKeyed('groups')) return undefined
  const hasContacts = found[0]?.[0] !== 'groups'
  const inFolder = hasContacts && takeKeyed('contactfolders')
  if (inFolder) takeKeyed('childfolders')
  const ofContact = hasContacts && takeKeyed('contacts')
  if (inFolder && !ofContact) return undefined
  const isPhoto = left.length === 2 && left[0]?.toLowerCase() === 'photo' && decode(left[1] ?? '').toLowerCase() === '$value'
  return isPhoto ? found : undefined
}

function split (url: string): readonly [origin: string, path: string, query: string] {
  const [, origin = '', path = '', query = ''] = /^(https?:\/\/[^/?#]*)?([^?#]*)(.*)$/.exec(url) ?? []
  return [origin, path, query]
}

function read (url: string): Reading | undefined {
  const [, path] = split(url)
  const segments = path.split('/')
  for (let start = 1; start < segments.length; start++) {
    const resource = readResource(segments.slice(start))
    if (resource !== undefined) return { before: segments.slice(0, start), resource }
  }
  return undefined
}

const collections = ['users', 'groups', 'contacts', 'contactfolders', 'childfolders']

/** What precedes the resource once the empty segment is gone that clients leave after the prefix. */
function joined ({ before }: Reading): readonly string[] {
  const [last, previous = ''] = before.toReversed()
  const isOneAfterPrefix = last === '' && (before.length === 2 || previous !== '')
  return isOneAfterPrefix && before.length > 1 && !collections.includes(previous.toLowerCase()) ? before.slice(0, -1) : before
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

const apostrophe = fc.constantFrom("'", '%27')
const idText = fc.oneof(
  fc.constantFrom('a', 'a@b.c', 'AA=', 'me', 'users', 'contacts', '..', '.', '%2e%2e', '%2F', 'a%2Fb', '%3F', '%25', '%2527', "''", '%27%27', '%', '%zz', ';', '%3B', "('x')", "users('x')", '$value', 'photo', '%C3%A9', ''),
  fc.string({ unit: fc.constantFrom(...'aZ0-_=+~!$&().,:@%27'), maxLength: 8 })
)
const name = fc.constantFrom('users', 'groups', 'contacts', 'contactFolders', 'contactfolders', 'childFolders', 'Users', 'CONTACTFOLDERS', 'files')
const quotedKey = fc.tuple(name, fc.constantFrom('(', '%28'), apostrophe, idText, apostrophe, fc.constantFrom(')', '%29')).map((parts) => parts.join(''))
const anySegment = fc.oneof(quotedKey, name, idText, fc.constantFrom('me', 'photo', '$value', 'v1.0'))

const collection = (names: readonly string[]) => fc.oneof(
  fc.tuple(fc.constantFrom(...names), fc.constantFrom('(', '%28'), apostrophe, idText, apostrophe, fc.constantFrom(')', '%29')).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom(...names), idText).map((parts) => parts.join('/'))
)
const contacts = collection(['contacts'])
const folders = collection(['contactfolders', 'contactFolders', 'ContactFolders'])
const childFolders = fc.tuple(folders, collection(['childFolders', 'childfolders', 'CHILDFOLDERS'])).map((parts) => parts.join('/'))
const owner = fc.oneof(fc.constant('me'), collection(['users']))
const resourcePath = fc.oneof(
  owner, collection(['groups']),
  fc.tuple(owner, contacts).map((parts) => parts.join('/')),
  fc.tuple(owner, fc.oneof(folders, childFolders), contacts).map((parts) => parts.join('/'))
)
const tail = fc.constantFrom('/photo/$value', '/photo/$value', '/photo/%24value', '/photo', '/photo/$value/', '')
const query = fc.oneof(fc.constant(''), fc.tuple(fc.constantFrom('?', '#'), fc.array(anySegment, { maxLength: 4 })).map(([mark, parts]) => `${mark}${parts.join('/')}/photo/$value`))
const prefix = fc.constantFrom('/v1.0', '', '/x/y', '/users', '/;', '/', '//', '/v1.0/', '/v1.0//', '/users/', '/me/contacts/', "http://users('me')", 'http://host/v1.0', "/users('x')")
const anyPath = fc.array(anySegment, { maxLength: 8 }).map((segments) => segments.join('/'))

const urlBelow = (prefix: fc.Arbitrary<string>) => fc.tuple(
  prefix, fc.oneof({ weight: 3, arbitrary: resourcePath }, { weight: 1, arbitrary: anyPath }), tail, query
).map(([prefix, path, tail, query]) => `${prefix}/${path}${tail}${query}`)

t.test('a rewritten path addresses the resource that its segments name and nothing else; all others, and every query, stay as they came', async (t) => {
  let rewritten = 0
  fc.assert(fc.property(urlBelow(prefix), (url) => {
    const result = rewrite(url)
    const reading = read(url)
    const [origin, oldPath, query] = split(url)
    // A router may be told to end a path at a semicolon.
    if (reading === undefined || oldPath.includes(';')) return result === url
    if (result !== url) rewritten++
    const [newOrigin, path, newQuery] = split(result)
    const before = joined(reading)
    const length = [...before, ...reading.resource.flat(), 'photo', '$value'].length
    return same(read(result), { ...reading, before }) && path.split('/').length === length && newOrigin === origin && newQuery === query
  }), { numRuns: 20_000 })
  t.ok(rewritten > 2000, 'the URLs are worth the test')
})

const routed = /^(?:me|[Uu]sers\/[^/]+|groups\/[^/]+)(?:(?:\/contactfolders\/[^/]+(?:\/childFolders\/[^/]+)?)?\/contacts\/[^/]+)?\/photo\/\$value$/

t.test('every spelling of a path of the plugin is rewritten to the one that a router knows, once and for all', async (t) => {
  let rewritten = 0
  fc.assert(fc.property(urlBelow(fc.constantFrom('/v1.0', '/v1.0/', '', '/')), (url) => {
    const result = rewrite(url)
    if (result === url || !url.startsWith('/')) return true
    rewritten++
    const [, path] = split(result)
    const { before = [] } = read(result) ?? {}
    return routed.test(path.split('/').slice(before.length).join('/')) && rewrite(result) === result
  }), { numRuns: 5000 })
  t.ok(rewritten > 500, 'the URLs are worth the test')
})

t.test("a sibling's GET is found by every spelling of its path", async (t) => {
  const found = new Set<string>()
  const paths = ['/me', '/users/:u', '/groups/:g', ...['/me', '/users/:u'].flatMap((owner) =>
    ['', '/contactfolders/:f', '/contactfolders/:p/childFolders/:f'].map((folder) => `${owner}${folder}/contacts/:c`))]
  const sibling = Fastify(graphServerOptions)
  t.teardown(() => sibling.close())
  for (const path of paths) sibling.get(`/v1.0${path}/photo/$value`, async ({ routeOptions: { url = '' } }) => { found.add(url) })
  const send = sender(t, await listen(sibling))
  for (const [path] of addressed) t.equal((await send({ method: 'GET', path: `/v1.0${path}` })).statusCode, 200, path)
  t.equal(found.size, paths.length)
})

const ownRewrite = (url: string): string => url.replace(/^\/api(?=\/)/, '')

t.test("a host's own rewriteUrl runs before or after", async (t) => {
  const before = { rewriteUrl: ({ url = '/' }) => rewrite(ownRewrite(url)) }
  const after = { rewriteUrl: ({ url = '/' }) => ownRewrite(rewrite(url)) }
  for (const chained of [before, after]) {
    const { app, saved } = await host(t, anyone, { ...graphServerOptions, ...chained })
    const send = await putter(t, app)
    t.equal((await send("/api/v1.0//users('ann@contoso.example')/photo/%24value")).statusCode, 200)
    t.strictSame(saved.map(({ context }) => context.target), [user(ann)])
  }
})

/** The target that a path below /v1.0 names, where the plugin takes its ids. */
function namedTarget (url: string): PhotoTarget | undefined {
  const reading = read(url)
  if (reading === undefined || joined(reading).join('/') !== '/v1.0') return undefined
  const keys = Object.fromEntries(reading.resource)
  const owner = keys['users']?.toLowerCase() ?? userId
  if (keys['groups'] !== undefined) return { kind: 'group', groupId: keys['groups'].toLowerCase() }
  return keys['contacts'] === undefined ? user(owner) : contact(owner, keys['contacts'], keys['childfolders'] ?? keys['contactfolders'])
}

t.test('over the wire a photo is saved for the resource that the path names, or for none', async (t) => {
  const { app, saved } = await host(t, anyone)
  const send = await putter(t, app)
  let accepted = 0
  const prefix = fc.constantFrom('/v1.0', '/v1.0', '/v1.0/', '', "http://users('me')", 'http://host/v1.0', '/v1.0/users', '/v1.0/users/')
  await fc.assert(fc.asyncProperty(urlBelow(prefix), async (url) => {
    saved.length = 0
    const { statusCode } = await send(url)
    const targets = saved.map(({ context }) => context.target)
    if (statusCode !== 200) return targets.length === 0
    accepted++
    const [target, ...more] = targets
    const named = namedTarget(url)
    return more.length === 0 && named !== undefined && same(named, target)
  }), { numRuns: 1000 })
  t.ok(accepted > 100, 'the URLs are worth the test')
})

t.test("a host's guard on request.url sees the path that is routed, so it guards both spellings", async (t) => {
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/v1.0/users/')) return reply.code(403).send('guarded')
  })
  await app.register(graphPhoto, { prefix: '/v1.0', ...anyone, savePhoto () {} })
  const send = await putter(t, app)
  for (const path of addressed.map(([path]) => path).filter((path) => path.startsWith('/users'))) {
    t.match(await send(`/v1.0${path}`), { statusCode: 403, body: 'guarded' }, path)
  }
})

const framework: ReadonlyArray<readonly [name: string, path: string, statusCode: number, code: string]> = [
  ['an id that is too long', `/v1.0/users/${'x'.repeat(513)}/photo/$value`, 414, 'URITooLong'],
  ["a key in OData's syntax that is too long", `/v1.0/users('${'x'.repeat(513)}')/photo/$value`, 414, 'URITooLong'],
  ['a bad escape in an id', '/v1.0/users/%zz/photo/$value', 400, 'BadRequest'],
  ['a bad escape in a key', "/v1.0/users('%zz')/photo/$value", 400, 'BadRequest'],
  ['an escape that is no UTF-8', '/v1.0/users/%ff/photo/$value', 400, 'BadRequest'],
  ['an escaped control character', "/v1.0/users('a%00')/photo/$value", 400, 'ErrorInvalidIdMalformed']
]

for (const [name, path, statusCode, code] of framework) {
  t.test(`${name} is answered in the envelope`, async (t) => {
    const { app, saved, logs } = await host(t, anyone)
    const send = await putter(t, app)
    assertError(t, await send(path), { statusCode, code })
    t.strictSame([saved, errorsIn(logs)], [[], []])
  })
}

t.test("a router's constraint that fails is answered in the envelope, which says nothing of why, and logged", async (t) => {
  const logs: LogLine[] = []
  const app = Fastify({
    ...graphServerOptions,
    logger: { stream: { write: (line: string) => { logs.push(JSON.parse(line)) } } },
    routerOptions: {
      ...graphServerOptions.routerOptions,
      constraints: {
        tenant: {
          name: 'tenant',
          storage: () => ({ get: () => null, set () {}, del () {}, empty () {} }),
          // Fastify's types know no third parameter, and want a string.
          deriveConstraint (_request: unknown, _context: unknown, done?: (error: Error) => void) {
            done?.(new Error('no database'))
            return ''
          },
          validate () {}
        }
      }
    }
  })
  app.get('/own', { constraints: { tenant: 'contoso' } }, async () => ({}))
  await app.register(graphPhoto, { prefix: '/v1.0', ...anyone, savePhoto () {} })
  const send = await putter(t, app)
  t.teardown(() => app.close())
  assertError(t, await send('/v1.0/me/photo/$value'), {
    statusCode: 500, code: 'ErrorInternalServerError', message: 'An internal server error occurred. The operation failed.'
  })
  t.match(errorsIn(logs), [{ msg: 'request failed', err: { code: 'FST_ERR_ASYNC_CONSTRAINT' } }], "the log has Fastify's error, once")
})

t.test('an id of 512 characters is not too long', async (t) => {
  const { app, saved } = await host(t, anyone)
  const send = await putter(t, app)
  t.equal((await send(`/v1.0/users('${'x'.repeat(512)}')/photo/$value`)).statusCode, 200)
  t.strictSame(saved.map(({ context }) => context.target), [user('x'.repeat(512))])
})

t.test('without graphServerOptions one process warning says what to set, and everything else works', async (t) => {
  const warnings: Array<Error & { code?: string }> = []
  const onWarning = (warning: Error): void => { warnings.push(warning) }
  process.on('warning', onWarning)
  t.teardown(() => { process.off('warning', onWarning) })
  const ours = () => warnings.filter(({ code }) => code === 'FST_GRAPH_PHOTO_MAX_PARAM_LENGTH')

  await host(t, anyone, { routerOptions: { maxParamLength: 152 } })
  await setImmediate()
  t.strictSame(ours(), [], 'no warning where contact ids fit')

  const { app, saved } = await host(t, anyone, {})
  await host(t, anyone, {})
  await setImmediate()
  t.equal(ours().length, 1)
  t.match(ours()[0]?.message, /routerOptions\.maxParamLength to 512.*graphServerOptions/)

  const paths = [
    '/v1.0/me/photo/$value', '/v1.0/me/photo/%24value', '/v1.0/users/a@b.c/photo/$value', '/v1.0/groups/g/photo/$value',
    '/v1.0/me/contactFolders/f/contacts/c/photo/$value', `/v1.0/me/contacts/${'c'.repeat(100)}/photo/$value`
  ]
  for (const url of paths) t.equal((await put(app, { url })).statusCode, 200, url)
  t.equal(saved.length, paths.length)
  assertError(t, await put(app, { headers: { 'content-type': 'text/plain' } }), { statusCode: 415, code: 'UnsupportedMediaType' })
  t.equal((await put(app, { url: '/v1.0/me/contactFolders/f/contacts/c/photo/%24value' })).statusCode, 200)
  t.equal((await put(app, { url: "/v1.0/users('a@b.c')/photo/$value" })).statusCode, 404)
})
