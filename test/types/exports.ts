import Fastify from 'fastify'
import graphPhoto, {
  callerFromClaims, defaultPermissions, graphAuthorize, graphEnvelope, GraphError, graphPhoto as named, graphServerOptions, photoKey,
  photoTarget
} from 'fastify-graph-photo'
import type * as all from 'fastify-graph-photo'
import type {
  Caller, GraphPhotoJwtKey, GraphPhotoOptions, PermissionTable, PhotoContext, PhotoTarget
} from 'fastify-graph-photo'
import { same } from './same.js'

same<keyof typeof all,
  'default' | 'graphPhoto' | 'graphEnvelope' | 'GraphError' | 'callerFromClaims' | 'graphAuthorize' | 'defaultPermissions' |
  'photoKey' | 'photoTarget' | 'graphServerOptions'>(true)
same<typeof graphPhoto, typeof named>(true)
same<GraphPhotoJwtKey, string | Buffer>(true)

const options: GraphPhotoOptions = { savePhoto () {}, jwt: { secret: 'a secret' } }

/** Every way to register, on any kind of server. */
export async function register (): Promise<void> {
  const app = Fastify({ ...graphServerOptions, logger: true })
  await app.register(graphPhoto, options)
  app.register(named, { prefix: '/v1.0', logLevel: 'warn', ...options })
  app.register(import('fastify-graph-photo'), options)
  app.register(graphPhoto, { prefix: '/v1.0', savePhoto: (photo, { target }) => { photoKey(target).concat(photo.contentType) } })
  app.register(graphPhoto, () => options)
  // @ts-expect-error savePhoto is required
  app.register(graphPhoto, { prefix: '/v1.0' })
  // @ts-expect-error no such format
  app.register(graphPhoto, { ...options, imageTypes: ['image/bmp'] })

  const http2 = Fastify({ ...graphServerOptions, http2: true, https: { allowHTTP1: true } })
  await http2.register(graphPhoto, options)
  const routerOptions = { ...graphServerOptions.routerOptions, caseSensitive: false }
  await Fastify({ ...graphServerOptions, routerOptions, requestTimeout: 10_000 }).register(graphPhoto, options)
}

/** The envelope of a scope, on any kind of server, alone and around everything else. */
export async function envelope (): Promise<void> {
  await Fastify(graphServerOptions).register(graphEnvelope)
  await Fastify({ https: { key: '', cert: '' } }).register(graphEnvelope)
  await Fastify({ http2: true }).register(graphEnvelope)
  await Fastify({ http2: true, https: { key: '', cert: '' } }).register(async (scope) => {
    await scope.register(graphEnvelope)
    await scope.register(graphPhoto, options)
    scope.get('/me', async () => ({}))
  }, { prefix: '/v1.0' })
}

/** A rewriteUrl of a host's own, beside ours. */
export const chained = Fastify({
  ...graphServerOptions,
  rewriteUrl: (request) => graphServerOptions.rewriteUrl({ url: request.url?.replace(/^\/api(?=\/)/, '') })
})

/** Errors of hooks. */
export function errors (): GraphError[] {
  const busy = new GraphError(503, 'ServiceUnavailable', 'Busy.', { retryAfter: 5, cause: new Error('full') })
  same<typeof busy.statusCode, number>(true)
  same<typeof busy.code, string>(true)
  same<typeof busy.retryAfter, number | undefined>(true)
  const error: Error = busy
  // @ts-expect-error a message is required
  const mute = new GraphError(404, 'NotFound')
  // @ts-expect-error seconds
  const soon = new GraphError(503, 'ServiceUnavailable', 'Busy.', { retryAfter: '5 minutes' })
  return [busy, mute, soon, new GraphError(409, 'Conflict', error.message, { cause: 'any value' }), new GraphError(409, 'Conflict', 'No.', {})]
}

/** What hosts build hooks from. */
export function parts (context: PhotoContext): void {
  const caller = callerFromClaims({ exp: 1, aud: 'x', scp: 'User.ReadWrite', oid: 'u' })
  same<typeof caller, Caller>(true)
  same<ReturnType<typeof graphAuthorize>, boolean>(true)
  graphAuthorize(['User.ReadWrite'], context)
  graphAuthorize([], { caller, target: { kind: 'group', groupId: 'g' } })
  same<typeof defaultPermissions, PermissionTable>(true)
  // @ts-expect-error the table is not yours to change
  defaultPermissions.user.delegated.push('User.Read')
  const target: PhotoTarget = { kind: 'contact', userId: 'u', contactId: 'c', contactFolderId: 'f', tenantId: 't' }
  same<ReturnType<typeof photoKey>, string>(true)
  photoKey(target)
  // @ts-expect-error a contact has an id
  photoKey({ kind: 'contact', userId: 'u' })
  same<ReturnType<typeof photoTarget>, PhotoTarget>(true)
  const params: { readonly userId?: string, readonly contactId: string | undefined } = { contactId: 'c' }
  photoTarget(params, caller)
  // @ts-expect-error the caller says whose the tenant is
  photoTarget({ userId: 'u' })
  // @ts-expect-error no such id
  photoTarget({ teamId: 't' }, caller)
}
