import type { Caller, GraphPhotoOptions, PhotoContext, PhotoTarget } from '../../types/index.js'
import { andThen, askHook, refuse, type Awaitable, type Refusal } from '../answers/index.js'
import type { PhotoParams, PhotoRoute } from '../routes/index.js'

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
  const contact: PhotoTarget = { kind: 'contact', userId, contactId }
  return route.ids.includes('contactFolderId') ? { ...contact, contactFolderId } : contact
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

/** A target as the request addresses it, and what its route and caller say about it. */
export interface Addressed {
  readonly target: PhotoTarget
  readonly route: PhotoRoute
  readonly params: PhotoParams
}

/** What the host's `resolveTarget` makes of a target, which without such a hook stays as addressed. */
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

/** The user's or group's id as the request writes it. A prefix such as `/:userId` has parameters too, which are not ours. */
function addressedId ({ owner }: PhotoRoute, params: PhotoParams, caller: Caller): string {
  if (owner === 'me') return caller.id
  const { userId, groupId } = params as Required<PhotoParams>
  return owner === 'group' ? groupId : userId
}
