import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PhotoContext } from '../types/index.js'
import { refusal } from './answers.js'
import { after, type Awaitable } from './awaitable.js'
import { readBody } from './body.js'
import { isAfterLast } from './discard.js'
import { askHook } from './error-handler.js'
import type { Settings } from './options.js'
import { checkPhoto } from './photo.js'
import { logRecord, recordOf } from './record.js'

/** What an admitted request does: its body is read, checked and saved. */
export function updatePhoto (request: FastifyRequest, reply: FastifyReply, settings: Settings): Awaitable<FastifyReply> {
  const record = recordOf(request, reply)
  return after(bodyOf(request, settings), (bytes) => {
    record.bytes = bytes.length
    if (bytes.length === 0) throw refusal('bodyEmpty')

    return after(checkPhoto(bytes, settings), (photo) => {
      if (typeof photo === 'string') throw refusal(photo)

      // What follows the last answer of a connection must not be acted upon (RFC 9112, section 9.6).
      if (isAfterLast(request)) throw refusal('bodyCutOff')

      // Admission has noted the caller and the target, or the request would not be here.
      const { caller, target } = record as Pick<PhotoContext, 'caller' | 'target'>
      return after(askHook(settings.savePhoto, [photo, { caller, target, request }]), () => {
        record.isSaved = true
        // No answer will be logged any more, and going away must not hide who wrote the photo.
        if (request.raw.socket.destroyed) logRecord(request, reply)
        return reply.code(200).removeHeader('content-type').send()
      })
    })
  })
}

/** Fastify parses no body that has neither a label nor, as HTTP/2 allows, an announced length. */
function bodyOf (request: FastifyRequest, { maxRequestBytes }: Settings): Awaitable<Buffer> {
  if (Buffer.isBuffer(request.body)) return request.body
  return new Promise((resolve, reject) => {
    readBody(request, request.raw, maxRequestBytes, (error, body) => { if (body === undefined) reject(error); else resolve(body) })
  })
}
