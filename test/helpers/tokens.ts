import { createHmac, generateKeyPairSync, sign, type KeyObject, type KeyPairKeyObjectResult } from 'node:crypto'
import { createSigner } from 'fast-jwt'

export const secret = 'a secret of this test, 32 characters or more'
export const audience = 'https://graph.microsoft.com'

/** The option jwt of a host whose tokens these are. */
export const jwt = { secret, verify: { allowedAud: audience } }

export const userId = '6e7b768e-07e2-4810-8459-485f84f8f204'
export const userPrincipalName = 'adele@contoso.example'
export const tenantId = '84841066-274d-4ec0-a5c1-276be684bdd3'

export type Claims = Record<string, unknown>

const inOneHour = () => Math.floor(Date.now() / 1000) + 3600

/** The claims of a signed-in user's token; an override of `undefined` removes a claim. */
export function claims (overrides: Claims = {}): Claims {
  return {
    aud: audience,
    exp: inOneHour(),
    oid: userId,
    upn: userPrincipalName,
    tid: tenantId,
    azp: 'f6b4f1d2-7f0b-4e0e-8f53-0a2f2cf4a0c1',
    scp: 'User.ReadWrite Contacts.ReadWrite Group.ReadWrite.All',
    ...overrides
  }
}

/** The claims of an app's own token. */
export function appClaims (overrides: Claims = {}): Claims {
  return {
    aud: audience,
    exp: inOneHour(),
    oid: '0b9cfb5c-3a53-4e2b-8d5a-0f7a1c0d9f11',
    tid: tenantId,
    azp: 'f6b4f1d2-7f0b-4e0e-8f53-0a2f2cf4a0c1',
    idtyp: 'app',
    roles: ['User.ReadWrite.All', 'Contacts.ReadWrite', 'Group.ReadWrite.All'],
    ...overrides
  }
}

export function token (payload: Claims = claims(), key: string = secret): string {
  return createSigner({ key, algorithm: 'HS256', noTimestamp: true })(payload)
}

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
