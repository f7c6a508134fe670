import { createHmac, generateKeyPairSync, sign, type KeyObject, type KeyPairKeyObjectResult } from 'node:crypto'
import { secret } from './host.js'

type Json = string | Buffer | Readonly<Record<string, unknown>>

/** One part of a token, whatever is in it. */
export function part (json: Json): string {
  const bytes = Buffer.isBuffer(json) || typeof json === 'string' ? json : JSON.stringify(json)
  return Buffer.from(bytes).toString('base64url')
}

type Sign = (input: string) => string

export const hmac = (key: string | Buffer, algorithm = 'sha256'): Sign => (input) => createHmac(algorithm, key).update(input).digest('base64url')
export const rsa = (key: KeyObject): Sign => (input) => sign('sha256', Buffer.from(input), key).toString('base64url')
export const ecdsa = (key: KeyObject): Sign => (input) => sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')

/** A token as nobody's library would sign it. */
export function jws (header: Json, payload: Json, signed: Sign = hmac(secret)): string {
  const input = `${part(header)}.${part(payload)}`
  return `${input}.${signed(input)}`
}

interface Keys extends KeyPairKeyObjectResult {
  /** The public key, as hosts keep it. */
  readonly public: string
}

function withPem (keys: KeyPairKeyObjectResult): Keys {
  return { ...keys, public: keys.publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}

export const rsaKeys = (): Keys => withPem(generateKeyPairSync('rsa', { modulusLength: 2048 }))
export const ecKeys = (): Keys => withPem(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
