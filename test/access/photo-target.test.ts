import fc from 'fast-check'
import Fastify from 'fastify'
import t from 'tap'
import { graphPhoto, graphServerOptions, photoTarget, type Caller, type PhotoTarget } from '../../lib/index.js'
import { fixture } from '../fixtures/pictures.js'
import { anyId } from '../helpers/ids.js'
import { listen, sender } from '../helpers/wire.js'

const picture = fixture('thumbnail.jpg')

const ann: Caller = { kind: 'delegated', id: 'Ann-1', userPrincipalName: 'Ann@Contoso.Example', permissions: ['User.ReadWrite', 'Contacts.ReadWrite', 'Group.ReadWrite.All'] }
const ofTenant: Caller = { ...ann, tenantId: 'Tenant' }

type Ids = Parameters<typeof photoTarget>[0]

const targets: ReadonlyArray<readonly [ids: Ids, target: PhotoTarget]> = [
  [{}, { kind: 'user', userId: 'ann-1' }],
  [{ userId: undefined, contactId: undefined }, { kind: 'user', userId: 'ann-1' }],
  [{ userId: 'BOB' }, { kind: 'user', userId: 'bob' }],
  [{ userId: 'ANN-1' }, { kind: 'user', userId: 'ann-1' }],
  [{ userId: 'ann@contoso.EXAMPLE' }, { kind: 'user', userId: 'ann-1' }],
  [{ groupId: 'G' }, { kind: 'group', groupId: 'g' }],
  [{ contactId: 'Cc=' }, { kind: 'contact', userId: 'ann-1', contactId: 'Cc=' }],
  [{ contactId: 'Cc=', contactFolderId: 'Ff=' }, { kind: 'contact', userId: 'ann-1', contactId: 'Cc=', contactFolderId: 'Ff=' }],
  [{ userId: 'Bob', contactId: 'Cc=' }, { kind: 'contact', userId: 'bob', contactId: 'Cc=' }],
  [{ userId: 'Bob', contactId: 'Cc=', contactFolderId: 'Ff=' }, { kind: 'contact', userId: 'bob', contactId: 'Cc=', contactFolderId: 'Ff=' }]
]

t.test("ids make a target, and without a user or a group it is the caller's own", async (t) => {
  t.strictSame(targets.map(([ids]) => photoTarget(ids, ann)), targets.map(([, target]) => target))
})

t.test("the target has the caller's tenant, as it came", async (t) => {
  t.strictSame(targets.map(([ids]) => photoTarget(ids, ofTenant)), targets.map(([, target]) => ({ ...target, tenantId: 'Tenant' })))
})

t.test('only A to Z are lower-cased: no other letter may become another user\'s', async (t) => {
  const unchanged = '\u212a\u0130\u00c9\u0391\uff21\u1e9e'
  t.strictSame(photoTarget({ userId: `K${unchanged}` }, ann), { kind: 'user', userId: `k${unchanged}` })
  t.strictSame(photoTarget({ groupId: `K${unchanged}` }, ann), { kind: 'group', groupId: `k${unchanged}` })
  const kelvin: Caller = { ...ann, id: 'ann', userPrincipalName: 'k@contoso.example' }
  t.strictSame(photoTarget({ userId: '\u212a@contoso.example' }, kelvin), { kind: 'user', userId: '\u212a@contoso.example' })
  t.strictSame(photoTarget({}, { ...ann, id: unchanged }), { kind: 'user', userId: unchanged })
})

const contradictory: readonly Ids[] = [
  { groupId: 'g', userId: 'u' }, { groupId: 'g', contactId: 'c' }, { groupId: 'g', contactFolderId: 'f' },
  { contactFolderId: 'f' }, { userId: 'u', contactFolderId: 'f' }
]

for (const ids of contradictory) {
  t.test(`ids that contradict each other are refused: ${JSON.stringify(ids)}`, async (t) => {
    t.throws(() => photoTarget(ids, ann), new TypeError('groupId' in ids
      ? 'A group is addressed by groupId alone.'
      : 'A contact folder has no photo: contactFolderId needs contactId.'))
  })
}

t.test('what the plugin saves is found again by the ids in its path', async (t) => {
  const saved: PhotoTarget[] = []
  const callers: Caller[] = []
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  await app.register(graphPhoto, {
    // Its parameter is not the plugin's to read.
    prefix: '/:groupId/v1.0',
    authenticate: () => ofTenant,
    authorize: () => true,
    savePhoto (_photo, { target, caller }) { saved.push(target); callers.push(caller) }
  })
  const send = sender(t, await listen(app))
  const wellFormed = anyId.filter((id) => id.length > 0 && id.length < 500 && !/\p{Cs}/u.test(id) && !/[\u0000-\u001f\u007f-\u009f]/.test(id)) // eslint-disable-line no-control-regex
  type Three = Readonly<Record<'a' | 'b' | 'c', string>>
  const paths: ReadonlyArray<readonly [path: (ids: Three) => string, ids: (ids: Three) => Ids]> = [
    [() => '/me', () => ({})],
    [({ a }) => `/users/${a}`, ({ a }) => ({ userId: a })],
    [({ a }) => `/groups/${a}`, ({ a }) => ({ groupId: a })],
    [({ a }) => `/me/contacts/${a}`, ({ a }) => ({ contactId: a })],
    [({ a, b }) => `/users/${a}/contacts/${b}`, ({ a, b }) => ({ userId: a, contactId: b })],
    [({ a, b }) => `/me/contactfolders/${a}/contacts/${b}`, ({ a, b }) => ({ contactFolderId: a, contactId: b })],
    [({ a, b, c }) => `/users/${a}/contactFolders/${b}/contacts/${c}`, ({ a, b, c }) => ({ userId: a, contactFolderId: b, contactId: c })],
    [({ a, b, c }) => `/me/contactFolders/${a}/childFolders/${b}/contacts/${c}`, ({ b, c }) => ({ contactFolderId: b, contactId: c })]
  ]
  await fc.assert(fc.asyncProperty(fc.constantFrom(...paths), fc.record({ a: wellFormed, b: wellFormed, c: wellFormed }), async ([path, ids], raw) => {
    saved.length = 0
    const encoded = { a: encodeURIComponent(raw.a), b: encodeURIComponent(raw.b), c: encodeURIComponent(raw.c) }
    await send({ path: `/tenant/v1.0${path(encoded)}/photo/$value`, headers: { 'content-type': 'image/jpeg' }, body: picture })
    return saved.length === 1 && JSON.stringify(saved[0]) === JSON.stringify(photoTarget(ids(raw), ofTenant))
  }), { numRuns: 400 })
  t.strictSame([...new Set(callers)], [ofTenant], 'the caller is handed on as it came')
})
