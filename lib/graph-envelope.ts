import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import {
  answers, decorateWithRecord, GraphError, logFailure, recordOf, Refusal, refusalOf, sendError, setIdHeaders
} from './answers/index.js'
import { defaultMaxRequestBytes } from './options/index.js'
import { discardUnread, openWire } from './wire/index.js'

function plugin (scope: FastifyInstance, _options: object, done: () => void): void {
  decorateWithRecord(scope)
  const wire = openWire(scope, defaultMaxRequestBytes)
  const answer = (refusal: Refusal, request: FastifyRequest, reply: FastifyReply): void => {
    discardUnread(request, reply, wire)
    sendError(refusal, request, reply)
  }
  const answerUnknownPath = (request: FastifyRequest, reply: FastifyReply): void => { answer(unknownPath(request), request, reply) }

  scope.setErrorHandler((error, request, reply) => {
    const refusal = refusalOf(error, request, reply)
    if (refusal.error.statusCode >= 500) logFailure(refusal.error.cause ?? refusal.error, 'request failed', request)
    answer(refusal, request, reply)
  })
  scope.setNotFoundHandler(answerUnknownPath)
  // Early, so that the log of every later hook and handler bears the request's id.
  scope.addHook('onRequest', (request, reply, done) => {
    recordOf(request, reply)
    done()
  })
  // The not-found handler runs once the body is parsed, and a body that Fastify refuses would be answered in its stead.
  scope.addHook('preParsing', (request, reply, _payload, done) => {
    if (request.is404) answerUnknownPath(request, reply)
    else done()
  })
  scope.addHook('onSend', (request, reply, _payload, done) => {
    setIdHeaders(request, reply)
    done()
  })
  done()
}

function unknownPath (request: FastifyRequest): Refusal {
  const [statusCode, code, message] = answers.segmentNotFound
  return new Refusal(new GraphError(statusCode, code, message.replace('{segment}', () => lastSegment(request))))
}

const longestQuote = 100

/** The last segment of a path, as a person writes it. */
function lastSegment ({ url }: FastifyRequest): string {
  const [path = ''] = url.split(/[?#]/, 1)
  const segment = path.split('/').findLast((segment) => segment !== '') ?? ''
  return decoded(segment).slice(0, longestQuote)
}

/** A hook may have rewritten the URL, and what follows a semicolon need not be part of the path for the router. */
function decoded (segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/**
 * A Fastify plugin that gives everything in a host's scope the envelope of this plugin's errors, so that a client reads one kind of
 * error below one prefix. Register it in the scope that carries the prefix, before everything else there:
 *
 *     await app.register(async (scope) => {
 *       await scope.register(graphEnvelope)
 *       await scope.register(graphPhoto, { jwt: { secret }, savePhoto })
 *       scope.get('/me', …)
 *     }, { prefix: '/v1.0' })
 *
 * Errors of the scope are answered in Graph's envelope, unknown paths with 404 before their body is read, and every answer has
 * `request-id` and `client-request-id`. A 5xx is logged once. A body that has not been read is discarded as the plugin discards
 * those of its own routes, so that a client that is still writing reads its answer. One scope, because Fastify takes one not-found
 * handler a prefix.
 * @see https://learn.microsoft.com/graph/errors
 * @see https://fastify.dev/docs/latest/Reference/Encapsulation/
 */
export const graphEnvelope = fp(plugin, { name: 'fastify-graph-photo/envelope', fastify: '5.x' })
