import { createHash } from 'node:crypto'
import type { Caller, PhotoTarget } from '../types/index.js'
import type { PhotoParams, PhotoRoute } from './routes.js'

/** The target as the request addresses it, before the host's `resolveTarget`. */
export function addressedTarget (route: PhotoRoute, params: PhotoParams, caller: Caller): PhotoTarget {
  const target: PhotoTarget & { tenantId?: string } = tenantlessTarget(route, params, caller)
  if (caller.tenantId !== undefined) target.tenantId = caller.tenantId
  return target
}

function tenantlessTarget (route: PhotoRoute, params: PhotoParams, caller: Caller): PhotoTarget {
  // The route's path has the ids that its kind of target needs.
  const { userId: addressed, groupId, contactId, contactFolderId } = params as Required<PhotoParams>
  if (route.kind === 'group') return { kind: 'group', groupId: groupId.toLowerCase() }

  const userId = (route.owner === 'me' ? caller.id : ownId(addressed, caller)).toLowerCase()
  if (route.kind === 'user') return { kind: 'user', userId }
  return route.inFolder ? { kind: 'contact', userId, contactId, contactFolderId } : { kind: 'contact', userId, contactId }
}

/** A user may be addressed by principal name; the caller's id is known. */
function ownId (userId: string, caller: Caller): string {
  const { userPrincipalName } = caller
  return userPrincipalName !== undefined && sameId(userId, userPrincipalName) ? caller.id : userId
}

/** Graph ignores the case of user and group ids. */
function sameId (one: string, other: string): boolean {
  return one === other || one.toLowerCase() === other.toLowerCase()
}

/** Whether the target is the caller's own photo, or a photo of one of the caller's own contacts. */
export function isOwn (target: PhotoTarget, caller: Caller): boolean {
  return target.kind !== 'group' && sameId(target.userId, caller.id)
}

/** Whether what a hook returned has the ids that a target of its kind needs. */
export function isTarget (value: PhotoTarget): boolean {
  if (value.kind === 'group') return isId(value.groupId)
  return isId(value.userId) && (value.kind !== 'contact' || isId(value.contactId))
}

function isId (value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

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
