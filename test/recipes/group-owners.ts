// Recipe: only its owners change a group's photo.
// npm install fastify-graph-photo fastify
import { graphAuthorize, type GraphPhotoOptions } from 'fastify-graph-photo'

/**
 * For the option `authorize`: only its owners change a group's photo; for everything else Graph's own rules hold.
 * @param ownersOf the object ids of a group's owners, users and apps alike; where it throws, the caller may not write
 */
export function onlyOwners (ownersOf: (groupId: string) => Promise<readonly string[]>): NonNullable<GraphPhotoOptions['authorize']> {
  return async (permissions, context) => {
    const { caller, target } = context
    if (!graphAuthorize(permissions, context)) return false
    if (target.kind !== 'group') return true
    const owners = await ownersOf(target.groupId)
    return owners.some((ownerId) => ownerId.toLowerCase() === caller.id.toLowerCase())
  }
}
