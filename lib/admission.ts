import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller, PhotoContext, PhotoTarget } from '../types/index.js'
import { GraphError, refusal } from './answers.js'
import type { Authenticate } from './authentication.js'
import { after, type Awaitable } from './awaitable.js'
import { announcedBytes, isRepeated, requestTooLarge } from './body.js'
import { askHook } from './error-handler.js'
import type { Settings } from './options.js'
import { heldPermissions } from './permissions.js'
import { recordOf } from './record.js'
import { hasWellFormedIds, type PhotoParams, type PhotoRoute } from './routes.js'
import { addressedTarget, isOwn, isTarget } from './target.js'

const personalAccounts = '9188040d-6c67-4c5b-b112-36a304b66dad'

/**
 * Decides from the head alone whether the body of a request may be read, and records who writes whose photo.
 *
 * A refusal is returned, because a throw takes longer than most of these checks.
 * @returns the answer to a request that is refused
 * @throws {GraphError} what an error of a hook became
 */
export function admit (
  request: FastifyRequest, reply: FastifyReply, route: PhotoRoute, settings: Settings, authenticate: Authenticate
): Awaitable<GraphError | undefined> {
  const record = recordOf(request, reply)
  return after(authenticate(request), (caller) => {
    if (caller instanceof GraphError) return caller
    record.caller = caller
    if (route.owner === 'me' && caller.kind === 'application') return refusal('meNeedsUser')
    if (caller.tenantId?.toLowerCase() === personalAccounts) return refusal('personalAccount')

    // The router gives what the path names, and the next line makes sure of it.
    const params = request.params as PhotoParams
    if (!hasWellFormedIds(params, route)) return refusal('idMalformed')
    const permissions = heldPermissions(settings.permissions, route.kind, caller)
    if (permissions.length === 0) return refusal('accessDenied')
    const addressed = record.target = addressedTarget(route, params, caller)

    return after(resolveTarget(addressed, route, params, { caller, request }, settings), (target) => {
      if (target instanceof GraphError) return target
      record.target = target

      return after(askHook(settings.authorize, [permissions, { caller, target, request }]), (isAllowed) => {
        if (isAllowed !== true) return refusal('accessDenied')
        return checkLength(request, settings) ?? checkLabel(request, settings)
      })
    })
  })
}

function resolveTarget (
  addressed: PhotoTarget, route: PhotoRoute, params: PhotoParams, context: Omit<PhotoContext, 'target'>, settings: Settings
): Awaitable<PhotoTarget | GraphError> {
  const { resolveTarget } = settings
  if (resolveTarget === undefined) return addressed
  // A copy: whoever changes it in place must not change what it is compared with.
  return after(askHook(resolveTarget, [{ ...addressed }, context]), (target) => {
    if (target === null || target === undefined) return unknownTarget(addressed, context.caller, addressedId(route, params, context.caller))
    const isSame = isTarget(target) && target.kind === addressed.kind && target.tenantId === addressed.tenantId
    return isSame ? target : refusal('internal', [], new TypeError('resolveTarget must keep the kind and the tenant of the target'))
  })
}

/** The user's or group's id as the request writes it. A prefix such as `/:userId` has parameters too, which are not ours. */
function addressedId ({ owner }: PhotoRoute, params: PhotoParams, caller: Caller): string {
  if (owner === 'me') return caller.id
  const { userId, groupId } = params as Required<PhotoParams>
  return owner === 'group' ? groupId : userId
}

/** A signed-in user must not find out who else exists. */
function unknownTarget (target: PhotoTarget, caller: Caller, id: string): GraphError {
  const mayKnow = caller.kind === 'application' || target.kind === 'group' || isOwn(target, caller)
  if (!mayKnow) return refusal('accessDenied')
  return target.kind === 'contact' ? refusal('itemNotFound') : refusal('resourceNotFound', [id])
}

function checkLength (request: FastifyRequest, { maxRequestBytes }: Settings): GraphError | undefined {
  const announced = announcedBytes(request)
  const isTooLarge = announced !== undefined && announced > maxRequestBytes
  return isTooLarge ? requestTooLarge(maxRequestBytes) : undefined
}

function checkLabel (request: FastifyRequest, { contentTypes }: Settings): GraphError | undefined {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (isAcceptedLabel(request, contentTypes) && encoding.toLowerCase() === 'identity') return undefined
  return refusal('mediaTypeUnsupported', [contentTypes === '*' ? '*/*' : contentTypes.join(', ')])
}

const label = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?=\s*(?:;|$))/

function isAcceptedLabel (request: FastifyRequest, contentTypes: Settings['contentTypes']): boolean {
  if (isRepeated(request, 'content-type')) return false
  const sent = request.headers['content-type']
  if (contentTypes === '*') return sent === undefined || label.test(sent)
  return sent !== undefined && (contentTypes.includes(sent) || contentTypes.includes(mediaTypeOf(sent)))
}

function mediaTypeOf (sent: string): string {
  const [mediaType = ''] = label.exec(sent) ?? []
  return mediaType.toLowerCase()
}
