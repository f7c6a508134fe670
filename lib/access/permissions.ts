import type { Caller, PermissionTable, PhotoContext } from '../../types/index.js'
import { isOwn } from './target.js'

/**
 * The permissions of Graph's "Update profilePhoto"; any one of a row suffices.
 * @see https://learn.microsoft.com/graph/api/profilephoto-update#permissions
 */
export const defaultPermissions: PermissionTable = deepFreeze({
  user: {
    delegated: ['User.ReadWrite', 'User.ReadWrite.All', 'ProfilePhoto.ReadWrite.All'],
    application: ['User.ReadWrite.All', 'ProfilePhoto.ReadWrite.All']
  },
  group: {
    delegated: ['Group.ReadWrite.All', 'ProfilePhoto.ReadWrite.All'],
    application: ['Group.ReadWrite.All', 'ProfilePhoto.ReadWrite.All']
  },
  contact: {
    delegated: ['Contacts.ReadWrite'],
    application: ['Contacts.ReadWrite']
  }
})

function deepFreeze (table: PermissionTable): PermissionTable {
  for (const row of Object.values(table)) {
    for (const permissions of Object.values(row)) Object.freeze(permissions)
    Object.freeze(row)
  }
  return Object.freeze(table)
}

/** Those permissions of a table's row that the caller holds. */
export function heldPermissions (row: readonly string[], caller: Caller): readonly string[] {
  return row.filter((permission) => caller.permissions.includes(permission))
}

/**
 * The default of the option `authorize`: a signed-in user writes their own photo, the photos of their own contacts, and any
 * group's; an app on its own writes any. Narrow it in the host's `authorize` if only owners may change a group's photo.
 *
 *     authorize: (permissions, context) => graphAuthorize(permissions, context) && ownsGroup(context)
 *
 * @param permissions the permissions of the table's row that the caller holds; with none, nothing is allowed
 * @param context the hook's; without `isOwn`, the target's user id and the caller's are compared, in any case
 * @see https://learn.microsoft.com/graph/api/profilephoto-update#permissions
 */
export function graphAuthorize (permissions: readonly string[], context: AuthorizeContext): boolean {
  const { caller, target } = context
  if (permissions.length === 0) return false
  return caller.kind === 'application' || target.kind === 'group' || (context.isOwn ?? isOwn(target, caller))
}

/** A host's own route beside the plugin may not have `isOwn`. */
type AuthorizeContext = Pick<PhotoContext, 'caller' | 'target'> & Partial<Pick<PhotoContext, 'isOwn'>>
