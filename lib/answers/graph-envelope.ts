import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { sendError, setIdHeaders } from './envelope.js'
import { refusalOf } from './error-handler.js'
import { GraphError } from './graph-error.js'
import { logFailure } from './log.js'
import { decorateWithRecord, recordOf } from './record.js'
import { Refusal } from './refusal.js'
import { answers } from './table.js'

function plugin (scope: FastifyInstance, _options: object, done: () => void): void {
  decorateWithRecord(scope)
  scope.setErrorHandler(answerError)
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

function answerError (error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalOf(error, request, reply)
  if (refusal.error.statusCode >= 500) logFailure(refusal.error.cause ?? refusal.error, 'request failed', request)
  sendError(refusal, request, reply)
}

function answerUnknownPath (request: FastifyRequest, reply: FastifyReply): void {
  const [statusCode, code, message] = answers.segmentNotFound
  sendError(new Refusal(new GraphError(statusCode, code, message.replace('{segment}', () => lastSegment(request)))), request, reply)
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
 * `request-id` and `client-request-id`. A 5xx is logged once. One scope, because Fastify takes one not-found handler a prefix.
 * @see https://learn.microsoft.com/graph/errors
 * @see https://fastify.dev/docs/latest/Reference/Encapsulation/
 */
export const graphEnvelope = fp(plugin, { name: 'fastify-graph-photo/envelope', fastify: '5.x' })
