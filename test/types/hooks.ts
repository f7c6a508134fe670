import type { Caller, GraphPhotoOptions, ImageType, Photo, PhotoContext, PhotoTarget } from 'fastify-graph-photo'
import type { FastifyRequest } from 'fastify'
import { same } from './same.js'

type Hooks = Required<Pick<GraphPhotoOptions, 'savePhoto' | 'authenticate' | 'resolveTarget' | 'authorize'>>

const caller: Caller = { kind: 'delegated', id: 'u', permissions: [] }

export const sync: Hooks = {
  savePhoto (photo, context) {
    same<typeof photo, Photo>(true)
    same<typeof context, PhotoContext>(true)
  },
  authenticate (request) {
    same<typeof request, FastifyRequest>(true)
    return caller
  },
  resolveTarget (target, context) {
    same<typeof target, PhotoTarget>(true)
    same<typeof context, Omit<PhotoContext, 'target'>>(true)
    return null
  },
  authorize (permissions, context) {
    same<typeof permissions, readonly string[]>(true)
    same<typeof context, PhotoContext>(true)
    return false
  }
}

export const async: Hooks = {
  async savePhoto () {},
  async authenticate () { return undefined },
  async resolveTarget (target) { return target },
  async authorize () { return true }
}

// @ts-expect-error savePhoto says nothing by what it returns
export const saves: Hooks = { ...sync, savePhoto: async () => true }
// @ts-expect-error a caller has permissions
export const callers: Hooks = { ...sync, authenticate: () => ({ kind: 'delegated', id: 'u' }) }
// @ts-expect-error a target has a kind
export const targets: Hooks = { ...sync, resolveTarget: () => ({ userId: 'u' }) }
// @ts-expect-error yes or no
export const answers: Hooks = { ...sync, authorize: () => 'yes' }
// @ts-expect-error an answer is not left out
export const silent: Hooks = { ...sync, authorize: () => {} }

same<keyof Photo, 'data' | 'contentType' | 'width' | 'height'>(true)
same<Photo['data'], Buffer>(true)
same<Photo['contentType'], ImageType>(true)
same<Photo['width'], number>(true)
same<Photo['height'], number>(true)

same<keyof Caller, 'kind' | 'id' | 'appId' | 'userPrincipalName' | 'tenantId' | 'permissions' | 'directoryRoles'>(true)
same<Caller['kind'], 'delegated' | 'application'>(true)

same<keyof PhotoContext, 'caller' | 'target' | 'isOwn' | 'request'>(true)
same<PhotoContext['isOwn'], boolean>(true)

/** The kind of a target says which ids it has. */
export function idOf (target: PhotoTarget): string {
  same<typeof target.kind, 'user' | 'group' | 'contact'>(true)
  same<typeof target.tenantId, string | undefined>(true)
  // @ts-expect-error a group has no userId
  const unknown: string = target.userId
  switch (target.kind) {
    case 'user': return target.userId
    case 'group': return target.groupId
    case 'contact':
      same<typeof target.contactFolderId, string | undefined>(true)
      return target.contactId + target.userId + unknown
  }
}

/** What a hook is given is not the hook's to change. */
export function change (photo: Photo, { caller, target }: PhotoContext): void {
  // @ts-expect-error readonly
  photo.width = 1
  // @ts-expect-error readonly
  caller.id = 'x'
  // @ts-expect-error readonly
  caller.permissions.push('User.ReadWrite')
  // @ts-expect-error readonly
  target.kind = 'group'
}

/** The request is the host's own, typed by whoever types it. */
export function request ({ request }: PhotoContext): string {
  return request.ip + request.headers.host + request.id
}
