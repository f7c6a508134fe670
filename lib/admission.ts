import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller, GraphPhotoOptions, PermissionTable } from '../types/index.js'
import { addressedTarget, heldPermissions, isOwn, resolve, type Authenticate } from './access/index.js'
import { andThen, askHook, recordOf, refuse, type Awaitable, type Refusal } from './answers/index.js'
import { hasWellFormedIds, type PhotoParams, type PhotoRoute } from './routes/index.js'
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

/**
 * Decides from the head alone whether the body of a request may be read, and records who writes whose photo:
 * who calls, from where to where, whose photo it is and whether they may, how long the body is, and of what type.
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
    const permissions = heldPermissions(settings.permissions[route.kind][caller.kind], caller)
    const refusal = checkFlow(caller, route) ?? checkMailbox(caller) ?? checkIds(params, route) ?? checkHeld(permissions)
    if (refusal !== undefined) return refusal

    const addressed = record.target = addressedTarget(route, params, caller)
    const asAddressed = { caller, isOwn: record.isOwn = isOwn(addressed, caller), request }
    return andThen(resolve({ target: addressed, route, params }, asAddressed, settings.resolveTarget), (target) => {
      record.target = target
      // A host that calls users by other ids than their tokens do must not lock them out of what is theirs.
      record.isOwn ||= isOwn(target, caller)

      return andThen(askHook(settings.authorize, [permissions, { caller, target, isOwn: record.isOwn, request }]), (isAllowed) =>
        checkAllowed(isAllowed) ??
        checkLength(request, settings.maxRequestBytes) ??
        checkMediaType(request, settings.contentTypes))
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
  return hasWellFormedIds(params, route) ? undefined : refuse('idMalformed')
}

function checkHeld (permissions: readonly string[]): Refusal | undefined {
  return permissions.length > 0 ? undefined : refuse('accessDenied')
}

/** Whatever `authorize` returns besides `true` denies. */
function checkAllowed (isAllowed: unknown): Refusal | undefined {
  return isAllowed === true ? undefined : refuse('accessDenied')
}
