import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GraphPhotoOptions, PhotoContext } from '../types/index.js'
import { andThen, askHook, isAnswered, noteSaved, recordOf, refuse, type Awaitable, type Refusal } from './answers/index.js'
import { checkPhoto, inTurn, type PhotoLimits } from './photo/index.js'
import { isAnswerable, receiveBody } from './wire/index.js'

/** What an update needs to know of the options. */
export interface UpdateSettings extends PhotoLimits {
  readonly savePhoto: GraphPhotoOptions['savePhoto']
}

/**
 * What an admitted request does: its body is read, checked and saved.
 * @returns the refusal, if there is one
 */
export function updatePhoto (request: FastifyRequest, reply: FastifyReply, settings: UpdateSettings): Awaitable<Refusal | undefined> {
  const record = recordOf(request, reply)
  return andThen(bodyOf(request), (bytes) => {
    record.bytes = bytes.length
    if (bytes.length === 0) return refuse('bodyEmpty')

    return andThen(inTurn(bytes, () => checkPhoto(bytes, settings)), (photo) => {
      if ('reason' in photo) return refuse(photo.reason, photo.facts)
      if (isAnswered(request, reply) || !isAnswerable(request)) return refuse('bodyCutOff')

      // Admission has noted the caller and the target, or the request would not be here.
      const { caller, target, isOwn } = record as Pick<PhotoContext, 'caller' | 'target' | 'isOwn'>
      return andThen(askHook('savePhoto', settings.savePhoto, [photo, { caller, target, isOwn, request }]), () => {
        noteSaved(request, reply, isAnswerable(request))
        return undefined
      })
    })
  })
}

/** Fastify parses no body that has neither a Content-Type nor, as HTTP/2 allows, an announced length. */
function bodyOf (request: FastifyRequest): Awaitable<Buffer | Refusal> {
  if (Buffer.isBuffer(request.body)) return request.body
  return new Promise((resolve) => { receiveBody(request, request.raw, resolve) })
}
