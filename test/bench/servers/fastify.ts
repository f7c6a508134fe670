import fastifyJwt from '@fastify/jwt'
import Fastify from 'fastify'
import { fileTypeFromBuffer } from 'file-type'
import { audience, endsAsJpeg, hasScope, issuer, maxBytes, mediaType, path, secret } from '../checks.js'
import { serve } from '../server-process.js'

/** Fastify by hand, as the documents of its parts would have it. */
interface Claims {
  readonly oid: string
  readonly scp?: unknown
}

const photos = new Map<string, Buffer>()
const owners = new WeakMap<object, string>()

const app = Fastify()
const start = performance.now()
await app.register(fastifyJwt, { secret, verify: { allowedAud: audience, allowedIss: issuer, requiredClaims: ['exp', 'aud'] } })
app.addContentTypeParser(mediaType, { parseAs: 'buffer', bodyLimit: maxBytes }, (_request, body, done) => { done(null, body) })

app.addHook('onRequest', async (request, reply) => {
  try {
    const { oid, scp } = await request.jwtVerify<Claims>()
    if (!hasScope(scp)) return await reply.code(403).send({ error: 'forbidden' })
    owners.set(request, oid)
  } catch (error) {
    return await reply.send(error)
  }
})

app.put(path, async (request, reply) => {
  // The one parser there is gives a buffer.
  const body = request.body as Buffer
  const type = await fileTypeFromBuffer(body)
  if (type?.mime !== mediaType || !endsAsJpeg(body)) return await reply.code(400).send({ error: 'not a JPEG' })
  photos.set(owners.get(request) ?? '', body)
  return await reply.code(200).send()
})

await app.ready()
const startup = performance.now() - start
const address = await app.listen({ port: 0, host: '127.0.0.1' })
serve({ port: Number(new URL(address).port), startup })
