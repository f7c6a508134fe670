import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fileTypeFromBuffer } from 'file-type'
import { callerFromClaims, GraphError } from '../../lib/index.js'
import type { Caller, PhotoTarget } from '../../types/index.js'
import { mayRead } from './access.js'
import { resolveTarget } from './directory.js'
import { getPhotoRoutes } from './get-photo-routes.js'
import { sendGraphError } from './graph-error.js'
import type { PhotoStore } from './store.js'

interface PhotoParams {
  readonly userId?: string
  readonly groupId?: string
  readonly contactId?: string
}

/** `GET …/photo/$value`, which the plugin leaves to the host. */
export async function getPhoto (app: FastifyInstance, { photos }: { photos: PhotoStore }): Promise<void> {
  app.setErrorHandler(sendGraphError)

  for (const { url, schema } of getPhotoRoutes) {
    app.get<{ Params: PhotoParams }>(url, { schema }, async (request, reply) => {
      const caller = await callerOf(request)
      const target = resolveTarget(addressedTarget(request.params, caller))
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

async function callerOf (request: FastifyRequest): Promise<Caller> {
  try {
    return callerFromClaims(await request.jwtVerify<Record<string, unknown>>())
  } catch (cause) {
    throw new GraphError(401, 'InvalidAuthenticationToken', 'Access token validation failure.', { cause })
  }
}

/** Without any owner in the path it is `/me`. */
function addressedTarget ({ userId, groupId, contactId }: PhotoParams, caller: Caller): PhotoTarget {
  const tenant = caller.tenantId === undefined ? {} : { tenantId: caller.tenantId }
  if (groupId !== undefined) return { ...tenant, kind: 'group', groupId }
  const user = { ...tenant, userId: userId ?? caller.id }
  return contactId === undefined ? { ...user, kind: 'user' } : { ...user, kind: 'contact', contactId }
}

async function imageTypeOf (data: Buffer): Promise<string> {
  const type = await fileTypeFromBuffer(data)
  return type?.mime.startsWith('image/') ? type.mime : 'application/octet-stream'
}
