import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller, GraphPhotoOptions, PermissionTable } from '../types/index.js'
import { addressedTarget, graphAuthorize, heldPermissions, isOwn, resolve, type Addressed, type Authenticate } from './access/index.js'
import {
  andThen, askHook, disguised, recordOf, refuse, whenSettled, type Awaitable, type Refusal, type RequestRecord
} from './answers/index.js'
import { malformedId, type PhotoParams, type PhotoRoute } from './routes/index.js'
import { checkLength, checkMediaType, type ContentTypes } from './wire/index.js'

/** What admission needs to know of the options. */
export interface AdmissionSettings {
  readonly authenticate: Authenticate
  readonly permissions: PermissionTable
  readonly resolveTarget: GraphPhotoOptions['resolveTarget']
  readonly authorize: NonNullable<GraphPhotoOptions['authorize']>
  readonly maxRequestBytes: number
  readonly contentTypes: ContentTypes
}

/** A request whose caller is known. */
interface Asked {
  readonly request: FastifyRequest
  readonly caller: Caller
  readonly addressed: Addressed
}

/**
 * Decides from the head alone whether the body of a request may be read, and records who writes whose photo.
 * @returns the refusal, if there is one
 */
export function admit (
  request: FastifyRequest, reply: FastifyReply, route: PhotoRoute, settings: AdmissionSettings
): Awaitable<Refusal | undefined> {
  const record = recordOf(request, reply)
  // The router gives what the path names, and checkIds makes sure of it.
  const params = request.params as PhotoParams

  return andThen(settings.authenticate(request), (caller) => {
    record.caller = caller
    const refusal = checkFlow(caller, route) ?? checkMailbox(caller) ?? checkIds(params, route)
    if (refusal !== undefined) return refusal

    const addressed = { target: addressedTarget(route, params, caller), route, params }
    record.target = addressed.target
    record.isOwn = isOwn(addressed.target, caller)
    return whenSettled(checkTarget({ request, caller, addressed }, record, settings), (refusal) => {
      if (refusal !== undefined) return discreet(refusal, caller, record)
      return checkLength(request, settings.maxRequestBytes) ?? checkMediaType(request, settings.contentTypes)
    })
  })
}

function checkFlow (caller: Caller, route: PhotoRoute): Refusal | undefined {
  return route.owner === 'me' && caller.kind === 'application' ? refuse('meNeedsUser') : undefined
}

const personalAccounts = '9188040d-6c67-4c5b-b112-36a304b66dad'

function checkMailbox (caller: Caller): Refusal | undefined {
  return caller.tenantId?.toLowerCase() === personalAccounts ? refuse('personalAccount') : undefined
}

function checkIds (params: PhotoParams, route: PhotoRoute): Refusal | undefined {
  const name = malformedId(params, route)
  return name && refuse('idMalformed', { name })
}

/** Whose photo it is, and whether the caller may write it. */
function checkTarget (
  { request, caller, addressed }: Asked, record: RequestRecord, { permissions, resolveTarget, authorize }: AdmissionSettings
): Awaitable<Refusal | undefined> {
  const needed = permissions[addressed.target.kind][caller.kind]
  const held = heldPermissions(needed, caller)
  if (held.length === 0) return permissionMissing(needed, caller)

  return andThen(resolve(addressed, { caller, isOwn: record.isOwn, request }, resolveTarget), (target) => {
    record.target = target
    // A host whose user ids differ from those in tokens must not lock users out of their own photos.
    record.isOwn ||= isOwn(target, caller)
    return andThen(askHook('authorize', authorize, [held, { caller, target, isOwn: record.isOwn, request }]), (returned) => {
      // Whatever authorize returns besides true denies.
      if (returned === true) return undefined
      return authorize === graphAuthorize ? refuse('notOwn') : refuse('authorizeRefused', { returned: described(returned) })
    })
  })
}

function permissionMissing (needed: readonly string[], caller: Caller): Refusal {
  return refuse('permissionMissing', { caller: caller.kind, held: listed(caller.permissions), needed: listed(needed) })
}

function listed (permissions: readonly string[]): string {
  return permissions.length === 0 ? 'none' : permissions.join(', ')
}

/** What a hook returned, never its content. */
function described (value: unknown): string {
  return value === null || value === undefined || typeof value === 'boolean' ? String(value) : `a value of type ${typeof value}`
}

/** A signed-in user must not learn from an answer who else exists: every 403 about another user says the same. */
function discreet (refusal: Refusal, caller: Caller, { target, isOwn }: RequestRecord): Refusal {
  const isAboutOthers = caller.kind === 'delegated' && target?.kind !== 'group' && !isOwn
  return isAboutOthers && refusal.error.statusCode === 403 ? disguised(refusal, 'notOwn') : refusal
}
