import type { PhotoTarget } from '../../types/index.js'

const idNames = ['userId', 'groupId', 'parentFolderId', 'contactFolderId', 'contactId'] as const

/** The ids in the segments of a path. */
export type PhotoParams = { readonly [name in (typeof idNames)[number]]?: string }

/** One of the seven paths, and what it says about the target. */
export interface PhotoRoute {
  readonly path: string
  /** The ids that the path names. */
  readonly ids: ReadonlyArray<keyof PhotoParams>
  readonly kind: PhotoTarget['kind']
  /** What the path begins with. */
  readonly owner: 'me' | 'user' | 'group'
  /** The stem of the operation's id, in Graph's style. */
  readonly operation: string
  /** Completes "Update the photo of …". */
  readonly subject: string
}

const rows: ReadonlyArray<Omit<PhotoRoute, 'ids'>> = [
  {
    path: '/me/photo/$value',
    kind: 'user',
    owner: 'me',
    operation: 'me',
    subject: 'the signed-in user'
  },
  {
    path: '/users/:userId/photo/$value',
    kind: 'user',
    owner: 'user',
    operation: 'users',
    subject: 'a user'
  },
  {
    path: '/groups/:groupId/photo/$value',
    kind: 'group',
    owner: 'group',
    operation: 'groups',
    subject: 'a group'
  },
  {
    path: '/me/contacts/:contactId/photo/$value',
    kind: 'contact',
    owner: 'me',
    operation: 'me.contacts',
    subject: "one of the signed-in user's contacts"
  },
  {
    path: '/users/:userId/contacts/:contactId/photo/$value',
    kind: 'contact',
    owner: 'user',
    operation: 'users.contacts',
    subject: "one of a user's contacts"
  },
  {
    path: '/me/contactfolders/:contactFolderId/contacts/:contactId/photo/$value',
    kind: 'contact',
    owner: 'me',
    operation: 'me.contactFolders.contacts',
    subject: "a contact in one of the signed-in user's folders"
  },
  {
    path: '/users/:userId/contactfolders/:contactFolderId/contacts/:contactId/photo/$value',
    kind: 'contact',
    owner: 'user',
    operation: 'users.contactFolders.contacts',
    subject: "a contact in one of a user's folders"
  }
]

function withIds (row: Omit<PhotoRoute, 'ids'>): PhotoRoute {
  return { ...row, ids: idNames.filter((name) => row.path.includes(`:${name}/`)) }
}

/** @see https://learn.microsoft.com/graph/api/profilephoto-update#http-request */
export const routes: readonly PhotoRoute[] = rows.map(withIds)

/** A contact one folder further down, which every generated SDK can address though Graph's page has no such path. */
export const childFolderRoutes: readonly PhotoRoute[] = rows
  .filter(({ path }) => path.includes(':contactFolderId'))
  .map((row) => withIds({ ...row, path: row.path.replace(':contactFolderId', ':parentFolderId/childFolders/:contactFolderId') }))

/** Both methods do the same; Graph's own operation id is PUT's. */
export const methods = [
  { method: 'PUT', operation: 'UpdatePhotoContent' },
  { method: 'PATCH', operation: 'PatchPhotoContent' }
] as const
