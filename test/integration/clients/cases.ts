import { randomBytes } from 'node:crypto'
import { fixture } from '../../fixtures/pictures.js'
import { userId, userPrincipalName } from '../../helpers/tokens.js'

/** What a case addresses: `/me`, a user or a group; within the first two perhaps a contact, in a folder, in a child folder. */
export interface Path {
  readonly root: 'me' | 'users' | 'groups'
  readonly id?: string
  readonly folder?: string
  readonly childFolder?: string
  readonly contact?: string
}

export type Expected =
  | { readonly accepted: true, readonly requests?: number }
  | { readonly status: number, readonly code: string, readonly message: string, readonly requests?: number }

export interface Case {
  readonly name: string
  readonly path: Path
  /** Who calls: a signed-in user, an app on its own, or a user whose token has expired. */
  readonly caller: 'user' | 'app' | 'expired'
  /** GET asks for the photo's metadata, which this server has no route for. */
  readonly method?: 'GET'
  /** Default: `small`. */
  readonly body?: keyof typeof bodies
  /** In pieces, without a Content-Length. */
  readonly chunked?: true
  /** Default: what the SDK says by itself, `application/octet-stream`. */
  readonly contentType?: 'image/jpeg'
  /** Default: the server's address; `own` is what the SDK addresses where nobody says anything, Microsoft's own cloud. */
  readonly baseUrl?: 'with a slash at its end' | 'own'
  /** How many of these requests are sent at once. */
  readonly times?: number
  /** What the store answers, each with Retry-After: 1, before it saves. */
  readonly busy?: ReadonlyArray<keyof typeof retryable>
  readonly expect: Expected
}

/** A JPEG of exactly this size, in which nothing repeats: what follows a JPEG's end passes. */
function photo (size: number): Buffer {
  const jpeg = fixture('baseline.jpg')
  return Buffer.concat([jpeg, randomBytes(size - jpeg.length)])
}

export const bodies = {
  small: photo(17_000),
  large: photo(3_900_000),
  tooLarge: photo(5_000_000),
  tenMB: photo(10_000_000),
  thirtyMB: photo(30_000_000),
  text: Buffer.from('This is no photo.'),
  empty: Buffer.alloc(0)
} as const

/** Answers after which Microsoft's clients try again, if they do. */
export const retryable = {
  429: { status: 429, code: 'TooManyRequests', message: 'The store takes no more for now.' },
  503: { status: 503, code: 'ServiceUnavailable', message: 'The store is busy.' }
} as const

export const someoneElse = '48d31887-5fad-4d73-a9f5-3c356e68a038'
export const nobody = 'nobody@contoso.example'
export const goneContact = 'AAMkGone='

const guest = 'lin_fabrikam.example#EXT#@contoso.example'
const group = '02bd9fd6-8f93-4758-87c3-1fb73740a315'
const contact = 'AAMk/To+='
const longContact = `AAMkADk4${'zYTc2-_M'.repeat(17)}AAAA_bQ=`
const folder = 'AAMk/TG+='
const childFolder = 'AAMkChild-_='

const accepted = { accepted: true } as const
const expired = {
  status: 401, code: 'InvalidAuthenticationToken', message: 'Lifetime validation failed, the token is expired.'
} as const
const denied = { status: 403, code: 'ErrorAccessDenied', message: 'Access is denied. Check credentials and try again.' } as const
const retried = { accepted: true, requests: 3 } as const

const me = { root: 'me' } as const

