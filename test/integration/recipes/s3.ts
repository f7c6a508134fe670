// Recipe: photos in an S3 bucket, which any number of servers share.
// npm install fastify-graph-photo fastify @fastify/jwt @aws-sdk/client-s3
import { addAbortSignal, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3'
import type {} from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import graphPhoto, { callerFromClaims, GraphError, photoKey, photoTarget, type PhotoTarget } from 'fastify-graph-photo'

export interface S3PhotosOptions {
  readonly client: S3Client
  readonly bucket: string
  /** Milliseconds to wait for the store, its client's own tries included. Default: 10,000. */
  readonly patience?: number
}

/** Photos as objects of a bucket, and a route that reads a user's. */
export async function s3Photos (app: FastifyInstance, { client, bucket, patience = 10_000 }: S3PhotosOptions): Promise<void> {
  const object = (target: PhotoTarget) => ({ Bucket: bucket, Key: photoKey(target) })

  await app.register(graphPhoto, {
    contentTypes: '*', // most of Microsoft's clients send the wrong one
    // One request replaces the object as a whole, its type included: readers find the old photo or the new one.
    savePhoto: async ({ data, contentType }, { target }) => {
      const put = new PutObjectCommand({ ...object(target), Body: data, ContentType: contentType })
      await client.send(put, { abortSignal: AbortSignal.timeout(patience) }).catch(refuse)
    }
  })

  app.get<{ Params: { userId: string } }>('/users/:userId/photo/$value', async (request, reply) => {
    // Any caller with a token sees the users of their own tenant.
    const caller = callerFromClaims(await request.jwtVerify<Record<string, unknown>>())
    const abortSignal = AbortSignal.timeout(patience)
    const get = new GetObjectCommand(object(photoTarget(request.params, caller)))
    const { Body, ContentType = '' } = await client.send(get, { abortSignal }).catch(refuse)
    // The client stops to heed the signal once it has the head.
    const body = Body instanceof Readable ? addAbortSignal(abortSignal, Body) : Readable.from([])
    const data = await buffer(body).catch(refuse)
    return reply.type(ContentType).header('x-content-type-options', 'nosniff').send(data)
  })
}

/** A store that is busy, slow or out of reach is worth another try. What it refuses is not: that is for the log to say. */
function refuse (cause: unknown): never {
  if (cause instanceof NoSuchKey) throw new GraphError(404, 'ImageNotFound', "The photo wasn't found.")
  const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode ?? 503 : 503
  if (status < 500 && status !== 429) throw new Error('The photo store refuses the request.', { cause })
  throw new GraphError(503, 'ServiceUnavailable', 'The photo store is busy. Please try again.', { retryAfter: 5, cause })
}
