import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import graphPhoto from 'fastify-graph-photo'

/** Importing and registering the plugin gives no server, request or reply a member that it had not. */
export async function untouched (request: FastifyRequest, reply: FastifyReply): Promise<unknown[]> {
  const app = Fastify()
  await app.register(graphPhoto, { savePhoto () {}, jwt: { secret: 'a secret' } })
  return [
    // @ts-expect-error @fastify/jwt would add it
    request.jwtVerify,
    // @ts-expect-error @fastify/jwt would add it
    request.jwtDecode,
    // @ts-expect-error @fastify/jwt and @fastify/passport would add it
    request.user,
    // @ts-expect-error @fastify/jwt would add it
    reply.jwtSign,
    // @ts-expect-error @fastify/jwt would add it
    app.jwt
  ]
}

declare module 'fastify' {
  interface FastifyRequest {
    /** A host may give its request a member as @fastify/passport does, without colliding with @fastify/jwt. */
    readonly account?: { readonly id: string }
  }
}
