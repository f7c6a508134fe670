import { createPublicKey } from 'node:crypto'
import type { GraphPhotoJwtOptions, GraphPhotoJwtVerifyOptions } from '../../types/index.js'
import { check } from './errors.js'

/** What an option must be, in words, and whether it is. */
interface Rule {
  readonly requirement: string
  readonly holds: (value: unknown) => boolean
}

const isString = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isFunction = (value: unknown): boolean => typeof value === 'function'
const isPattern = (value: unknown): boolean => isString(value) || value instanceof RegExp
const isList = (value: unknown, holds: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(holds)
const isNumber = (value: unknown, least = 0): boolean => typeof value === 'number' && value >= least

const allowed: Rule = {
  requirement: 'a string, a RegExp, or an array of them that is not empty',
  holds: (value) => isPattern(value) || isList(value, isPattern)
}
const duration: Rule = { requirement: 'a number of milliseconds', holds: (value) => isNumber(value) }
const algorithm = /^(?:(?:HS|RS|PS|ES)(?:256|384|512)|EdDSA)$/
/** As @fastify/jwt reads time spans, for example `90`, `1h` or `2 days`. */
const unit = 'milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|years?|yrs?|y'
const timeSpan = new RegExp(`^\\d*\\.?\\d+ *(?:${unit})?$`, 'i')

const verifyRules: Readonly<Record<keyof GraphPhotoJwtVerifyOptions, Rule>> = {
  algorithms: {
    requirement: 'an array of signature algorithms, such as RS256',
    holds: (value) => isList(value, (item) => isString(item) && algorithm.test(item))
  },
  allowedAud: allowed,
  allowedIss: allowed,
  allowedSub: allowed,
  allowedJti: allowed,
  allowedNonce: allowed,
  requiredClaims: { requirement: 'an array of claim names', holds: (value) => Array.isArray(value) && value.every(isString) },
  maxAge: {
    requirement: "a positive number of seconds, or a time span such as '1h'",
    holds: (value) => (isNumber(value) && value !== 0) || (isString(value) && timeSpan.test(value))
  },
  clockTolerance: duration,
  cache: { requirement: 'a boolean, or how many tokens to keep', holds: (value) => typeof value === 'boolean' || isNumber(value) },
  cacheTTL: duration,
  errorCacheTTL: {
    requirement: 'a number of milliseconds (-1 for none), or a function that returns one',
    holds: (value) => isNumber(value, -1) || isFunction(value)
  },
  extractToken: { requirement: 'a function', holds: isFunction }
}

const decodeRules: Readonly<Record<keyof NonNullable<GraphPhotoJwtOptions['decode']>, Rule>> = {
  complete: { requirement: 'a boolean', holds: (value) => typeof value === 'boolean' },
  checkTyp: { requirement: 'a string', holds: isString }
}

const jwtRules: Readonly<Record<keyof GraphPhotoJwtOptions, Rule>> = {
  secret: {
    requirement: 'a secret, a PEM public key, an object with such a key as `public`, or a function that finds the key',
    holds: (value) => isKey(value) || isFunction(value) || isKey(Object(value).public)
  },
  verify: { requirement: 'an object', holds: isObject },
  decode: { requirement: 'an object', holds: isObject },
  trusted: { requirement: 'a function', holds: isFunction }
}

/**
 * Checks the option `jwt`, since @fastify/jwt ignores a name that it does not know, and the check would be missing.
 * @returns the option, with a public key where @fastify/jwt looks for one
 */
export function readJwt (jwt: GraphPhotoJwtOptions): GraphPhotoJwtOptions {
  check('jwt', 'an object with a secret', isObject(jwt) && jwt.secret !== undefined)
  checkAll('jwt', jwt, jwtRules)
  checkAll('jwt.verify', { ...jwt.verify }, verifyRules)
  checkAll('jwt.decode', { ...jwt.decode }, decodeRules)
  const { secret } = jwt
  return (typeof secret === 'string' || Buffer.isBuffer(secret)) && isPem(secret) ? { ...jwt, secret: { public: secret } } : jwt
}

function checkAll (place: string, options: object, rules: Readonly<Record<string, Rule>>): void {
  const names = Object.keys(rules)
  check(place, `an object with no other keys than ${names.join(', ')}`, Object.keys(options).every((name) => names.includes(name)))
  for (const [name, { requirement, holds }] of Object.entries(rules)) {
    const value: unknown = Reflect.get(options, name)
    check(`${place}.${name}`, requirement, value === undefined || holds(value))
  }
}

function isObject (value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPem (key: string | Buffer): boolean {
  return key.includes('-----BEGIN ')
}

/** A private key verifies nothing, and a damaged one would refuse every token. */
function isKey (key: unknown): boolean {
  if (!(isString(key) || (Buffer.isBuffer(key) && key.length > 0))) return false
  return !isPem(key) || (!key.includes('PRIVATE KEY-----') && isPublicKey(key))
}

function isPublicKey (key: string | Buffer): boolean {
  try {
    createPublicKey(key)
    return true
  } catch {
    return false
  }
}
