import fastifyJwt, { type FastifyJWTOptions, type JWT } from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller, GraphPhotoJwtOptions, GraphPhotoJwtVerifyOptions } from '../types/index.js'
import { refusal } from './answers.js'
import { after, type Awaitable } from './awaitable.js'
import { isRepeated } from './body.js'
import { callerFromClaims, type Claims } from './caller.js'
import { askHook, hookError, isTokenError, tokenRefusal } from './error-handler.js'
import type { Authentication } from './options.js'

/** Finds the caller of a request, or throws one of the 401 answers. */
export type Authenticate = (request: FastifyRequest) => Awaitable<Caller>

/** Makes ready what the options chose; `scope` is the plugin's own. */
export async function createAuthenticate (scope: FastifyInstance, authentication: Authentication): Promise<Authenticate> {
  if (authentication.by === 'hook') return byHook(authentication.authenticate)
  return byToken(authentication.by === 'own jwt' ? await registerJwt(scope, authentication.jwt) : verifyAs('jwtVerify'))
}

function byHook (authenticate: (Authentication & { by: 'hook' })['authenticate']): Authenticate {
  return (request) => {
    const answer = askHook(
      () => authenticate(request),
      (error) => isTokenError(error) ? tokenRefusal(error, request) : hookError(error)
    )
    return after(answer, (caller) => {
      if (!caller) throw refusal('tokenInvalid')
      if (!isCaller(caller)) throw refusal('internal', [], new TypeError('authenticate returned no valid caller'))
      return caller
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
    if (isRepeated(request, 'authorization')) throw refusal('tokenInvalid')
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
function verifyAtOnce (jwt: JWT, otherwise: Verify): Verify {
  return (request) => {
    if (request.headers.authorization === undefined) throw noAuthorization
    const [, token] = bearer.exec(request.headers.authorization) ?? []
    return token === undefined ? otherwise(request) : jwt.verify<Claims>(token)
  }
}

/**
 * Registers @fastify/jwt for this scope alone, and returns what verifies with it.
 * With a namespace of its own it meets neither the host's @fastify/jwt nor whoever decorated `request.user`.
 */
async function registerJwt (scope: FastifyInstance, jwt: GraphPhotoJwtOptions): Promise<Verify> {
  const { secret, verify, decode, trusted } = jwt
  const namespace = freeNamespace(scope)
  const options = { secret, ...(verify && { verify: withRequiredClaims(verify) }), ...(decode && { decode }), ...(trusted && { trusted }) }
  // Ours is the same but for `readonly`; naming theirs in our declarations would augment every host's FastifyRequest.
  await scope.register(fastifyJwt, { ...options, namespace, decoratorName: `${namespace}Claims` } as FastifyJWTOptions)
  const decorated = verifyAs(`${namespace}JwtVerify`)
  const needsRequest = typeof secret === 'function' || trusted !== undefined || decode !== undefined || verify?.extractToken !== undefined
  return needsRequest ? decorated : verifyAtOnce(Reflect.get(scope.jwt, namespace), decorated)
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
