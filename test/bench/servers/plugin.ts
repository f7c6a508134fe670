import Fastify from 'fastify'
import { graphPhoto, graphServerOptions, type GraphPhotoJwtOptions } from 'fastify-graph-photo'
import { audience, issuer, secret } from '../checks.js'
import { serve } from '../server-process.js'

/** The plugin as installed. The arguments are a public key, where the secret shall not be used, and whether to cache. */
const [key = secret, cache = 'false'] = process.argv.slice(2)
const jwt: GraphPhotoJwtOptions = {
  secret: key === secret ? secret : { public: key },
  verify: { allowedAud: audience, allowedIss: issuer, cache: cache === 'true' }
}
const photos = new Map<string, Buffer>()

const app = Fastify(graphServerOptions)
const start = performance.now()
await app.register(graphPhoto, {
  prefix: '/v1.0',
  jwt,
  savePhoto (photo, { caller }) { photos.set(caller.id, photo.data) }
})
await app.ready()
const startup = performance.now() - start
const address = await app.listen({ port: 0, host: '127.0.0.1' })
serve({ port: Number(new URL(address).port), startup })
