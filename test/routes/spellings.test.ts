import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { graphPhoto, type Caller, type PhotoTarget } from '../../lib/index.js'
import { fixture } from '../fixtures/pictures.js'
import { listen, sender } from '../helpers/wire.js'

const picture = fixture('thumbnail.jpg')
const caller: Caller = { kind: 'delegated', id: 'ann', permissions: ['User.ReadWrite', 'Contacts.ReadWrite', 'Group.ReadWrite.All'] }

const contact: PhotoTarget = { kind: 'contact', userId: 'ann', contactId: 'C=' }
const inFolder: PhotoTarget = { ...contact, contactFolderId: 'F=' }

/** The path of each route as it is named, the path as it is sent, and whose photo it is. */
const paths: ReadonlyArray<readonly [named: string, sent: string, target: PhotoTarget]> = [
  ['/me', '/me', { kind: 'user', userId: 'ann' }],
  ['/users/:userId', '/users/ann', { kind: 'user', userId: 'ann' }],
  ['/groups/:groupId', '/groups/g', { kind: 'group', groupId: 'g' }],
  ...[['/me', '/me'], ['/users/:userId', '/users/ann']].flatMap(([named, sent]) => [
    [`${named}/contacts/:contactId`, `${sent}/contacts/C=`, contact],
    [`${named}/contactfolders/:contactFolderId/contacts/:contactId`, `${sent}/contactfolders/F=/contacts/C=`, inFolder],
    [`${named}/contactfolders/:parentFolderId/childFolders/:contactFolderId/contacts/:contactId`,
      `${sent}/contactfolders/P=/childFolders/F=/contacts/C=`, inFolder]
  ] as const)
]

/** Every spelling of a path: the folder as SDKs write it, the dollar sign encoded, an empty segment before; and all of these at once. */
function spellings (path: string): readonly string[] {
  return [`${path}/photo/$value`]
    .flatMap((path) => [path, path.replace('$', '%24')])
    .flatMap((path) => path.includes('contactfolders') ? [path, path.replace('contactfolders', 'contactFolders')] : [path])
    .flatMap((path) => [path, `/${path}`])
}

interface Asked {
  readonly target: PhotoTarget
  readonly url: string | undefined
}

const routerOptions = { maxParamLength: 512 }

/** A server without graphServerOptions, so that only the router knows the spellings. */
async function server (t: Test, prefix: string, options: FastifyServerOptions = { routerOptions }) {
  const asked: Asked[] = []
  const app: FastifyInstance = Fastify(options)
  t.teardown(() => app.close())
  const routes: string[] = []
  app.addHook('onRoute', ({ method, url }) => { routes.push(`${String(method)} ${url}`) })
  await app.register(graphPhoto, {
    prefix,
    authenticate: () => caller,
    savePhoto: (_photo, { target, request }) => { asked.push({ target, url: request.routeOptions.url }) }
  })
  const send = sender(t, await listen(app))
  const put = async (path: string, method = 'PUT') =>
    (await send({ method, path, headers: { 'content-type': 'image/jpeg' }, body: picture })).statusCode
  return { app, asked, put, routes }
}

const prefixes: ReadonlyArray<readonly [prefix: string, sent: string, named: string]> = [
  ['/v1.0', '/v1.0', '/v1.0'],
  ['/v1.0/', '/v1.0', '/v1.0'],
  ['/:tenant/v1.0', '/contoso/v1.0', '/:tenant/v1.0'],
  ['/', '', ''],
  ['', '', '']
]

for (const [prefix, base, namedBase] of prefixes) {
  for (const method of ['PUT', 'PATCH']) {
    t.test(`every spelling is served below the prefix '${prefix}' by ${method}, and metrics see one route for all`, async (t) => {
      const { put, asked } = await server(t, prefix)
      const sent = paths.flatMap(([named, path, target]) => spellings(path).map((spelling) => ({ spelling, named, target })))
      const statuses = new Set<number>()
      for (const { spelling } of sent) statuses.add(await put(`${base}${spelling}`, method))
      t.strictSame([...statuses], [200])
      t.strictSame(asked, sent.map(({ named, target }) => ({ target, url: `${namedBase}${named}/photo/$value` })))
    })
  }
}

const unserved = [
  '///me/photo/$value', '/me//photo/$value', '/me/photo//$value', '/users//me/photo/$value', '/me/photo/$value/', '/me/photo/%2524value',
  '/me/ContactFolders/F/contacts/C/photo/$value', '/me/childFolders/F/contacts/C/photo/$value',
  '/me/contactFolders/P/childFolders/F/childFolders/G/contacts/C/photo/$value', '/groups/g/contactFolders/F/contacts/C/photo/$value'
]

t.test('a path that only resembles one is not served', async (t) => {
  const { put, asked } = await server(t, '/v1.0')
  for (const path of unserved) t.equal(await put(`/v1.0${path}`), 404, path)
  t.strictSame(asked, [])
})

t.test('the id of a parent folder is checked like every other', async (t) => {
  const { put, asked } = await server(t, '/v1.0')
  t.equal(await put('/v1.0/me/contactFolders//childFolders/F/contacts/C/photo/$value'), 400)
  t.equal(await put('/v1.0/me/contactFolders/a%00/childFolders/F/contacts/C/photo/$value'), 400)
  t.strictSame(asked, [])
})

const anyCase = '/V1.0//ME/CONTACTFOLDERS/F/Contacts/C/Photo/$Value'
const anySlashes = '/v1.0///me//contactFolders/F/contacts/C/photo/%24value'

const routers: ReadonlyArray<readonly [ignored: string, options: FastifyServerOptions, routes: number, path: string]> = [
  ['nothing', { routerOptions }, 104, '/v1.0//me/contactFolders/F/contacts/C/photo/%24value'],
  ['case', { routerOptions: { ...routerOptions, caseSensitive: false } }, 72, anyCase],
  ['case, said at the top level', { caseSensitive: false }, 72, anyCase],
  ['case, said beside routerOptions', { caseSensitive: false, routerOptions }, 72, anyCase],
  ['slashes', { routerOptions: { ...routerOptions, ignoreDuplicateSlashes: true } }, 52, anySlashes],
  ['slashes, said at the top level', { ignoreDuplicateSlashes: true }, 52, anySlashes],
  ['slashes, said beside routerOptions', { ignoreDuplicateSlashes: true, routerOptions }, 52, anySlashes],
  ['both', { routerOptions: { ...routerOptions, caseSensitive: false, ignoreDuplicateSlashes: true } }, 36, anySlashes.toUpperCase().replace('%24VALUE', '$VALUE')]
]

for (const [ignored, options, count, path] of routers) {
  t.test(`a router that ignores ${ignored} is given no route that it matches anyway`, async (t) => {
    const { put, asked, routes } = await server(t, '/v1.0', options)
    t.equal(routes.length, count)
    t.equal(await put(path), 200)
    t.match(asked, [{ target: { contactFolderId: 'F' } }])
  })
}

t.test('no spelling stands in the OpenAPI document', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(swagger, { openapi: {} })
  await app.register(graphPhoto, { authenticate: () => caller, savePhoto () {} })
  await app.ready()
  t.equal(Object.keys(app.swagger().paths ?? {}).length, 7)
  t.notMatch(JSON.stringify(app.swagger()), /childFolders|contactFolders\/|\/\/me|parentFolderId/)
})
