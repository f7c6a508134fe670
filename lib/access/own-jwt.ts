import fastifyJwt, { type FastifyJWTOptions, type JWT } from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { GraphPhotoJwtKey, GraphPhotoJwtOptions, GraphPhotoJwtVerifyOptions } from '../../types/index.js'
import { isPromise, refuse, type Awaitable, type Refusal } from '../answers/index.js'
import type { Claims } from './caller.js'

/** Verifies a request's token and returns its claims, or throws what @fastify/jwt throws. */
export type Verify = (request: FastifyRequest) => Awaitable<Claims | Refusal>

/** Verifies with one of @fastify/jwt's request decorators; the name of ours is known only at run time. */
export function verifyAs (decorator: string): Verify {
  return (request) => Reflect.apply(Reflect.get(request, decorator), request, [])
}

/** What the host's @fastify/jwt accepts. Unknown where the host decorated `jwtVerify` by other means. */
export function hostVerifyOptions (scope: FastifyInstance): GraphPhotoJwtVerifyOptions {
  return Object(Object(Object(scope.jwt).options).verify)
}

/**
 * Registers @fastify/jwt for this scope alone, and returns a function that verifies with it.
 * Its namespace keeps it apart from the host's @fastify/jwt and from whatever has decorated `request.user`.
 */
export async function createOwnVerify (scope: FastifyInstance, jwt: GraphPhotoJwtOptions): Promise<Verify> {
  const { secret, verify, decode, trusted } = jwt
  const namespace = freeNamespace(scope)
  const options = {
    secret: typeof secret === 'function' ? givesKeys(secret) : secret,
    ...(verify && { verify: withRequiredClaims(verify) }),
    ...(decode && { decode }),
    ...(trusted && { trusted })
  }
  // Our type differs from theirs only in `readonly`; naming theirs in our declarations would augment every host's FastifyRequest.
  await scope.register(fastifyJwt, { ...options, namespace, decoratorName: `${namespace}Claims` } as FastifyJWTOptions)
  const decorated = verifyAs(`${namespace}JwtVerify`)
  const needsRequest = typeof secret === 'function' || trusted !== undefined || decode !== undefined || verify?.extractToken !== undefined
  return needsRequest ? decorated : directly(Reflect.get(scope.jwt, namespace), decorated)
}

type FindKey = Extract<GraphPhotoJwtOptions['secret'], (...args: never) => unknown>

/**
 * @fastify/jwt waits for a promise or a call of `done`: what is returned synchronously would leave it waiting for ever. And what is
 * not a key would be taken for an invalid token.
 */
function givesKeys (find: FindKey): FindKey {
  return (request, token, done) => {
    let isGiven = false
    const give = (error: Error | null, key?: unknown) => {
      if (isGiven) return
      isGiven = true
      if (isKey(key)) done(error, key)
      else done(error ?? noKey())
    }
    const found = find(request, token, give)
    if (isPromise(found)) return Promise.resolve(found).then((key) => isKey(key) ? key : Promise.reject(noKey()))
    // Who takes no `done` will not call it later.
    if (found !== undefined || find.length < 3) give(null, found)
  }
}

function isKey (key: unknown): key is GraphPhotoJwtKey {
  return (typeof key === 'string' && key !== '') || Buffer.isBuffer(key)
}

/** As get-jwks says it: whoever sends a token may name any key, and that is no fault of the provider's. */
function noKey (): Error {
  return Object.assign(new Error('jwt.secret gave no key'), { code: 'JWK_NOT_FOUND' })
}

const bearer = /^Bearer [^ ]+$/i

/** Uses the decorator's own verifier, without its promises and its second decoding of the token: 17 to 27 µs of a request. */
function directly (jwt: JWT, decorated: Verify): Verify {
  return (request) => {
    const { authorization } = request.headers
    if (authorization === undefined) return refuse('tokenMissing')
    return bearer.test(authorization) ? jwt.verify<Claims>(authorization.slice('Bearer '.length)) : decorated(request)
  }
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
