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

/** Makes ready what the options chose; `scope` is the plugin's own. */
export async function createAuthenticate (scope: FastifyInstance, authentication: Authentication): Promise<Authenticate> {
  if (authentication.by === 'hook') return byHook(authentication.authenticate)
  return authentication.by === 'own jwt' ? await registerJwt(scope, authentication.jwt) : byToken(verifyAs('jwtVerify'))
}

function byHook (authenticate: (Authentication & { by: 'hook' })['authenticate']): Authenticate {
  return (request) => {
    const answer = askHook(
      () => authenticate(request),
      (error) => isTokenError(error) ? tokenRefusal(error, request) : hookError(error)
    )
    return after(answer, (caller) => {
      if (!caller) return refusal('tokenInvalid')
      return isCaller(caller) ? caller : refusal('internal', [], new TypeError('authenticate returned no valid caller'))
    })
  }
}

function isCaller ({ kind, id, permissions }: Caller): boolean {
  return (kind === 'delegated' || kind === 'application') && typeof id === 'string' && id !== '' && Array.isArray(permissions)
}

/** Finds the claims of a request's token, and throws where it is not valid. */
type Verify = (request: FastifyRequest) => Awaitable<Claims>

function byToken (verify: Verify): Authenticate {
  return (request) => {
    // RFC 6750, section 2: one token, sent one way.
    if (isRepeated(request, 'authorization')) return refusal('tokenInvalid')
    return after(askHook(() => verify(request), (error) => tokenRefusal(error, request)), callerFromClaims)
  }
}

/** Verifies by one of @fastify/jwt's request decorators. */
function verifyAs (decorator: string): Verify {
  return (request) => Reflect.apply(Reflect.get(request, decorator), request, [])
}

/** What the decorator throws, made once: whoever sends no token shall cost little. */
const noAuthorization = Object.assign(new Error('No Authorization header'), { code: 'FST_JWT_NO_AUTHORIZATION_IN_HEADER' })
const bearer = /^Bearer ([^ ]+)$/i

/** Verifies a usual token with the same verifier, without the decorator's promises and its second decoding. */
function byVerifier (jwt: JWT, decorated: Verify): Authenticate {
  const authenticate = byToken((request) => {
    const [, token] = bearer.exec(request.headers.authorization ?? '') ?? []
    return token === undefined ? decorated(request) : jwt.verify<Claims>(token)
  })
  return (request) => request.headers.authorization === undefined
    ? refusal('tokenMissing', [], noAuthorization)
    : authenticate(request)
}

/**
 * Registers @fastify/jwt for this scope alone, and returns what finds the caller with it.
 * With a namespace of its own it meets neither the host's @fastify/jwt nor whoever decorated `request.user`.
 */
async function registerJwt (scope: FastifyInstance, jwt: GraphPhotoJwtOptions): Promise<Authenticate> {
  const { secret, verify, decode, trusted } = jwt
  const namespace = freeNamespace(scope)
  const options = { secret, ...(verify && { verify: withRequiredClaims(verify) }), ...(decode && { decode }), ...(trusted && { trusted }) }
  // Ours is the same but for `readonly`; naming theirs in our declarations would augment every host's FastifyRequest.
  await scope.register(fastifyJwt, { ...options, namespace, decoratorName: `${namespace}Claims` } as FastifyJWTOptions)
  const decorated = verifyAs(`${namespace}JwtVerify`)
  const needsRequest = typeof secret === 'function' || trusted !== undefined || decode !== undefined || verify?.extractToken !== undefined
  return needsRequest ? byToken(decorated) : byVerifier(Reflect.get(scope.jwt, namespace), decorated)
}

/** The claims that options of `verify` speak of. */
const claimsOfOptions = { allowedIss: 'iss', allowedSub: 'sub', allowedJti: 'jti', allowedNonce: 'nonce', maxAge: 'iat' } as const

/** fast-jwt lets a token pass that lacks such a claim, unless the claim is required too. */
function withRequiredClaims (verify: GraphPhotoJwtVerifyOptions): GraphPhotoJwtVerifyOptions {
  const named = Object.entries(claimsOfOptions).filter(([option]) => Reflect.get(verify, option) !== undefined).map(([, claim]) => claim)
  return { ...verify, requiredClaims: [...(verify.requiredClaims ?? []), ...named] }
}

/** The namespaces of a host's @fastify/jwt are one for all scopes, so each registration of this plugin needs its own. */
function freeNamespace (scope: FastifyInstance): string {
  const taken = scope.hasDecorator('jwt') ? scope.jwt : {}
  let count = 1
  while (`graphPhoto${count}` in taken) count++
  return `graphPhoto${count}`
}