/** What every client is asked to do; `clients.ts` says where one of them differs. */
export const cases = [
  { name: 'own photo of 17 KB', path: me, caller: 'user', expect: accepted },
  { name: 'own photo of 3.9 MB', path: me, caller: 'user', body: 'large', expect: accepted },
  { name: 'own photo of 17 KB, chunked', path: me, caller: 'user', chunked: true, expect: accepted },
  { name: 'own photo of 3.9 MB, chunked', path: me, caller: 'user', body: 'large', chunked: true, expect: accepted },
  { name: 'own photo, Content-Type image/jpeg', path: me, caller: 'user', contentType: 'image/jpeg', expect: accepted },
  { name: 'own photo, by id', path: { root: 'users', id: userId }, caller: 'user', expect: accepted },
  { name: 'own photo, by principal name', path: { root: 'users', id: userPrincipalName }, caller: 'user', expect: accepted },
  { name: "user's photo", path: { root: 'users', id: someoneElse }, caller: 'app', expect: accepted },
  { name: "guest's photo", path: { root: 'users', id: guest }, caller: 'app', expect: accepted },
  { name: "group's photo", path: { root: 'groups', id: group }, caller: 'user', expect: accepted },
  { name: 'own contact with / + =', path: { root: 'me', contact }, caller: 'user', expect: accepted },
  { name: 'own contact, 152 characters', path: { root: 'me', contact: longContact }, caller: 'user', expect: accepted },
  { name: "user's contact with / + =", path: { root: 'users', id: someoneElse, contact }, caller: 'app', expect: accepted },
  { name: 'own contact in a folder', path: { root: 'me', folder: childFolder, contact: longContact }, caller: 'user', expect: accepted },
  { name: "user's contact in a folder", path: { root: 'users', id: userId, folder, contact }, caller: 'user', expect: accepted },
  {
    name: 'own contact in a child folder',
    path: { root: 'me', folder: longContact, childFolder, contact: longContact },
    caller: 'user',
    expect: accepted
  },
  {
    name: "user's contact in a child folder",
    path: { root: 'users', id: someoneElse, folder, childFolder: folder, contact },
    caller: 'app',
    expect: accepted
  },
  { name: 'base URL with a slash at its end', path: me, caller: 'user', baseUrl: 'with a slash at its end', expect: accepted },
  {
    name: "base URL with a slash at its end, a user's contact",
    path: { root: 'users', id: guest, folder, contact },
    caller: 'app',
    baseUrl: 'with a slash at its end',
    expect: accepted
  },
  { name: "the SDK's own base URL", path: me, caller: 'user', baseUrl: 'own', expect: accepted },
  { name: '20 at once', path: me, caller: 'user', times: 20, expect: accepted },
  {
    name: '5 MB',
    path: me,
    caller: 'user',
    body: 'tooLarge',
    expect: { status: 413, code: 'RequestEntityTooLarge', message: 'The maximum request length supported is 4MB.' }
  },
  {
    name: '30 MB',
    path: me,
    caller: 'user',
    body: 'thirtyMB',
    expect: { status: 413, code: 'RequestEntityTooLarge', message: 'The maximum request length supported is 4MB.' }
  },
  {
    name: 'text',
    path: me,
    caller: 'user',
    body: 'text',
    expect: { status: 400, code: 'BadRequest', message: "The file you chose isn't an image. Please choose a different file." }
  },
  {
    name: 'empty',
    path: me,
    caller: 'user',
    body: 'empty',
    expect: { status: 400, code: 'BadRequest', message: "The request body is empty; send the photo's bytes." }
  },
  { name: 'expired token', path: me, caller: 'expired', expect: expired },
  { name: 'expired token, 3.9 MB', path: me, caller: 'expired', body: 'large', expect: expired },
  { name: 'expired token, 10 MB', path: me, caller: 'expired', body: 'tenMB', expect: expired },
  { name: 'expired token, 30 MB', path: me, caller: 'expired', body: 'thirtyMB', expect: expired },
  { name: "someone else's photo", path: { root: 'users', id: someoneElse }, caller: 'user', expect: denied },
  {
    name: 'unknown user',
    path: { root: 'users', id: nobody },
    caller: 'app',
    expect: {
      status: 404,
      code: 'Request_ResourceNotFound',
      message: `Resource '${nobody}' does not exist or one of its queried reference-property objects are not present.`
    }
  },
  {
    name: 'unknown contact',
    path: { root: 'users', id: someoneElse, contact: goneContact },
    caller: 'app',
    expect: { status: 404, code: 'ErrorItemNotFound', message: 'The specified object was not found in the store.' }
  },
  {
    name: 'unknown path',
    path: me,
    method: 'GET',
    caller: 'user',
    expect: { status: 404, code: 'ResourceNotFound', message: "Resource not found for the segment 'photo'." }
  },
  { name: '503 twice', path: me, caller: 'user', busy: [503, 503], expect: retried },
  { name: '429 twice', path: me, caller: 'user', busy: [429, 429], expect: retried },
  {
    name: '503 and 429, Content-Type image/jpeg', path: me, caller: 'user', contentType: 'image/jpeg', busy: [503, 429], expect: retried
  },
  { name: '503, chunked', path: me, caller: 'user', chunked: true, busy: [503], expect: retryable[503] }
] as const satisfies readonly Case[]

export type CaseName = (typeof cases)[number]['name']
