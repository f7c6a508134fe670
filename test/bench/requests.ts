import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSigner } from 'fast-jwt'
import { audience, issuer, mediaType, path, scope, secret } from './checks.js'

const claims = {
  iss: issuer,
  aud: audience,
  exp: Math.floor(Date.now() / 1000) + 3600,
  oid: '6e7b768e-07e2-4810-8459-485f84f8f204',
  tid: '84841066-274d-4ec0-a5c1-276be684bdd3',
  azp: 'f6b4f1d2-7f0b-4e0e-8f53-0a2f2cf4a0c1',
  upn: 'adele@contoso.example',
  scp: `${scope} Contacts.ReadWrite`
}

export const hs256 = createSigner({ key: secret, algorithm: 'HS256' })(claims)

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' }
})
export const publicKey = keys.publicKey
export const rs256 = createSigner({ key: keys.privateKey, algorithm: 'RS256' })(claims)

const SOS = Buffer.from([0xff, 0xda])
const EOI = Buffer.from([0xff, 0xd9])

/** A JPEG of so many bytes, whose picture data is as dense in stuffed bytes as a photo's. */
export function photo (bytes: number): Buffer {
  const baseline = readFileSync('test/fixtures/baseline.jpg')
  const scan = baseline.indexOf(SOS) + 2
  const head = baseline.subarray(0, scan + baseline.readUInt16BE(scan))
  const picture = randomBytes(bytes - head.length - EOI.length)
  for (let at = picture.indexOf(0xff); at !== -1; at = picture.indexOf(0xff, at + 2)) {
    picture[Math.min(at + 1, picture.length - 1)] = 0
  }
  return Buffer.concat([head, picture, EOI])
}

export interface Head {
  readonly token?: string
  /** The announced length, where it is not that of the body. */
  readonly announced?: number
}

/** A request as it goes over the wire. */
export function put (body: Buffer, { token, announced = body.length }: Head): Buffer {
  const head = [
    `PUT ${path} HTTP/1.1`,
    'Host: localhost',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    `Content-Type: ${mediaType}`,
    `Content-Length: ${announced}`,
    'Accept: */*',
    'User-Agent: bench',
    '\r\n'
  ]
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), body])
}
