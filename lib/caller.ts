import type { Caller } from '../types/index.js'
import { GraphError, refusal } from './answers.js'

/** The payload of a token. */
export type Claims = Readonly<Record<string, unknown>>

const isNumber = (value: unknown): boolean => Number.isFinite(value)
const isString = (value: unknown): value is string => typeof value === 'string'
const isFilled = (value: unknown): value is string => isString(value) && value !== ''
const isStrings = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isString)
const isAudience = (value: unknown): boolean => isFilled(value) || (isStrings(value) && value.length > 0)

/** Whether each of the claims that are present is of the type. */
function areAll (isOfType: (value: unknown) => boolean, ...values: readonly unknown[]): boolean {
  for (const value of values) if (value !== undefined && !isOfType(value)) return false
  return true
}

function invalid (): GraphError {
  return refusal('tokenInvalid')
}

/** A claim of another type makes the token invalid. */
function checkTypes (claims: Claims): void {
  if (typeof claims !== 'object' || claims === null) throw invalid()
  // By name, since a loop over names takes longer.
  const { exp, nbf, iat, iss, aud, scp, roles, idtyp, oid, sub, tid, azp, appid, upn } = claims
  const areRight = exp !== undefined && aud !== undefined &&
    areAll(isNumber, exp, nbf, iat) &&
    areAll(isString, scp, idtyp) &&
    areAll(isFilled, iss, oid, sub, tid, azp, appid, upn) &&
    areAll(isStrings, roles) &&
    areAll(isAudience, aud)
  if (!areRight) throw invalid()
}

/**
 * Reads the claims of a verified access token of Microsoft's identity platform, version 1.0 or 2.0. It fails closed:
 * a token that is neither a user's nor an app's own is refused.
 *
 *     { scp: 'User.ReadWrite', oid, … }      delegated; permissions are those of `scp`, `roles` are ignored
 *     { idtyp: 'app', roles: ['…'], oid, … } application; permissions are `roles`
 *
 * @param claims the payload of a token whose signature, lifetime, audience and issuer have been verified
 * @throws {GraphError} 401 if `exp` or `aud` is missing, a claim has the wrong type, or the token is neither a user's nor an app's, or claims to be both
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
export function callerFromClaims (claims: Claims): Caller {
  checkTypes(claims)
  // checkTypes has checked the types; a missing claim is undefined.
  const { scp, roles, idtyp, oid, sub, tid, azp, appid, upn } = claims as {
    readonly [name in 'scp' | 'idtyp' | 'oid' | 'sub' | 'tid' | 'azp' | 'appid' | 'upn']?: string
  } & { readonly roles?: readonly string[] }

  const appId = azp ?? appid
  if (scp !== undefined || idtyp === 'user') {
    if (idtyp === 'app' || oid === undefined) throw invalid()
    const permissions = (scp ?? '').split(/\s+/).filter(isFilled)
    return withKnown({ kind: 'delegated', id: oid, permissions }, appId, tid, upn)
  }
  const isApp = idtyp === 'app' || (idtyp === undefined && oid !== undefined && sub === oid)
  const id = oid ?? appId
  if (!isApp || id === undefined) throw invalid()
  return withKnown({ kind: 'application', id, permissions: roles ?? [] }, appId, tid)
}

/** Assigns the optional properties, because spreading each into a literal takes a microsecond. */
function withKnown (caller: { -readonly [name in keyof Caller]: Caller[name] }, appId?: string, tenantId?: string, userPrincipalName?: string): Caller {
  if (appId !== undefined) caller.appId = appId
  if (tenantId !== undefined) caller.tenantId = tenantId
  if (userPrincipalName !== undefined) caller.userPrincipalName = userPrincipalName
  return caller
}
