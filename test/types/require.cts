import Fastify = require('fastify')
import plugin = require('fastify-graph-photo')

const options: plugin.GraphPhotoOptions = {
  savePhoto (photo: plugin.Photo, { target }: plugin.PhotoContext) { plugin.photoKey(target).concat(photo.contentType) },
  jwt: { secret: 'a secret' }
}

/** The members of the namespace that `require` gives. */
export async function register (): Promise<plugin.GraphError> {
  const app = Fastify(plugin.graphServerOptions)
  await app.register(plugin.default, options)
  await app.register(plugin.graphPhoto, { prefix: '/v1.0', ...options })
  await app.register(plugin.graphEnvelope)
  // @ts-expect-error savePhoto is required
  await app.register(plugin.graphPhoto, {})
  const caller: plugin.Caller = plugin.callerFromClaims({})
  plugin.graphAuthorize(plugin.defaultPermissions.user[caller.kind], { caller, target: { kind: 'user', userId: caller.id } })
  return new plugin.GraphError(409, 'Conflict', 'No.')
}
