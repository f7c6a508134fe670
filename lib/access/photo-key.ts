import { createHash } from 'node:crypto'
import type { PhotoTarget } from '../../types/index.js'

const longestName = 128

/** A file name for an id, of `a-z 0-9 - _ .` only and different for every id. */
function name (kind: string, id: string): string {
  // UTF-16 code units, since an id may hold a lone surrogate.
  const literal = id.replace(/[^a-z0-9-]/g, (unit) => `_${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return literal.length <= longestName
    ? `${kind}-${literal}`
    : `${kind}.${createHash('sha256').update(id, 'utf16le').digest('hex')}`
}

/**
 * A storage key for a target, safe as the path of a file, a blob or an object, whatever the ids contain.
 *
 *     { kind: 'user', tenantId: 't', userId: 'u' }  tenant-t/user-u
 *     { kind: 'contact', userId: 'u', contactId: 'AA=' }  owner-u/contact-_0041_0041_003d
 *
 * Distinct targets have distinct keys, tenants included, even on a file system that ignores case. A contact has the same key
 * whether it was reached through a folder or not. Every segment has at most 136 characters, all of `a-z 0-9 - _ .`, and no key
 * is the folder of another.
 */
export function photoKey (target: PhotoTarget): string {
  const segments = target.tenantId === undefined ? [] : [name('tenant', target.tenantId)]
  if (target.kind === 'user') segments.push(name('user', target.userId))
  else if (target.kind === 'group') segments.push(name('group', target.groupId))
  else segments.push(name('owner', target.userId), name('contact', target.contactId))
  return segments.join('/')
}
