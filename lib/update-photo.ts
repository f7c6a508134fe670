import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PhotoContext } from '../types/index.js'
import { refusal } from './answers.js'
import { readBody } from './body.js'
import { isAfterLast } from './discard.js'
import { askHook } from './error-handler.js'
import type { Settings } from './options.js'
import { checkPhoto } from './photo.js'
import { recordOf } from './record.js'

/** What an admitted request does: its body is read, checked and saved. */
export async function updatePhoto (request: FastifyRequest, reply: FastifyReply, settings: Settings): Promise<FastifyReply> {
  const record = recordOf(request, reply)
  const bytes = await bodyOf(request, settings)
  record.bytes = bytes.length
  if (bytes.length === 0) throw refusal('bodyEmpty')

  const photo = await checkPhoto(bytes, settings)
  if (typeof photo === 'string') throw refusal(photo)

  // RFC 9112, section 9.6. Its answer could not be sent.
  if (isAfterLast(request)) throw refusal('bodyCutOff')

  // Admission has noted the caller and the target, or the request would not be here.
  const { caller, target } = record as Pick<PhotoContext, 'caller' | 'target'>
  await askHook(() => settings.savePhoto(photo, { caller, target, request }))
  record.isSaved = true
  return reply.code(200).removeHeader('content-type').send()
}

/** Fastify parses no body that has neither a label nor, as HTTP/2 allows, an announced length. */
async function bodyOf (request: FastifyRequest, { maxRequestBytes }: Settings): Promise<Buffer> {
  return Buffer.isBuffer(request.body) ? request.body : await readBody(request, request.raw, maxRequestBytes)
}
