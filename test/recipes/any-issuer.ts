// Recipe: the tokens of any OpenID provider: Keycloak, Auth0, Okta, or one after RFC 9068.
// npm install fastify-graph-photo fastify jose
import { GraphError, type Caller, type GraphPhotoOptions } from 'fastify-graph-photo'
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose'

export interface IssuerOptions {
  /** The `iss` of its tokens. */
  readonly issuer: string
  /** The `aud` of tokens for your API. */
  readonly audience: string
  /** Where it publishes its keys: `jwks_uri` of its discovery document. */
  readonly jwksUri: string
  /** The `typ` in the header of its access tokens, null where it writes none. Default: `at+jwt`, as RFC 9068 says. */
  readonly type?: string | null
  /** Milliseconds to wait for the published keys. Default: 2,000. */
  readonly timeout?: number
}

/** The caller that the claims of a verified token name; null for none. */
export type ToCaller = (claims: JWTPayload) => Caller | null

/** For the option `authenticate`: the bearer tokens of any OpenID provider. */
export function anyIssuer (options: IssuerOptions, toCaller: ToCaller = callerOfRfc9068): NonNullable<GraphPhotoOptions['authenticate']> {
  const { issuer, audience, jwksUri, type = 'at+jwt', timeout = 2000 } = options
  const keys = createRemoteJWKSet(new URL(jwksUri), { timeoutDuration: timeout })
  const accepted = { issuer, audience, requiredClaims: ['exp', 'sub'], ...(type !== null && { typ: type }) }
  return async ({ headers: { authorization = '' } }) => {
    const [, token] = /^Bearer ([^ ]+)$/i.exec(authorization) ?? []
    if (token === undefined) return null
    const { payload } = await jwtVerify(token, keys, accepted).catch(orUnavailable)
    return toCaller(payload)
  }
}

/** An issuer that is down is not the caller's fault. */
function orUnavailable (error: unknown): never {
  const isOfToken = error instanceof errors.JOSEError && !['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'].includes(error.code)
  if (isOfToken) throw error
  throw new GraphError(503, 'ServiceUnavailable', 'The keys of the issuer cannot be read.', { retryAfter: 5, cause: error })
}

/** RFC 9068, section 2.2: the `sub` of an app's own token is its client id. */
export const callerOfRfc9068: ToCaller = ({ sub, client_id: appId, scope }) => {
  if (typeof sub !== 'string' || typeof appId !== 'string') return null
  return { kind: sub === appId ? 'application' : 'delegated', id: sub, appId, permissions: words(scope) }
}

/**
 * Keycloak's user has an `azp`; `client_id` is in the token of a service account only. The `typ` of an ID token's claims is `ID`.
 * The roles of the realm are the caller's directory roles, for an `authorize` that knows administrators.
 */
export const callerOfKeycloak: ToCaller = ({ typ, sub, azp: appId, client_id: clientId, scope, realm_access: realm }) => {
  if (typ !== 'Bearer' || typeof sub !== 'string' || typeof appId !== 'string') return null
  const caller = { id: sub, appId, permissions: words(scope) }
  if (clientId === appId) return { kind: 'application', ...caller }
  const { roles } = Object(realm)
  return { kind: 'delegated', ...caller, ...(Array.isArray(roles) && { directoryRoles: roles }) }
}

/** Auth0 writes `azp`, or `client_id` in its profile of RFC 9068; the `sub` of an app is its client id and `@clients`. */
export const callerOfAuth0: ToCaller = ({ sub, azp, client_id: appId = azp, scope }) => {
  if (typeof sub !== 'string' || typeof appId !== 'string') return null
  return { kind: sub === `${appId}@clients` ? 'application' : 'delegated', id: sub, appId, permissions: words(scope) }
}

/** Okta's `sub` is a user's login, `uid` their id; an app has no `uid`, and its client id for a `sub`. */
export const callerOfOkta: ToCaller = ({ sub, uid, cid: appId, scp }) => {
  if (typeof sub !== 'string' || typeof appId !== 'string' || !Array.isArray(scp)) return null
  if (typeof uid === 'string') return { kind: 'delegated', id: uid, appId, userPrincipalName: sub, permissions: scp }
  return sub === appId ? { kind: 'application', id: sub, appId, permissions: scp } : null
}

function words (scope: unknown): readonly string[] {
  return typeof scope === 'string' ? scope.split(' ') : []
}
