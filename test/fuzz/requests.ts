import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { fixture } from '../fixtures/pictures.js'
import { appClaims, claims, token, userId, userPrincipalName } from '../helpers/tokens.js'
import { framings, type Framed } from './framings.js'

/** The limit of every host here, small so that bodies beyond it cost little. */
export const maxRequestBytes = 65_536

/** What a host accepts beyond the defaults, and what it does on demand. */
export interface Abilities {
  readonly anyContentType: boolean
  readonly anyFormat: boolean
}

type CallerName = 'user' | 'app'

// Fixed, so that the same seed gives the same bytes.
const exp = 4_102_444_800
const signed = (payload: Record<string, unknown>, key?: string) => `Authorization: Bearer ${token({ ...payload, exp }, key)}\r\n`
const user = signed(claims())

const authorizations: ReadonlyArray<readonly [lines: string, caller?: CallerName]> = [
  [user, 'user'],
  [signed(appClaims()), 'app'],
  [''],
  ['Authorization: Bearer\r\n'],
  ['Authorization: Bearer garbage\r\n'],
  ['Authorization: Basic QTpC\r\n'],
  [`Authorization: Bearer ${token({ ...claims(), exp: 1 })}\r\n`],
  [signed(claims({ aud: 'https://elsewhere.example' }))],
  [signed(claims(), 'another secret, of 32 characters or more')],
  [signed(claims({ scp: 'Mail.Read' }))],
  [signed(claims({ scp: 7 }))],
  [signed(appClaims({ roles: [] }))],
  [signed(appClaims({ idtyp: undefined, name: 'Adele' }))]
]

const other = '1b2c3d4e-0000-4000-8000-000000000001'
const contact = 'AAMkAGI2=' + 'x'.repeat(143)
const both: readonly CallerName[] = ['user', 'app']

const paths: ReadonlyArray<readonly [path: string, ...callers: readonly CallerName[]]> = [
  ['/v1.0/me/photo/$value', 'user'],
  [`/v1.0/users/${userId}/photo/$value`, ...both],
  [`/v1.0/users/${userPrincipalName.toUpperCase()}/photo/$value`, ...both],
  [`/v1.0/users/${other}/photo/$value`, 'app'],
  [`/v1.0/groups/${other}/photo/$value`, ...both],
  [`/v1.0/me/contacts/${contact}/photo/$value`, 'user'],
  [`/v1.0/users/${userId}/contacts/${contact}/photo/$value`, ...both],
  [`/v1.0/me/contactfolders/AQ=/contacts/${contact}/photo/$value`, 'user'],
  [`/v1.0/users/${userId}/contactfolders/AQ=/contacts/${contact}/photo/$value`, ...both],
  ['/v1.0//me/photo/$value', 'user'],
  ['/v1.0/me/photo/%24value?a=b', 'user'],
  [`/v1.0/me/contactFolders/AQ=/contacts/${contact}/photo/$value`, 'user'],
  [`/v1.0/users/${userId}/contactFolders/AQ=/childFolders/AR=/contacts/${contact}/photo/%24value`, ...both],
  ['/v1.0/users/a%00b/photo/$value'],
  ['/v1.0/users//photo/$value'],
  [`/v1.0/users/${'x'.repeat(600)}/photo/$value`],
  ['/v1.0/users/%zz/photo/$value'],
  ['/v1.0/me/photo'],
  ['/nowhere']
]

const contentTypes: ReadonlyArray<readonly [lines: string, accepted: 'always' | 'any']> = [
  ['Content-Type: image/jpeg\r\n', 'always'],
  ['Content-Type: IMAGE/JPEG; q=1\r\n', 'always'],
  ['Content-Type: application/octet-stream\r\n', 'any'],
  ['Content-Type: application/json\r\n', 'any'],
  ['Content-Type: multipart/form-data\r\n', 'any'],
  ['Content-Type: image/jpeg\r\nContent-Type: application/octet-stream\r\n', 'any'],
  ['Content-Type: a/b, c/d\r\n', 'any'],
  ['Content-Type: garbage\r\n', 'any'],
  ['', 'any']
]

const jpeg = fixture('thumbnail.jpg')

/** A body that is a request itself, with an id of its own: one to be smuggled past what is announced. */
function nested (id: string): Buffer {
  const own = `client-request-id: ${id.replace('-8000-', '-9000-')}\r\n${user}`
  const fields = `Host: nested\r\n${own}Content-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n`
  return Buffer.concat([Buffer.from(`PUT /v1.0/me/photo/$value HTTP/1.1\r\n${fields}\r\n`), jpeg])
}

/** What is too long to be printed, by the name that stands for it. */
export const abbreviations: ReadonlyArray<readonly [name: string, bytes: Buffer]> = [
  ...authorizations.map(([lines, caller = 'refused'], i) => [`authorization ${i}, ${caller}`, Buffer.from(lines.slice(0, -2))] as const)
    .filter(([, { length }]) => length > 100),
  ...['thumbnail.jpg', 'baseline.jpg', 'palette.png', 'photo.gif', 'lossy.webp'].map((name) => [name, fixture(name)] as const)
]

