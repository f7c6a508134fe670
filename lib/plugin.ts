import { AsyncResource } from 'node:async_hooks'
import type {
  FastifyInstance, FastifyReply, FastifyRequest, onSendHookHandler, RequestPayload, RouteGenericInterface
} from 'fastify'
import fp from 'fastify-plugin'
import type { GraphPhotoOptions } from '../types/index.js'
import { createAuthenticate } from './access/index.js'
import { admit } from './admission.js'
import {
  attempt, createErrorHandler, decorateWithRecord, errorOf, isAnswered, logRecord, recordOf, Refusal, refuse, setIdHeaders, whenSettled
} from './answers/index.js'
import { readOptions, unusableJwt } from './options/index.js'
import { declareRoutes, type RouteConfig } from './routes/index.js'
import { warnOfShortParams } from './server-options.js'
import { updatePhoto } from './update-photo.js'
import { arrivalOf, claimBody, discardRest, hold, noteArrival, openWire, receiveBody } from './wire/index.js'

async function plugin (scope: FastifyInstance, options: GraphPhotoOptions): Promise<void> {
  const { authentication, ...given } = readOptions(options, { verifiesTokens: scope.hasRequestDecorator('jwtVerify') })
  const authenticate = await createAuthenticate(scope, authentication).catch((cause: unknown) => { throw unusableJwt(cause) })
  const settings = { ...given, authenticate }
  warnOfShortParams(scope)

  isolate(scope)
  decorateWithRecord(scope)
  const wire = openWire(scope, settings.maxRequestBytes)
  scope.setErrorHandler(createErrorHandler(settings))
  // Not onRequest: a limiter that the host adds to its routes counts requests there, and refused ones must count too.
  scope.addHook<RouteGenericInterface, Partial<RouteConfig>>('preParsing', (request, reply, payload, done) => {
    noteArrival(request, reply, wire)
    const { photoRoute } = request.routeOptions.config
    // A host's onRoute hook may declare routes of its own here.
    if (photoRoute === undefined) return done()
    const settle = (refusal: Refusal | undefined) => {
      if (isAnswered(request, reply)) return
      if (refusal === undefined) claimBody(request)
      done(refusal && errorOf(refusal, request, reply))
    }
    hold(payload)
    whenSettled(attempt(() => admit(request, reply, photoRoute, settings), hostFailed), settle)
  })
  // Not '*': Fastify caches which parser a pattern gave for a Content-Type, and looks for '*' anew with each request (1.5 µs).
  scope.addContentTypeParser(/^/, (request: FastifyRequest, payload: RequestPayload, done: BodyDone) => {
    // As Fastify does for done: the host's hooks after this one find what its AsyncLocalStorage holds.
    const context = new AsyncResource('fastify-graph-photo')
    receiveBody(request, payload, (body) => {
      // Not by done, which would end the connection even where the body was read to its end.
      if (body instanceof Refusal) context.runInAsyncScope(answer, null, body, request, arrivalOf(request).reply)
      else if (!isAnswered(request, arrivalOf(request).reply)) done(null, body)
    })
  })
  scope.addHook<RouteGenericInterface, Partial<RouteConfig>>('onResponse', (request, reply, done) => {
    if (request.routeOptions.config.photoRoute !== undefined) logRecord(request, reply)
    // The request is in V8's old generation by now, and would keep the photo until the next full collection.
    request.body = undefined
    done()
  })
  const handler = (request: FastifyRequest, reply: FastifyReply) =>
    whenSettled(updatePhoto(request, reply, settings), (refusal) => answer(refusal, request, reply))
  const onSend: onSendHookHandler = (request, reply, _payload, done) => {
    setIdHeaders(request, reply)
    // An empty body with a Content-Type of JSON breaks Microsoft's JavaScript client, whichever host hook set it.
    if (isSuccess(request, reply)) reply.removeHeader('content-type')
    discardRest(request, reply, wire)
    done()
  }
  declareRoutes(scope, handler, onSend, settings)
}

/** Every failure refuses: Fastify takes a falsy error for success, and would go on. */
function hostFailed (cause: unknown): Refusal {
  return refuse('hostFailed', {}, { cause })
}

type BodyDone = (error: null, body: Buffer) => void

function answer (refusal: Refusal | undefined, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // `handlerTimeout` answers while the handler goes on, and a second answer on its heels would end the process.
  if (isAnswered(request, reply)) return reply
  return refusal === undefined ? reply.code(200).send() : reply.send(errorOf(refusal, request, reply))
}

function isSuccess (request: FastifyRequest, reply: FastifyReply): boolean {
  const { isSaved, refusal } = recordOf(request, reply)
  return isSaved && refusal === undefined
}

/** Shields this scope from the host's parsers, validators and serializers. */
function isolate (scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  // The schemas document: Fastify would validate only once it has read the body, and admission checks before.
  scope.setValidatorCompiler(() => () => true)
  scope.setSerializerCompiler(() => JSON.stringify)
}

/**
 * A Fastify plugin that answers Graph's "Update profilePhoto": `PUT` and `PATCH` on seven paths, below the option `prefix`.
 * Nothing else of the server changes.
 *
 *     await app.register(graphPhoto, { prefix: '/v1.0', jwt: { secret }, savePhoto })
 *
 * Registering throws an error coded `FST_GRAPH_PHOTO_…` where an option is wrong, or where there is no way to authenticate.
 * @see https://learn.microsoft.com/graph/api/profilephoto-update
 * @see https://fastify.dev/docs/latest/Reference/Plugins/
 */
export const graphPhoto = fp(plugin, { name: 'fastify-graph-photo', fastify: '5.x', encapsulate: true })
