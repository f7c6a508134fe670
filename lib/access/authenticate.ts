import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller, GraphPhotoJwtOptions, GraphPhotoJwtVerifyOptions, GraphPhotoOptions } from '../../types/index.js'
import {
  andThen, attempt, hookRefusal, isTokenError, refuse, tokenRefusal, verifierRefusal, type Accepted, type Awaitable, type Refusal
} from '../answers/index.js'
import { isRepeated } from '../wire/index.js'
import { readCaller, type Claims } from './caller.js'
import { createOwnVerify, hostVerifyOptions, verifyAs, type Verify } from './own-jwt.js'

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
  if (authentication.by === 'host jwt') return byToken(verifyAs('jwtVerify'), acceptedBy(hostVerifyOptions(scope)), unlessHidden)
  return byToken(await createOwnVerify(scope, authentication.jwt), acceptedBy(authentication.jwt.verify))
}

function byHook (authenticate: (Authentication & { by: 'hook' })['authenticate']): Authenticate {
  return (request) => {
    const toRefusal = (error: unknown) => isTokenError(error) ? tokenRefusal(error, request) : hookRefusal(error, 'authenticate')
    return andThen(attempt(() => authenticate(request), toRefusal), (caller) => {
      if (caller === null || caller === undefined) return callerMissing(request)
      return isCaller(caller) ? caller : refuse('callerInvalid', {}, { cause: new TypeError('authenticate returned no valid caller') })
    })
  }
}

function callerMissing ({ headers }: FastifyRequest): Refusal {
  return refuse('callerMissing', {}, headers.authorization === undefined ? { answer: 'tokenMissing' } : {})
}

function isCaller ({ kind, id, permissions }: Caller): boolean {
  return (kind === 'delegated' || kind === 'application') && typeof id === 'string' && id !== '' && Array.isArray(permissions)
}

/** What the options accept, in words. */
function acceptedBy ({ allowedAud, allowedIss, algorithms }: GraphPhotoJwtVerifyOptions = {}): Accepted {
  return {
    ...(allowedAud !== undefined && { audience: listed(allowedAud) }),
    ...(allowedIss !== undefined && { issuer: listed(allowedIss) }),
    ...(algorithms !== undefined && { algorithms: [algorithms].flat().join(', ') })
  }
}

function listed (allowed: string | RegExp | ReadonlyArray<string | RegExp>): string {
  return [allowed].flat().map((value) => typeof value === 'string' ? JSON.stringify(value) : String(value)).join(', ')
}

type ReadCaller = (claims: Claims, request: FastifyRequest) => Awaitable<Caller | Refusal>

function byToken (verify: Verify, accepted: Accepted, read: ReadCaller = readCaller): Authenticate {
  return (request) => {
    // RFC 6750, section 2: one token, sent one way.
    if (isRepeated(request, 'authorization')) return refuse('tokenRepeated')
    const verified = attempt(() => verify(request), (error) => verifierRefusal(error, request, accepted))
    return andThen(verified, (claims) => read(claims, request))
  }
}

const hidden = 'request.jwtVerify() hides exp and aud of the token: register @fastify/jwt without formatUser, or pass authenticate'

/** A host's `formatUser` can't be seen at registration. What it hides, the token itself still has. */
function unlessHidden (user: Claims, request: FastifyRequest): Awaitable<Caller | Refusal> {
  if (hasClaims(user)) return readCaller(user)
  const decoding = attempt(() => verifyAs('jwtDecode')(request), (error) => verifierRefusal(error, request, {}))
  return andThen(decoding, (decoded) => {
    // With `decode: { complete: true }` the claims are the payload of what is decoded.
    const isHidden = hasClaims(decoded) || hasClaims(decoded['payload'])
    return isHidden ? refuse('claimsHidden', {}, { cause: new TypeError(hidden) }) : readCaller(user)
  })
}

function hasClaims (claims: unknown): boolean {
  return [Object(claims).exp, Object(claims).aud].every((claim) => claim !== undefined)
}
