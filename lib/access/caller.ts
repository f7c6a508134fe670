import type { Caller } from '../../types/index.js'
import { GraphError, refuse, Refusal } from '../answers/index.js'

/** The payload of a token. */
export type Claims = Readonly<Record<string, unknown>>

interface ClaimType {
  readonly name: string
  readonly holds: (value: unknown) => boolean
}

const isString = (value: unknown): value is string => typeof value === 'string'
const isStrings = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isString)

const number: ClaimType = { name: 'a number', holds: Number.isFinite }
const string: ClaimType = { name: 'a string', holds: isString }
const filled: ClaimType = { name: 'a string that is not empty', holds: (value) => isString(value) && value !== '' }
const strings: ClaimType = { name: 'an array of strings', holds: isStrings }
const audience: ClaimType = {
  name: 'a string or an array of strings that is not empty',
  holds: (value) => filled.holds(value) || (isStrings(value) && value.length > 0)
}

const required = ['exp', 'aud'] as const

/** The type of each claim that is read or that a verifier goes by; a claim of another type makes the token invalid. */
const types: ReadonlyMap<string, ClaimType> = new Map(Object.entries({
  exp: number,
  nbf: number,
  iat: number,
  aud: audience,
  iss: filled,
  sub: filled,
  oid: filled,
  tid: filled,
  azp: filled,
  appid: filled,
  upn: filled,
  scp: string,
  idtyp: string,
  roles: strings,
  wids: strings
}))

/** The claims that make a caller, once `checkClaims` has checked their types. */
type KnownClaims = {
  readonly [name in 'scp' | 'idtyp' | 'oid' | 'sub' | 'tid' | 'azp' | 'appid' | 'upn']?: string
} & { readonly [name in 'roles' | 'wids']?: readonly string[] } & Claims

/**
 * Reads the claims of a verified access token of Microsoft's identity platform, version 1.0 or 2.0. It fails closed:
 * a token that is neither a user's nor an app's own is refused.
 *
 *     { scp: 'User.ReadWrite', oid, … }      delegated; permissions are those of `scp`, `roles` are ignored
 *     { idtyp: 'app', roles: ['…'], oid, … } application; permissions are `roles`
 *
 * Where `idtyp` is absent, an app's own token has `azp` or `appid`, a `sub` equal to its `oid` (without `oid`, to its `azp` or `appid`),
 * and none of the claims that ID tokens and users' tokens of other issuers have: `scope`, `nonce`, `at_hash`, `c_hash`, `name`, `email`,
 * `upn`, `preferred_username`, `unique_name`.
 *
 * @param claims the payload of a token whose signature, lifetime, audience and issuer have been verified
 * @throws {GraphError} 401 if `exp` or `aud` is missing, a claim has the wrong type, or the token is neither a user's nor an app's,
 * or claims to be both
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
export function callerFromClaims (claims: unknown): Caller {
  const caller = readCaller(claims)
  if (!(caller instanceof Refusal)) return caller
  const { statusCode, code, message } = caller.error
  throw new GraphError(statusCode, code, message)
}

/** The caller whom the claims of a verified token name, or the 401 for claims that name none. */
export function readCaller (claims: unknown): Caller | Refusal {
  return checkClaims(Object(claims)) ?? callerOf(claims as KnownClaims)
}

function checkClaims (claims: Claims): Refusal | undefined {
  const missing = required.find((name) => claims[name] === undefined)
  if (missing !== undefined) return refuse('claimMissing', { claim: missing })
  for (const claim in claims) {
    const type = types.get(claim)
    const value = claims[claim]
    if (type !== undefined && value !== undefined && !type.holds(value)) return refuse('claimInvalid', { claim, type: type.name })
  }
  return undefined
}

function callerOf (claims: KnownClaims): Caller | Refusal {
  return claims.scp !== undefined || claims.idtyp === 'user' ? userOf(claims) : appOf(claims)
}

function userOf ({ scp = '', idtyp, oid, tid, azp, appid, upn, wids }: KnownClaims): Caller | Refusal {
  if (idtyp === 'app') return refuse('scopeBesideApp')
  if (oid === undefined) return refuse('claimMissing', { claim: 'oid' })
  // RFC 6749, section 3.3: names are delimited by U+0020, and no other space.
  const permissions = scp.split(' ').filter((name) => name !== '')
  return withKnown({ kind: 'delegated', id: oid, permissions }, {
    appId: azp ?? appid, tenantId: tid, userPrincipalName: upn, directoryRoles: wids
  })
}

function appOf (claims: KnownClaims): Caller | Refusal {
  const { roles = [], idtyp, oid, tid, azp, appid } = claims
  const appId = azp ?? appid
  const id = oid ?? appId
  const isApp = idtyp === 'app' || (idtyp === undefined && isOfApp(claims))
  if (!isApp || id === undefined) return refuse('neitherUserNorApp')
  return withKnown({ kind: 'application', id, permissions: roles }, { appId, tenantId: tid })
}

/** Claims of ID tokens, and of users' tokens of other issuers. */
const neverOfApps = ['scope', 'nonce', 'at_hash', 'c_hash', 'name', 'email', 'upn', 'preferred_username', 'unique_name'] as const

/** RFC 9068, section 2.2: without a user, "the value of sub SHOULD correspond to an identifier" of "the client application". */
function isOfApp (claims: KnownClaims): boolean {
  const { sub, oid, azp, appid } = claims
  const appId = azp ?? appid
  return appId !== undefined && sub === (oid ?? appId) && neverOfApps.every((name) => claims[name] === undefined)
}

type Writable<T> = { -readonly [name in keyof T]: T[name] }

type Optional = { readonly [name in 'appId' | 'tenantId' | 'userPrincipalName']?: string | undefined } & {
  readonly directoryRoles?: readonly string[] | undefined
}

/** Assigns what is known, because to spread each into a literal takes 3 µs of a request. */
function withKnown (caller: Writable<Caller>, { appId, tenantId, userPrincipalName, directoryRoles }: Optional): Caller {
  if (appId !== undefined) caller.appId = appId
  if (tenantId !== undefined) caller.tenantId = tenantId
  if (userPrincipalName !== undefined) caller.userPrincipalName = userPrincipalName
  if (directoryRoles !== undefined) caller.directoryRoles = directoryRoles
  return caller
}