const bodies: ReadonlyArray<readonly [bytes: Buffer | ((id: string) => Buffer), format?: 'jpeg' | 'other']> = [
  [jpeg, 'jpeg'],
  [Buffer.concat([fixture('baseline.jpg'), Buffer.alloc(40_000)]), 'jpeg'],
  [fixture('palette.png'), 'other'],
  [fixture('photo.gif'), 'other'],
  [fixture('lossy.webp'), 'other'],
  [Buffer.alloc(0)],
  [Buffer.from('no picture')],
  [jpeg.subarray(0, -40)],
  [Buffer.alloc(maxRequestBytes + 1)],
  // Not more: a client that sends on, once it is refused, is read for so long only.
  [Buffer.alloc(2 * maxRequestBytes)],
  [nested]
]

type Encode = (body: Buffer) => Buffer
const plain: Encode = (body) => body

const encodings: ReadonlyArray<readonly [lines: string, encode: Encode, accepted: boolean]> = [
  ['', plain, true],
  ['Content-Encoding: identity\r\n', plain, true],
  ['Content-Encoding: gzip\r\n', (body) => gzipSync(body), true],
  ['Content-Encoding: x-gzip\r\n', (body) => gzipSync(body), true],
  ['Content-Encoding: gzip\r\n', plain, true],
  ['Content-Encoding: gzip\r\n', (body) => gzipSync(body).subarray(0, -6), false],
  ['Content-Encoding: gzip\r\n', (body) => Buffer.concat([gzipSync(body), Buffer.from('more')]), false],
  ['Content-Encoding: br\r\n', plain, false],
  ['Content-Encoding: gzip, gzip\r\n', plain, false]
]

const extras: readonly string[] = [
  '', 'Expect: 100-continue\r\n', 'Connection: keep-alive\r\n', 'Connection: close\r\n', `X-Long: ${'x'.repeat(9000)}\r\n`
]

/** What a host that throws on demand is told to do; other hosts take no notice. */
export const failures = ['savePhoto', 'savePhoto later', 'authorize', 'resolveTarget', 'preHandler', 'onSend', 'expose'] as const

/** The first row of a table nearly always, so that many requests are good and the faults of the others meet them. */
function mostlyFirst<T> ([first, ...others]: readonly [T, ...T[]] | readonly T[]): fc.Arbitrary<T> {
  const rest = others.map((value) => fc.constant(value))
  return fc.oneof({ arbitrary: fc.constant(first as T), weight: rest.length * 6 }, ...rest)
}

const shape = fc.record({
  method: mostlyFirst(['PUT', 'PATCH']),
  path: fc.oneof(fc.constantFrom(...paths), fc.constant(paths[0]!)),
  authorization: mostlyFirst(authorizations),
  contentType: mostlyFirst(contentTypes),
  body: mostlyFirst(bodies),
  encoding: mostlyFirst(encodings),
  extra: mostlyFirst(extras),
  framing: framings,
  failure: mostlyFirst([undefined, ...failures])
})

/** What one request is, before it has its id. */
export type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never

export const requests: fc.Arbitrary<Shape> = shape

/** A request as it is written. */
export interface Written extends Framed {
  readonly id: string
  /** Whether each of its parts is right. */
  readonly isGood: (abilities: Abilities) => boolean
  /** Whether it says that it is the connection's last; Node takes what follows for an error. */
  readonly closes: boolean
  /** Whether it asks the host to throw. */
  readonly failure: Shape['failure']
}

/** The bytes of a request. Its id is its client-request-id, which answers and log lines repeat. */
export function write ({ method, path: [path, ...callers], ...parts }: Shape, id: string): Written {
  const [authorization, caller] = parts.authorization
  const [contentType, typeAccepted] = parts.contentType
  const [body, format] = parts.body
  const [encoding, encode, isEncodingAccepted] = parts.encoding
  const failure = parts.failure === undefined ? '' : `X-Fail: ${parts.failure}\r\n`
  const fields = [`Host: localhost\r\nclient-request-id: ${id}\r\n`, authorization, contentType, encoding, parts.extra, failure]
  const head = `${method} ${path} HTTP/1.1\r\n${fields.join('')}`
  return {
    ...parts.framing(head, encode(typeof body === 'function' ? body(id) : body)),
    id,
    closes: parts.extra.includes('close'),
    failure: parts.failure,
    isGood: ({ anyContentType, anyFormat }) => caller !== undefined && callers.includes(caller) && isEncodingAccepted &&
      (typeAccepted === 'always' || anyContentType) && (format === 'jpeg' || (format === 'other' && anyFormat))
  }
}
