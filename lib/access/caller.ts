import type { Caller } from '../../types/index.js'
import { refuse, Refusal } from '../answers/index.js'

/** The payload of a token. */
export type Claims = Readonly<Record<string, unknown>>

const isNumber = (value: unknown): boolean => Number.isFinite(value)
const isString = (value: unknown): value is string => typeof value === 'string'
const isFilled = (value: unknown): value is string => isString(value) && value !== ''
const isStrings = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isString)
const isAudience = (value: unknown): boolean => isFilled(value) || (isStrings(value) && value.length > 0)

const required = ['exp', 'aud'] as const

/** The type of each claim that is read or that a verifier goes by; a claim of another type makes the token invalid. */
const types = Object.entries({
  exp: isNumber,
  nbf: isNumber,
  iat: isNumber,
  aud: isAudience,
  iss: isFilled,
  sub: isFilled,
  oid: isFilled,
  tid: isFilled,
  azp: isFilled,
  appid: isFilled,
  upn: isFilled,
  scp: isString,
  idtyp: isString,
  roles: isStrings
})

/** The claims that make a caller, once their types are known. */
type KnownClaims = {
  readonly [name in 'scp' | 'idtyp' | 'oid' | 'sub' | 'tid' | 'azp' | 'appid' | 'upn']?: string
} & { readonly roles?: readonly string[] }

/**
 * Reads the claims of a verified access token of Microsoft's identity platform, version 1.0 or 2.0. It fails closed:
 * a token that is neither a user's nor an app's own is refused.
 *
 *     { scp: 'User.ReadWrite', oid, … }      delegated; permissions are those of `scp`, `roles` are ignored
 *     { idtyp: 'app', roles: ['…'], oid, … } application; permissions are `roles`
 *
 * @param claims the payload of a token whose signature, lifetime, audience and issuer have been verified
 * @throws {GraphError} 401 if `exp` or `aud` is missing, a claim has the wrong type, or the token is neither a user's nor an app's,
 * or claims to be both
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
export function callerFromClaims (claims: Claims): Caller {
  const caller = readCaller(claims)
  if (caller instanceof Refusal) throw caller.error
  return caller
}

/** The caller whom the claims of a verified token name, or the 401 for claims that name none. */
export function readCaller (claims: Claims): Caller | Refusal {
  if (!isObject(claims) || required.some((name) => claims[name] === undefined)) return refuse('tokenInvalid')
  if (!types.every(([name, isOfType]) => claims[name] === undefined || isOfType(claims[name]))) return refuse('tokenInvalid')
  // The line before has checked the types.
  const { scp, roles = [], idtyp, oid, sub, tid, azp, appid, upn } = claims as KnownClaims

  const appId = azp ?? appid
  if (scp !== undefined || idtyp === 'user') {
    if (idtyp === 'app' || oid === undefined) return refuse('tokenInvalid')
    const permissions = (scp ?? '').split(/\s+/).filter(isFilled)
    return withKnown({ kind: 'delegated', id: oid, permissions }, { appId, tenantId: tid, userPrincipalName: upn })
  }
  const isApp = idtyp === 'app' || (idtyp === undefined && oid !== undefined && sub === oid)
  const id = oid ?? appId
  if (!isApp || id === undefined) return refuse('tokenInvalid')
  return withKnown({ kind: 'application', id, permissions: roles }, { appId, tenantId: tid })
}

function isObject (value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

interface Optional {
  readonly appId: string | undefined
  readonly tenantId: string | undefined
  readonly userPrincipalName?: string | undefined
}

function withKnown (caller: Caller, { appId, tenantId, userPrincipalName }: Optional): Caller {
  return {
    ...caller,
    ...(appId !== undefined && { appId }),
    ...(tenantId !== undefined && { tenantId }),
    ...(userPrincipalName !== undefined && { userPrincipalName })
  }
}
