import { gzipSync } from 'node:zlib'
import { readFileSync } from 'node:fs'
import Fastify, { type InjectOptions } from 'fastify'
import t from 'tap'
import { graphEnvelope, graphPhoto, graphServerOptions, type GraphPhotoOptions } from '../lib/index.js'
import { fixture, portrait } from './fixtures/pictures.js'
import { listen, sender } from './helpers/wire.js'
import { appClaims, claims, jwt, token, type Claims } from './helpers/tokens.js'

const page = readFileSync(new URL('../.github/PARITY.md', import.meta.url), 'utf8')

/** What the page says happens here, by entry: a status, and a code where it is an error. */
const said = new Map([...page.matchAll(/^### `([\w-]+)`\n(?:(?!###)[^])*?^- Here: (\d{3}(?: `\w+`)?)?/gm)].map(([, id = '', answer]) => [id, answer?.replaceAll('`', '')]))

interface Run {
  readonly path?: string
  readonly method?: 'PUT' | 'PATCH' | 'GET' | 'DELETE'
  readonly claims?: Claims
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  readonly options?: Partial<GraphPhotoOptions>
}

const someone = '/users/b6d2b9c0-7a67-4d0a-8c55-5b1f3f6b7a10/photo/$value'

/** The requests of each entry that can be run; all of an entry's are answered as it says. */
const runs: Readonly<Record<string, readonly Run[]>> = {
  'permission-of-its-own': [{ claims: claims({ scp: 'ProfilePhoto.ReadWrite.All' }) }, { path: someone, claims: appClaims({ roles: ['ProfilePhoto.ReadWrite.All'] }) }],
  'personal-accounts': [{ claims: claims({ tid: '9188040d-6c67-4c5b-b112-36a304b66dad' }) }],
  'another-user': [{ path: someone }, { path: someone, options: { resolveTarget: () => null } }],
  administrators: [{ path: someone, claims: claims({ scp: 'User.ReadWrite.All', wids: ['62e90394-69f5-4237-9190-012177145e10'] }) }],
  'group-owners': [{ path: '/groups/g/photo/$value' }],
  'app-without-a-user': [{ claims: appClaims() }],
  'no-token': [{ headers: { authorization: '' } }],
  patch: [{ method: 'PATCH' }, { method: 'PUT' }],
  'empty-segment': [{ path: '//me/photo/$value' }, { path: '//me/contacts/c/photo/%24value' }],
  'contact-folders': [
    { path: '/me/contactfolders/f/contacts/c/photo/$value' }, { path: '/me/contactFolders/f/contacts/c/photo/$value' },
    { path: '/me/ContactFolders/f/contacts/c/photo/$value' }
  ],
  'child-folders': [{ path: '/me/contactFolders/p/childFolders/f/contacts/c/photo/$value' }],
  'quoted-keys': [{ path: "/me/contacts('AA=')/photo/$value" }],
  'malformed-id': [{ path: '/me/contacts//photo/$value' }, { path: '/me/contacts/a%00/photo/$value' }],
  'unknown-user': [{ path: someone, claims: appClaims(), options: { resolveTarget: () => null } }],
  teams: [{ path: '/teams/t/photo/$value' }],
  get: [{ method: 'GET' }, { method: 'GET', path: '/me/photo' }],
  delete: [{ method: 'DELETE' }],
  'unknown-path': [{ path: '/me/nothing' }, { method: 'GET', path: '/nothing' }],
  'four-megabytes': [{ body: Buffer.concat([portrait, Buffer.alloc(4 * 1024 * 1024 - portrait.length)]) }],
  'content-type': [{ headers: { 'content-type': 'application/octet-stream' } }, { headers: { 'content-type': 'image/png' } }],
  'content-type-of-sdks': ['application/json', 'application/octet-stream, image/jpeg', 'image'].map((type) => ({ headers: { 'content-type': type }, options: { contentTypes: '*' } })),
  gzip: [{ headers: { 'content-encoding': 'gzip' }, body: gzipSync(portrait) }],
  'empty-body': [{ body: Buffer.alloc(0) }],
  'no-image': [{ body: Buffer.from('no picture at all') }],
  png: [{ body: fixture('photo.png') }],
  animated: ([['gif', 'image/gif'], ['png', 'image/png'], ['webp', 'image/webp']] as const)
    .map(([name, type]) => ({ body: fixture(`animated.${name}`), options: { imageTypes: [type] } })),
  'small-photo': [{ body: fixture('thumbnail.jpg') }]
}

t.test('the page is about what is run, and what is run stands in the page', async (t) => {
  t.ok(said.size > 25)
  t.strictSame([...said].filter(([, answer]) => answer !== undefined).map(([id]) => id).toSorted(), Object.keys(runs).toSorted())
})

for (const [id, requests] of Object.entries(runs)) {
  t.test(`${id} is as the page says`, async (t) => {
    for (const { path = '/me/photo/$value', method = 'PUT', claims, headers, body = portrait, options } of requests) {
      const app = Fastify(graphServerOptions)
      t.teardown(() => app.close())
      await app.register(async (scope) => {
        await scope.register(graphEnvelope)
        await scope.register(graphPhoto, { jwt, savePhoto () {}, ...options })
      }, { prefix: '/v1.0' })
      const all: InjectOptions['headers'] = { authorization: `Bearer ${token(claims)}`, 'content-type': 'image/jpeg', ...headers }
      const answer = await sender(t, await listen(app))({
        method, path: `/v1.0${path}`, headers: all as Readonly<Record<string, string>>, ...(method.startsWith('P') && { body })
      })
      const code = answer.body === '' ? '' : ` ${JSON.parse(answer.body).error.code}`
      t.equal(`${answer.statusCode}${code}`, said.get(id), `${method} ${path}`)
    }
  })
}
