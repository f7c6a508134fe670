import { graphAuthorize } from '../../lib/index.js'
import type { Caller, PhotoContext, PhotoTarget } from '../../types/index.js'
import { ownsGroup } from './directory.js'

const readContacts: readonly string[] = ['Contacts.Read', 'Contacts.ReadWrite']

/** Only owners change a group's photo; for everything else Graph's own rules hold. */
export function mayWrite (permissions: readonly string[], context: PhotoContext): boolean {
  const { caller, target } = context
  return graphAuthorize(permissions, context) && (target.kind !== 'group' || ownsGroup(caller.id, target.groupId))
}

/** Any caller with a token sees users and groups. Contacts are private to their owner and to apps that may read them. */
export function mayRead (caller: Caller, target: PhotoTarget): boolean {
  if (target.kind !== 'contact') return true
  const held = caller.permissions.filter((permission) => readContacts.includes(permission))
  return graphAuthorize(held, { caller, target })
}
