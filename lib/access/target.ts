import type { Caller, GraphPhotoOptions, PhotoContext, PhotoTarget } from '../../types/index.js'
import { andThen, askHook, refuse, type Awaitable, type Refusal } from '../answers/index.js'
import type { PhotoParams, PhotoRoute } from '../routes/index.js'

/** The ids that a request names; ids it does not name are undefined. */
interface PhotoIds {
  readonly userId?: string | undefined
  readonly groupId?: string | undefined
  readonly contactId?: string | undefined
  readonly contactFolderId?: string | undefined
}

/**
 * The target that the plugin makes of the ids in a path, before `resolveTarget`: a route beside the plugin finds with it
 * what a `PUT` saved. A host with a `resolveTarget` calls it on the result.
 *
 *     photoTarget({}, caller)                                 the caller's own photo
 *     photoTarget({ userId: 'Ann@contoso.example' }, caller)  { kind: 'user', userId: 'ann@contoso.example' }
 *     photoTarget({ contactId: 'AA=' }, caller)               one of the caller's own contacts
 *
 * User and group ids and principal names become lower case, A to Z only; the caller's own principal name becomes their id;
 * contact and folder ids stay as they are. The target has the caller's tenant.
 * @throws {TypeError} if the ids contradict each other: a group's beside others, or a folder's without a contact's
 * @see https://learn.microsoft.com/graph/api/profilephoto-update#http-request
 */
export function photoTarget ({ userId, groupId, contactId, contactFolderId }: PhotoIds, caller: Caller): PhotoTarget {
  const tenant = caller.tenantId === undefined ? {} : { tenantId: caller.tenantId }
  if (groupId !== undefined) {
    if ((userId ?? contactId ?? contactFolderId) !== undefined) throw new TypeError('A group is addressed by groupId alone.')
    return { kind: 'group', groupId: lowerCased(groupId), ...tenant }
  }
  const user = { userId: lowerCased(userId === undefined ? caller.id : ownId(userId, caller)), ...tenant }
  if (contactId !== undefined) return { kind: 'contact', ...user, contactId, ...(contactFolderId !== undefined && { contactFolderId }) }
  if (contactFolderId !== undefined) throw new TypeError('A contact folder has no photo: contactFolderId needs contactId.')
  return { kind: 'user', ...user }
}

/** The target as the request addresses it. A prefix such as `/:userId` adds parameters that are not ours. */
export function addressedTarget ({ ids }: PhotoRoute, params: PhotoParams, caller: Caller): PhotoTarget {
  const named: { -readonly [name in keyof PhotoParams]: PhotoParams[name] } = {}
  for (const name of ids) {
    const id = params[name]
    if (id !== undefined) named[name] = id
  }
  return photoTarget(named, caller)
}

/** A user may be addressed by principal name; the caller's id is known. */
function ownId (userId: string, caller: Caller): string {
  const { userPrincipalName } = caller
  return userPrincipalName !== undefined && sameId(userId, userPrincipalName) ? caller.id : userId
}

/** Graph ignores the case of user and group ids. */
function sameId (one: string, other: string): boolean {
  return one === other || lowerCased(one) === lowerCased(other)
}

/** Only A to Z: in Unicode the Kelvin sign (U+212A) is a capital k, and would become another user's. */
function lowerCased (id: string): string {
  return id.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** Whether the target is the caller's own photo, or a photo of one of the caller's own contacts. */
export function isOwn (target: PhotoTarget, caller: Caller): boolean {
  return target.kind !== 'group' && sameId(target.userId, caller.id)
}

/** A target as the request addresses it, and what its route and caller say about it. */
export interface Addressed {
  readonly target: PhotoTarget
  readonly route: PhotoRoute
  readonly params: PhotoParams
}

/** Maps a target by the host's `resolveTarget`; without that hook it stays as addressed. */
export function resolve (
  addressed: Addressed, context: Omit<PhotoContext, 'target'>, resolveTarget: GraphPhotoOptions['resolveTarget']
): Awaitable<PhotoTarget | Refusal> {
  const { target } = addressed
  if (resolveTarget === undefined) return target
  // A copy, so that mutation cannot defeat the comparison.
  return andThen(askHook('resolveTarget', resolveTarget, [{ ...target }, context]), (resolved) => {
    if (resolved === null || resolved === undefined) return unknown(addressed, context)
    const isSame = isTarget(resolved) && resolved.kind === target.kind && resolved.tenantId === target.tenantId
    return isSame ? resolved : refuse('targetInvalid', {}, { cause: new TypeError('resolveTarget must keep the kind and the tenant') })
  })
}

/** Whether what a hook returned has the ids that a target of its kind needs. */
function isTarget (value: PhotoTarget): boolean {
  if (value.kind === 'group') return isId(value.groupId)
  return isId(value.userId) && (value.kind !== 'contact' || isId(value.contactId))
}

function isId (value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

/** A signed-in user must not find out who else exists. */
function unknown ({ target, route, params }: Addressed, { caller, isOwn }: Omit<PhotoContext, 'target'>): Refusal {
  const mayKnow = caller.kind === 'application' || target.kind === 'group' || isOwn
  const known = target.kind === 'contact' ? 'itemNotFound' : 'resourceNotFound'
  const facts = { kind: target.kind, id: addressedId(route, params, caller) }
  return refuse('targetUnknown', facts, { answer: mayKnow ? known : 'accessDenied' })
}

/** The user's or group's id as the request writes it. */
function addressedId ({ owner }: PhotoRoute, params: PhotoParams, caller: Caller): string {
  if (owner === 'me') return caller.id
  const { userId, groupId } = params as Required<PhotoParams>
  return owner === 'group' ? groupId : userId
}
