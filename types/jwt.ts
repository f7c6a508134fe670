import type { FastifyRequest } from 'fastify'

/**
 * What a token's signature is verified with: a shared secret, or a public key as PEM.
 * @see https://github.com/nearform/fast-jwt#createverifier
 */
export type GraphPhotoJwtKey = string | Buffer

/**
 * Which tokens are accepted.
 * @see https://github.com/nearform/fast-jwt#createverifier
 */
export interface GraphPhotoJwtVerifyOptions {
  /** Accepted signature algorithms. Default: those that fit the key. */
  readonly algorithms?: ReadonlyArray<
    'HS256' | 'HS384' | 'HS512' | 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA'>
  /** Accepted audiences. Name yours: without it a token for any other audience passes. */
  readonly allowedAud?: string | RegExp | ReadonlyArray<string | RegExp>
  /** Accepted issuers. Name yours where tenants share signing keys, as with Entra ID. */
  readonly allowedIss?: string | RegExp | ReadonlyArray<string | RegExp>
  /** Accepted subjects. Default: any. */
  readonly allowedSub?: string | RegExp | ReadonlyArray<string | RegExp>
  /** Accepted token ids. Default: any. */
  readonly allowedJti?: string | RegExp | ReadonlyArray<string | RegExp>
  /** Accepted nonces. Default: any. */
  readonly allowedNonce?: string | RegExp | ReadonlyArray<string | RegExp>
  /** Claims that must be present, besides `exp` and `aud` (always) and those that `allowed…` and `maxAge` check. */
  readonly requiredClaims?: readonly string[]
  /** Oldest accepted age, in seconds or as a time span such as `'1h'`. Default: any. */
  readonly maxAge?: number | string
  /** Tolerated clock difference, in milliseconds. Default: 0. */
  readonly clockTolerance?: number
  /** Keep verified tokens in memory: `true` for 1,000 of them, or how many. Default: `false`. */
  readonly cache?: boolean | number
  /** How long a verified token stays in the cache, in milliseconds; never longer than the token lives. Default: 600,000. */
  readonly cacheTTL?: number
  /** How long a refusal stays in the cache, in milliseconds. Default: -1, not at all. */
  readonly errorCacheTTL?: number | ((error: unknown) => number)
  /** Finds the token where it is not in the Authorization header. */
  readonly extractToken?: (request: FastifyRequest) => string | undefined
}

/**
 * Options of the plugin's own @fastify/jwt, apart from whatever the host registers.
 * @see https://github.com/fastify/fastify-jwt#options
 */
export interface GraphPhotoJwtOptions {
  /** The key; or a key pair, of which `public` is used; or a function that finds the key for a token (get-jwks, for example). */
  readonly secret:
    | GraphPhotoJwtKey
    | { readonly public: GraphPhotoJwtKey, readonly private?: GraphPhotoJwtKey }
    | ((
      request: FastifyRequest,
      token: { readonly [claim: string]: unknown },
      done: (error: Error | null, key?: GraphPhotoJwtKey) => void
    ) => Promise<GraphPhotoJwtKey> | GraphPhotoJwtKey | void)
  /** Which tokens are accepted, besides the rules of `callerFromClaims`. */
  readonly verify?: GraphPhotoJwtVerifyOptions
  /** How tokens are read: `complete` gives `secret` the header too, `checkTyp` is the one accepted `typ`. */
  readonly decode?: { readonly complete?: boolean, readonly checkTyp?: string }
  /** Returns `false` to refuse a verified token all the same, for example one on a revocation list. */
  readonly trusted?: (request: FastifyRequest, token: { readonly [claim: string]: unknown }) => boolean | Promise<boolean>
}
