// Recipe: photos in Azure Blob Storage, which any number of servers share.
// npm install fastify-graph-photo fastify @fastify/jwt @azure/storage-blob
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { RestError, type ContainerClient } from '@azure/storage-blob'
import type {} from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import graphPhoto, { callerFromClaims, GraphError, photoKey, photoTarget, type PhotoTarget } from 'fastify-graph-photo'

/** Photos in a container of Azure Blob Storage, which any number of servers may share, and a route that reads a user's. */
export async function blobPhotos (app: FastifyInstance, { container, patience = 10_000 }: { container: ContainerClient, patience?: number }) {
  const blobOf = (target: PhotoTarget) => container.getBlockBlobClient(photoKey(target))
  // The SDK's tryTimeoutInMs is for the store to keep; this one ends the waiting for a store that says nothing.
  const inTime = () => ({ abortSignal: AbortSignal.timeout(patience) })

  await app.register(graphPhoto, {
    contentTypes: '*', // Microsoft's SDKs send the wrong Content-Type
    // One upload replaces the photo as a whole, its type included: readers find the old one or the new one.
    savePhoto: async ({ data, contentType }, { target }) => {
      await blobOf(target).uploadData(data, { ...inTime(), blobHTTPHeaders: { blobContentType: contentType } }).catch(refuse)
    }
  })

  app.get<{ Params: { userId: string } }>('/users/:userId/photo/$value', async (request, reply) => {
    // Any caller with a token sees the users of their own tenant.
    const caller = callerFromClaims(await request.jwtVerify<Record<string, unknown>>())
    const blob = blobOf(photoTarget(request.params, caller))
    const { readableStreamBody = Readable.from([]), contentType = '' } = await blob.download(0, undefined, inTime()).catch(refuse)
    const data = await buffer(readableStreamBody).catch(refuse)
    return reply.type(contentType).header('x-content-type-options', 'nosniff').send(data)
  })
}

/** A store that is busy, slow or out of reach is worth another try. What it refuses is not: that is for the log to say. */
function refuse (cause: unknown): never {
  const { statusCode = 503, code } = cause instanceof RestError ? cause : {}
  if (code === 'BlobNotFound') throw new GraphError(404, 'ImageNotFound', "The photo wasn't found.")
  if (statusCode < 500) throw new Error('The photo store refuses the request.', { cause })
  throw new GraphError(503, 'ServiceUnavailable', 'The photo store is busy. Please try again.', { retryAfter: 5, cause })
}
