import type { FastifyRequest } from 'fastify'
import { isGraphError } from './graph-error.js'
import { logFailure, readable } from './log.js'
import { raised } from './raised-error.js'
import { refuse, Refusal, type Facts } from './refusal.js'
import type { ReasonName } from './reasons.js'

/** What a verifier accepts, in words; where it is not known, the reason says where to look. */
export interface Accepted {
  readonly audience?: string
  readonly issuer?: string
  readonly algorithms?: string
}

/** What is known of a token that is refused: what it says of itself, unverified, and what would be accepted. */
interface Evidence {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly accepted: Accepted
  readonly code: string
  readonly message: string
}

type Row = readonly [code: RegExp, message: RegExp, reason: ReasonName, facts?: (evidence: Evidence) => Facts]

/** What fast-jwt throws for a date that JavaScript cannot write, because it writes it into its message. */
const noSuchDate = 'Invalid time value'

/** Errors of @fastify/jwt, of fast-jwt below it, and of jose, by parts of code and message. The first row that fits counts. */
const rows: readonly Row[] = [
  [/JWK_NOT_FOUND|_MATCHING_KEY/, /^/, 'keyNotFound'],
  [/NO_AUTHORIZATION_IN_|BAD_COOKIE_REQUEST/, /^/, 'tokenMissing'],
  [/EXPIRED/, /^/, 'tokenExpired', ({ claims }) => ({ at: dateOf(claims['exp']) })],
  [/INACTIVE|CLAIM_VALIDATION_FAILED/, /active|timestamp check failed/, 'tokenNotYetValid',
    ({ claims }) => ({ at: dateOf(claims['nbf'] ?? claims['iat']) })],
  [/_JWT_/, /aud"? claim value/, 'audienceInvalid',
    ({ claims, accepted }) => ({ found: quoted(claims['aud']), accepted: accepted.audience ?? elsewhere })],
  [/_JWT_/, /iss"? claim value/, 'issuerInvalid',
    ({ claims, accepted }) => ({ found: quoted(claims['iss']), accepted: accepted.issuer ?? elsewhere })],
  [/_JWT_/, /claim value/, 'claimNotAccepted', ({ message }) => ({ claim: claimIn(message) })],
  [/_JWT_/, /claim is required|missing required "/, 'claimMissing', ({ message }) => ({ claim: claimIn(message) })],
  [/_JWT_/, /claim must be/, 'claimInvalid', ({ message }) => ({ claim: claimIn(message), type: 'of the right type' })],
  [/_JWT_/, /token is malformed|is not a valid|payload must be an object/, 'tokenUnreadable'],
  [/ERR_JW[ST]_INVALID/, /^/, 'tokenUnreadable'],
  [/MISSING_SIGNATURE/, /^/, 'signatureMissing'],
  [/INVALID_SIGNATURE|TOKEN_INVALID|SIGNATURE_VERIFICATION_FAILED/, /signature/, 'signatureInvalid'],
  [/INVALID_ALGORITHM|ERR_JOSE_/, /alg/, 'algorithmNotAccepted',
    ({ header, accepted }) => ({ found: quoted(header['alg']), accepted: accepted.algorithms ?? 'those that fit the key' })],
  [/_JWT_/, /type must be|Invalid typ/, 'typeNotAccepted'],
  [/CLAIM_VALIDATION_FAILED/, /"typ"/, 'typeNotAccepted'],
  [/UNTRUSTED/, /^/, 'tokenUntrusted'],
  [/^undefined$/, new RegExp(`^${noSuchDate}$`), 'claimInvalid', () => ({ claim: 'exp or nbf', type: 'a date' })]
]

/** What @fastify/jwt says of a header that is not a bearer token. */
const noToken = /^FST_JWT_(?:BAD_REQUEST|NO_AUTHORIZATION_IN_HEADER)$/
const elsewhere = 'what the host allows'

const tokenErrors = new RegExp([
  '^FA?ST_JWT_', '^JWK_NOT_FOUND$',
  '^ERR_JW[ST]_', '^ERR_JWKS_(?:NO|MULTIPLE)_MATCHING_KEYS?$', '^ERR_JOSE_(?:ALG_NOT_ALLOWED|NOT_SUPPORTED)$'
].join('|'))

/** Whether an error of @fastify/jwt, fast-jwt below it, jose or get-jwks says that the token is not valid: any client can provoke it. */
export function isTokenError (error: unknown): boolean {
  return tokenErrors.test(String(raised(error).code))
}

/** The refusal for what a verifier threw. Its key provider may be down: a `GraphError` is answered as written, another error is logged. */
export function verifierRefusal (error: unknown, request: FastifyRequest, accepted: Accepted): Refusal {
  if (isGraphError(error)) return new Refusal(error)
  const isOfToken = isTokenError(error) || raised(error).message === noSuchDate
  if (!isOfToken) logFailure(withoutToken(error, request), 'token not verified', request)
  return tokenRefusal(error, request, accepted)
}

/** Wherever it came from: a token begins with the base64url of `{"`. */
const jsonWebToken = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g

/** What a key provider throws may quote the token. */
function withoutToken (error: unknown, request: FastifyRequest): unknown {
  const parts = bearerOf(request)?.split('.').filter((part) => part.length > 8) ?? []
  const written = readable(error)
  // Whole tokens first: another one may begin with the same header.
  const redacted = parts.reduce((text, part) => text.replaceAll(part, '[token]'), written.replace(jsonWebToken, '[token]'))
  return redacted === written ? error : redacted
}

/** The 401 for any failure to verify a token, a key that is not found included. */
export function tokenRefusal (error: unknown, request: FastifyRequest, accepted: Accepted = {}): Refusal {
  const { code, message } = raised(error)
  const token = bearerOf(request)
  if (token === undefined && noToken.test(String(code))) {
    return refuse(request.headers.authorization === undefined ? 'tokenMissing' : 'tokenSchemeOther', {}, { cause: error })
  }
  if (token !== undefined && !token.includes('.')) return refuse('tokenWithoutDots', {}, { cause: error })
  const [header = '', claims = ''] = token?.split('.') ?? []
  const evidence = { header: readPart(header), claims: readPart(claims), accepted, code: String(code), message: String(message) }
  const [,, reason, facts] = rows.find(([codes, messages]) => codes.test(evidence.code) && messages.test(evidence.message)) ?? other(error)
  return refuse(reason, facts?.(evidence), { cause: error })
}

/** Anything else is of the key provider, or of a version of the library that says it otherwise. */
function other (error: unknown): Row {
  if (!isTokenError(error)) return [/^/, /^/, 'keyFailed']
  return [/^/, /^/, 'tokenInvalid', ({ code }) => ({ code })]
}

function bearerOf ({ headers }: FastifyRequest): string | undefined {
  return /^Bearer\s+(\S.*)$/i.exec(String(headers.authorization))?.[1]
}

/** A part of a token, unverified: what it says serves to explain, never to decide. */
function readPart (part: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(Buffer.from(part, 'base64url').toString()))
  } catch {
    return {}
  }
}

function dateOf (seconds: unknown): string {
  const date = new Date(typeof seconds === 'number' ? seconds * 1000 : NaN)
  return Number.isNaN(date.getTime()) ? 'a date that is not known' : date.toISOString()
}

/** A claim may be anything; only text and lists of text are quoted, since to write out what is deep enough overflows the stack. */
function quoted (value: unknown): string {
  if (value === undefined) return 'none'
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value]
  return texts.every((text) => typeof text === 'string') ? JSON.stringify(value).slice(0, 200) : `a value of type ${typeof value}`
}

function claimIn (message: string): string {
  return message.replace(/^.*?([^\s"]+)"? claim.*$/, '$1')
}
