// Recipe: administrators, by their directory roles, change other users' photos too.
// npm install fastify-graph-photo fastify
import { graphAuthorize, type GraphPhotoOptions } from 'fastify-graph-photo'

type Authorize = NonNullable<GraphPhotoOptions['authorize']>

/** Role-template ids, the same in every tenant: the directory roles that change any user's photo since October 2023. */
export const photoAdministrators: readonly string[] = [
  '62e90394-69f5-4237-9190-012177145e10', // Global Administrator
  'fe930be7-5e62-47db-91af-98c3a49a38b1', // User Administrator
  '024906de-61e5-49c8-8572-40335f1e0e10' // People Administrator
]

const permissionsForAll: readonly string[] = ['User.ReadWrite.All', 'ProfilePhoto.ReadWrite.All']

/**
 * For the option `authorize`: administrators also change other users' photos, with a permission for all users; for everything else
 * Graph's own rules hold.
 * @param allowedRoles what the tenant's `photoUpdateSettings` say: the roles of which a signed-in user needs one to change any user's
 * photo, their own included; empty for no such policy
 * @param administrators the directory roles of administrators, by the names in `Caller.directoryRoles`
 * @see https://learn.microsoft.com/graph/api/resources/photoupdatesettings
 */
export function orAdministrators (
  allowedRoles: readonly string[] = [], administrators: readonly string[] = photoAdministrators
): Authorize {
  return (permissions, context) => {
    const { caller: { kind, directoryRoles = [] }, target } = context
    if (kind === 'application' || target.kind !== 'user') return graphAuthorize(permissions, context)
    if (allowedRoles.length > 0 && !meet(directoryRoles, allowedRoles)) return false
    const isAdministrator = meet(directoryRoles, administrators) && meet(permissions, permissionsForAll)
    return graphAuthorize(permissions, { ...context, isOwn: context.isOwn || isAdministrator })
  }
}

function meet (some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.includes(one))
}
