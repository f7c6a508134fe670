import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema, RequestPayload, RouteGenericInterface } from 'fastify'
import fp from 'fastify-plugin'
import type { GraphPhotoOptions } from '../types/index.js'
import { admit } from './admission.js'
import { createAuthenticate } from './authentication.js'
import { isPromise } from './awaitable.js'
import { readBody, type BodyDone } from './body.js'
import { discardRest } from './discard.js'
import { setIdHeaders } from './envelope.js'
import { handleError } from './error-handler.js'
import { documentOperation } from './openapi.js'
import { readOptions, type Settings } from './options.js'
import { logRecord, recordKey } from './record.js'
import { hiddenSchema, hiddenSpellings, methods, operationSchema, routes, type PhotoRoute } from './routes.js'
import { isCaseSensitive, warnOfShortParams } from './server-options.js'
import { updatePhoto } from './update-photo.js'

async function plugin (scope: FastifyInstance, options: GraphPhotoOptions): Promise<void> {
  const settings = readOptions(options, { verifiesTokens: scope.hasRequestDecorator('jwtVerify') })
  const authenticate = await createAuthenticate(scope, settings.authentication)
  warnOfShortParams(scope.initialConfig)

  isolate(scope)
  scope.decorateRequest(recordKey, null)
  // Not '*': Fastify caches which parser a pattern gave for a label, and looks for '*' anew with each request.
  scope.addContentTypeParser(/^/, (request: FastifyRequest, payload: RequestPayload, done: BodyDone) => {
    readBody(request, payload, settings.maxRequestBytes, done)
  })
  scope.setErrorHandler(handleError)
  // Not onRequest: a limiter that the host adds to its routes counts requests there, and refused ones must count too.
  scope.addHook<RouteGenericInterface, RouteConfig>('preParsing', (request, reply, _payload, done) => {
    const refused = admit(request, reply, request.routeOptions.config.photoRoute, settings, authenticate)
    if (isPromise(refused)) refused.then(done, done)
    else done(refused)
  })
  scope.addHook('onSend', (request, reply, _payload, done) => {
    setIdHeaders(request, reply)
    discardRest(request, reply, settings.maxRequestBytes)
    done()
  })
  scope.addHook('onResponse', (request, reply, done) => {
    logRecord(request, reply)
    // The request is old by now to the garbage collector, and would keep the photo until the next full collection.
    request.body = undefined
    done()
  })
  declareRoutes(scope, settings)
}

interface RouteConfig {
  readonly photoRoute: PhotoRoute
  /** Read by @fastify/swagger. */
  readonly swaggerTransform?: typeof documentOperation
}

/** Whatever the host compiles, parses or formats its own way is set anew here, for this scope alone. */
function isolate (scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  // The schemas document: Fastify would validate only once it has read the body, and admission checks before.
  scope.setValidatorCompiler(() => () => true)
  scope.setSerializerCompiler(() => JSON.stringify)
}

function declareRoutes (scope: FastifyInstance, settings: Settings): void {
  const handler = (request: FastifyRequest, reply: FastifyReply) => updatePhoto(request, reply, settings)
  const router = { caseSensitive: isCaseSensitive(scope.initialConfig) }
  for (const photoRoute of routes) {
    for (const verb of methods) {
      const declare = (url: string, schema: FastifySchema, config: RouteConfig) => {
        scope.route<RouteGenericInterface, RouteConfig>({ method: verb.method, url, schema, handler, config })
      }
      declare(photoRoute.path, operationSchema(photoRoute, verb, settings), { photoRoute, swaggerTransform: documentOperation })
      for (const url of hiddenSpellings(photoRoute.path, router)) declare(url, hiddenSchema(photoRoute), { photoRoute })
    }
  }
}

/**
 * A Fastify plugin that answers Graph's "Update profilePhoto": `PUT` and `PATCH` on seven paths, below the option `prefix`.
 * Nothing else of the server changes.
 *
 *     await app.register(graphPhoto, { prefix: '/v1.0', jwt: { secret }, savePhoto })
 *
 * Registering throws an error coded `FST_GRAPH_PHOTO_…` where an option is wrong, or where nothing can say who sends a request.
 * @see https://learn.microsoft.com/graph/api/profilephoto-update
 * @see https://fastify.dev/docs/latest/Reference/Plugins/
 */
export const graphPhoto = fp(plugin, { name: 'fastify-graph-photo', fastify: '5.x', encapsulate: true })
