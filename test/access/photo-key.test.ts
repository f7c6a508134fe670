import { posix, win32 } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { photoKey, type PhotoTarget } from '../../lib/index.js'
import { anyId, hostileIds } from '../helpers/ids.js'

const kinds: ReadonlyArray<(userId: string, contactId: string) => PhotoTarget> = [
  (userId) => ({ kind: 'user', userId }),
  (groupId) => ({ kind: 'group', groupId }),
  (userId, contactId) => ({ kind: 'contact', userId, contactId })
]

const anyTarget = fc.tuple(fc.constantFrom(...kinds), anyId, anyId, fc.option(anyId, { nil: undefined }))
  .map(([target, id, contactId, tenantId]): PhotoTarget => ({ ...target(id, contactId), ...(tenantId !== undefined && { tenantId }) }))

/** What makes two targets one and the same; JSON escapes half characters. */
function identity (target: PhotoTarget): string {
  const { kind, tenantId = null } = target
  if (kind === 'group') return JSON.stringify([tenantId, kind, target.groupId])
  return JSON.stringify([tenantId, kind, target.userId, kind === 'contact' && target.contactId])
}

/** What a file system may do with a name before it compares it. */
const foldings: ReadonlyArray<(key: string) => string> = [
  (key) => key,
  (key) => key.toLowerCase(),
  (key) => key.toUpperCase(),
  (key) => key.normalize('NFC'),
  (key) => key.normalize('NFD'),
  (key) => key.normalize('NFKC').toLowerCase(),
  (key) => key.replaceAll(/[. ]+(?=\/|$)/g, '')
]

const device = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i

function isSafeSegment (segment: string): boolean {
  return /^[a-z0-9][a-z0-9._-]*$/.test(segment) && !segment.endsWith('.') && !device.test(segment) && Buffer.byteLength(segment) <= 255
}

function everyHostileTarget (): PhotoTarget[] {
  const others = ['a', 'A', '..', 'x'.repeat(500), 'e\u0301']
  const targets = hostileIds.flatMap((id) => [
    ...kinds.flatMap((target) => others.map((contactId) => target(id, contactId))),
    ...others.map((userId): PhotoTarget => ({ kind: 'contact', userId, contactId: id }))
  ])
  const tenants = [undefined, ...others, '', 'user-a', 'é']
  const all = targets.flatMap((target) => tenants.map((tenantId) => ({ ...target, ...(tenantId !== undefined && { tenantId }) })))
  const inTenants = hostileIds.map((tenantId): PhotoTarget => ({ kind: 'user', userId: 'a', tenantId }))
  return [...new Map([...all, ...inTenants].map((target) => [identity(target), target])).values()]
}

t.test('distinct targets have distinct keys, even where case and Unicode forms are one', async (t) => {
  const targets = everyHostileTarget()
  t.ok(targets.length > 5000)
  const keys = targets.map((target) => [target, photoKey(target)] as const)
  for (const fold of foldings) {
    const owners = new Map<string, PhotoTarget>()
    for (const [target, whole] of keys) {
      const key = fold(whole)
      const other = owners.get(key)
      if (other !== undefined) t.fail('one key for two targets', { key, other, target })
      owners.set(key, target)
    }
    t.equal(owners.size, targets.length)
  }
})

t.test('no two targets that anybody can think of share a key', async () => {
  fc.assert(fc.property(anyTarget, anyTarget, (one, other) => {
    fc.pre(identity(one) !== identity(other))
    const keys = [one, other].map(photoKey)
    return foldings.every((fold) => new Set(keys.map(fold)).size === 2)
  }), { numRuns: 2000 })
})

t.test('twins of an id, in case or in Unicode form, have keys of their own', async () => {
  const twin = fc.constantFrom<(id: string) => string>(
    (id) => id.toLowerCase(), (id) => id.toUpperCase(), (id) => id.normalize('NFC'), (id) => id.normalize('NFD'), (id) => id.normalize('NFKC'),
  (id) => id.replaceAll('/', '%2f'), (id) => id.replaceAll('.', '%2e'), (id) => `${id}.`, (id) => `${id} `, (id) => `${id}\0`, (id) => `${id}/`, (id) => `./${id}`, (id) => id.slice(0, -1)
  )
  fc.assert(fc.property(anyId, twin, fc.constantFrom(...kinds), (id, twinOf, target) => {
    const other = twinOf(id)
    fc.pre(other !== id)
    const keys = [target(id, 'c'), target(other, 'c'), { ...target('u', 'c'), tenantId: id }, { ...target('u', 'c'), tenantId: other }].map(photoKey)
    return foldings.every((fold) => new Set(keys.map(fold)).size === keys.length)
  }), { numRuns: 2000 })
})

t.test('one id names three targets in any tenant: a user, a group and a contact', async () => {
  fc.assert(fc.property(anyId, anyId, (id, tenantId) => {
    const targets = kinds.map((target) => target(id, id))
    const keys = [...targets, ...targets.map((target) => ({ ...target, tenantId }))].map(photoKey)
    return new Set(keys).size === keys.length
  }))
})

t.test('a contact has one key, through whatever folder it was reached', async () => {
  fc.assert(fc.property(anyId, anyId, anyId, anyId, (userId, contactId, contactFolderId, tenantId) => {
    const contact = { kind: 'contact', userId, contactId, tenantId } as const
    return photoKey(contact) === photoKey({ ...contact, contactFolderId })
  }))
})

t.test('every segment is a safe name of at most 255 bytes, and the path stays where it is put', async () => {
  fc.assert(fc.property(anyTarget, (target) => {
    const key = photoKey(target)
    return key.split('/').every(isSafeSegment) &&
      posix.join('/photos', key) === `/photos/${key}` &&
      posix.resolve('/photos', key) === `/photos/${key}` &&
      win32.resolve('C:\\photos', key) === `C:\\photos\\${key.replaceAll('/', '\\')}`
  }), { numRuns: 2000 })
})

t.test('no key is the folder of another, so that each can be a file', async (t) => {
  const keys = new Set(everyHostileTarget().map(photoKey))
  const folders = new Set([...keys].flatMap((key) => key.split('/').map((_, index, segments) => segments.slice(0, index).join('/'))))
  t.strictSame([...keys].filter((key) => folders.has(key)), [])
})

t.test('the key of a target never changes, as photos are found by it', async (t) => {
  const u = { tenantId: 'T', userId: 'u' }
  t.strictSame([
    photoKey({ ...u, kind: 'user' }),
    photoKey({ kind: 'group', groupId: 'g.1' }),
    photoKey({ ...u, kind: 'contact', contactId: 'AA=' }),
    photoKey({ kind: 'user', userId: 'x'.repeat(128) }),
    photoKey({ kind: 'user', userId: 'x'.repeat(129) })
  ], [
    'tenant-_0054/user-u',
    'group-g_002e1',
    'tenant-_0054/owner-u/contact-_0041_0041_003d',
    `user-${'x'.repeat(128)}`,
    'user.3c9a81b9d19211ce844677eaa73b44a0de1d55de0eb23a86400481c5fc06a772'
  ])
})
