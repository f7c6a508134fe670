import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller, GraphPhotoJwtOptions, GraphPhotoOptions } from '../../types/index.js'
import {
  andThen, askHook, hookRefusal, isTokenError, refuse, tokenRefusal, type Awaitable, type Refusal
} from '../answers/index.js'
import { isRepeated } from '../wire/index.js'
import { readCaller } from './caller.js'
import { createOwnVerify, verifyAs, type Verify } from './own-jwt.js'

/** How the caller is found: by the host's hook, by our own @fastify/jwt, or by the host's. */
export type Authentication =
  | { readonly by: 'hook', readonly authenticate: NonNullable<GraphPhotoOptions['authenticate']> }
  | { readonly by: 'own jwt', readonly jwt: GraphPhotoJwtOptions }
  | { readonly by: 'host jwt' }

/** Finds the caller of a request, or why there is none. */
export type Authenticate = (request: FastifyRequest) => Awaitable<Caller | Refusal>

/** Sets up the way to authenticate that the options chose; `scope` is the plugin's own. */
export async function createAuthenticate (scope: FastifyInstance, authentication: Authentication): Promise<Authenticate> {
  if (authentication.by === 'hook') return byHook(authentication.authenticate)
  return byToken(authentication.by === 'own jwt' ? await createOwnVerify(scope, authentication.jwt) : verifyAs('jwtVerify'))
}

function byHook (authenticate: (Authentication & { by: 'hook' })['authenticate']): Authenticate {
  return (request) => {
    return andThen(askHook(authenticate, [request], authenticateRefusal), (caller) => {
      if (!caller) return refuse('tokenInvalid')
      return isCaller(caller) ? caller : refuse('internal', {}, new TypeError('authenticate returned no valid caller'))
    })
  }
}

function authenticateRefusal (error: unknown, args: [FastifyRequest]): Refusal {
  return isTokenError(error) ? verifyRefusal(error, args) : hookRefusal(error)
}

function verifyRefusal (error: unknown, [request]: [FastifyRequest]): Refusal {
  return tokenRefusal(error, request)
}

function isCaller ({ kind, id, permissions }: Caller): boolean {
  return (kind === 'delegated' || kind === 'application') && typeof id === 'string' && id !== '' && Array.isArray(permissions)
}

function byToken (verify: Verify): Authenticate {
  return (request) => {
    // RFC 6750, section 2: one token, sent one way.
    if (isRepeated(request, 'authorization')) return refuse('tokenInvalid')
    return andThen(askHook(verify, [request], verifyRefusal), readCaller)
  }
}
