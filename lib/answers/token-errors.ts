import type { FastifyRequest } from 'fastify'
import { refuse, type Refusal } from './graph-error.js'
import { raised } from './raised-error.js'
import type { AnswerName } from './table.js'

const tokenAnswers: Readonly<Record<string, AnswerName>> = {
  FST_JWT_NO_AUTHORIZATION_IN_HEADER: 'tokenMissing',
  FST_JWT_NO_AUTHORIZATION_IN_COOKIE: 'tokenMissing',
  FST_JWT_BAD_COOKIE_REQUEST: 'tokenMissing',
  FST_JWT_AUTHORIZATION_TOKEN_EXPIRED: 'tokenExpired',
  FAST_JWT_EXPIRED: 'tokenExpired'
}

/** @fastify/jwt gives several faults one code; only the message tells them apart. */
const tokenMessages: ReadonlyArray<readonly [RegExp, AnswerName]> = [
  [/token is malformed|is not a valid|payload must be an object/, 'tokenMalformed'],
  [/The aud claim value is|None of aud claim values/, 'tokenForAnotherAudience']
]

/** Whether @fastify/jwt raised the error, or fast-jwt below it. */
export function isTokenError (error: unknown): boolean {
  const { code } = raised(error)
  return typeof code === 'string' && /^FA?ST_JWT_/.test(code)
}

/** The 401 for any failure to verify a token, a key that is not found included. */
export function tokenRefusal (error: unknown, request: FastifyRequest): Refusal {
  const { code, message } = raised(error)
  const isMissing = code === 'FST_JWT_BAD_REQUEST' && !/^Bearer\s+\S/i.test(request.headers.authorization ?? '')
  const [, byMessage] = tokenMessages.find(([pattern]) => pattern.test(String(message))) ?? []
  return refuse(isMissing ? 'tokenMissing' : tokenAnswers[String(code)] ?? byMessage ?? 'tokenInvalid', {}, error)
}
