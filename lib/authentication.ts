import fastifyJwt, { type FastifyJWTOptions, type JWT } from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller, GraphPhotoJwtOptions, GraphPhotoJwtVerifyOptions } from '../types/index.js'
import { refusal, type GraphError } from './answers.js'
import { after, type Awaitable } from './awaitable.js'
import { isRepeated } from './body.js'
import { callerFromClaims, type Claims } from './caller.js'
import { askHook, hookError, isTokenError, tokenRefusal } from './error-handler.js'
import type { Authentication } from './options.js'

/** Finds the caller of a request, or why there is none; an error of what verifies tokens is thrown, as one of the 401 answers. */
export type Authenticate = (request: FastifyRequest) => Awaitable<Caller | GraphError>

/** Sets up the way to authenticate that the options chose; `scope` is the plugin's own. */
export async function createAuthenticate (scope: FastifyInstance, authentication: Authentication): Promise<Authenticate> {
  if (authentication.by === 'hook') return byHook(authentication.authenticate)
  return authentication.by === 'own jwt' ? await registerJwt(scope, authentication.jwt) : byToken(verifyAs('jwtVerify'))
}

function byHook (authenticate: (Authentication & { by: 'hook' })['authenticate']): Authenticate {
  return (request) => {
    return after(askHook(authenticate, [request], authenticateError), (caller) => {
      if (!caller) return refusal('tokenInvalid')
      return isCaller(caller) ? caller : refusal('internal', [], new TypeError('authenticate returned no valid caller'))
    })
  }
}

function authenticateError (error: unknown, args: [FastifyRequest]): GraphError {
  return isTokenError(error) ? verifyError(error, args) : hookError(error)
}

function verifyError (error: unknown, [request]: [FastifyRequest]): GraphError {
  return tokenRefusal(error, request)
}

function isCaller ({ kind, id, permissions }: Caller): boolean {
  return (kind === 'delegated' || kind === 'application') && typeof id === 'string' && id !== '' && Array.isArray(permissions)
}

/** Verifies a request's token and returns its claims, or throws. */
type Verify = (request: FastifyRequest) => Awaitable<Claims>

function byToken (verify: Verify): Authenticate {
  return (request) => {
    // RFC 6750, section 2: one token, sent one way.
    if (isRepeated(request, 'authorization')) return refusal('tokenInvalid')
    return after(askHook(verify, [request], verifyError), callerFromClaims)
  }
}

/** Verifies with one of @fastify/jwt's request decorators; the name of ours is known only at run time. */
function verifyAs (decorator: string): Verify {
  return (request) => Reflect.apply(Reflect.get(request, decorator), request, [])
}

/** What the decorator throws, made once: a request without a token should cost little. */
const noAuthorization = Object.assign(new Error('No Authorization header'), { code: 'FST_JWT_NO_AUTHORIZATION_IN_HEADER' })
const bearer = /^Bearer [^ ]+$/i

/** Uses the decorator's own verifier directly, which saves its promises and its second decoding of the token. */
function byVerifier (jwt: JWT, decorated: Verify): Authenticate {
  const authenticate = byToken((request) => {
    const { authorization = '' } = request.headers
    return bearer.test(authorization) ? verified(jwt, authorization.slice('Bearer '.length)) : decorated(request)
  })
  return (request) => request.headers.authorization === undefined
    ? refusal('tokenMissing', [], noAuthorization)
    : authenticate(request)
}

/** With a callback, which it calls at once, @fastify/jwt merges no options. */
function verified (jwt: JWT, token: string): Claims {
  let claims: Claims = {}
  jwt.verify<Claims>(token, (_error, payload) => { claims = payload })
  return claims
}

/**
 * Registers @fastify/jwt for this scope alone, and returns a function that finds the caller with it.
 * Its namespace keeps it apart from the host's @fastify/jwt and from whatever has decorated `request.user`.
 */
async function registerJwt (scope: FastifyInstance, jwt: GraphPhotoJwtOptions): Promise<Authenticate> {
  const { secret, verify, decode, trusted } = jwt
  const namespace = freeNamespace(scope)
  const options = { secret, ...(verify && { verify: withRequiredClaims(verify) }), ...(decode && { decode }), ...(trusted && { trusted }) }
  // Our type differs from theirs only in `readonly`; naming theirs in our declarations would augment every host's FastifyRequest.
  await scope.register(fastifyJwt, { ...options, namespace, decoratorName: `${namespace}Claims` } as FastifyJWTOptions)
  const decorated = verifyAs(`${namespace}JwtVerify`)
  const needsRequest = typeof secret === 'function' || trusted !== undefined || decode !== undefined || verify?.extractToken !== undefined
  return needsRequest ? byToken(decorated) : byVerifier(Reflect.get(scope.jwt, namespace), decorated)
}

/** The claim that each of these options of `verify` checks. */
const claimsOfOptions = { allowedIss: 'iss', allowedSub: 'sub', allowedJti: 'jti', allowedNonce: 'nonce', maxAge: 'iat' } as const

/** fast-jwt accepts a token that lacks such a claim, unless the claim is also required. */
function withRequiredClaims (verify: GraphPhotoJwtVerifyOptions): GraphPhotoJwtVerifyOptions {
  const named = Object.entries(claimsOfOptions).filter(([option]) => Reflect.get(verify, option) !== undefined).map(([, claim]) => claim)
  return { ...verify, requiredClaims: [...(verify.requiredClaims ?? []), ...named] }
}

/** Every scope shares @fastify/jwt's namespaces, so each registration of this plugin needs one of its own. */
function freeNamespace (scope: FastifyInstance): string {
  const taken = scope.hasDecorator('jwt') ? scope.jwt : {}
  let count = 1
  while (`graphPhoto${count}` in taken) count++
  return `graphPhoto${count}`
}
