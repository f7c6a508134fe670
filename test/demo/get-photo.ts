import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fileTypeFromBuffer } from 'file-type'
import { callerFromClaims, GraphError, photoTarget } from '../../lib/index.js'
import type { Caller } from '../../types/index.js'
import { mayRead } from './access.js'
import { resolveTarget } from './directory.js'
import { getPhotoRoutes } from './get-photo-routes.js'
import type { PhotoStore } from '../recipes/plain-files.js'

interface PhotoParams {
  readonly userId?: string
  readonly groupId?: string
  readonly contactId?: string
  readonly contactFolderId?: string
}

/** `GET …/photo/$value`, which the plugin leaves to the host. */
export async function getPhoto (app: FastifyInstance, { photos }: { photos: PhotoStore }): Promise<void> {
  for (const { url, schema } of getPhotoRoutes) {
    app.get<{ Params: PhotoParams }>(url, { schema }, async (request, reply) => {
      const caller = await callerOf(request)
      const target = resolveTarget(photoTarget(request.params, caller))
      if (target === null) throw new GraphError(404, 'Request_ResourceNotFound', 'There is no such user or group.')
      if (!mayRead(caller, target)) throw new GraphError(403, 'ErrorAccessDenied', 'Access is denied.')

      const data = await photos.read(target)
      if (data === undefined) throw new GraphError(404, 'ImageNotFound', "The photo wasn't found.")

      // These are other people's bytes: a browser must neither guess what they are nor run what is in them.
      return reply
        .type(await imageTypeOf(data))
        .header('x-content-type-options', 'nosniff')
        .header('content-security-policy', 'sandbox')
        .header('cache-control', 'private, no-cache')
        .send(data)
    })
  }
}

/** What fails here is answered 401, as the plugin answers it. */
async function callerOf (request: FastifyRequest): Promise<Caller> {
  return callerFromClaims(await request.jwtVerify<Record<string, unknown>>())
}

async function imageTypeOf (data: Buffer): Promise<string> {
  const type = await fileTypeFromBuffer(data)
  return type?.mime.startsWith('image/') ? type.mime : 'application/octet-stream'
}
