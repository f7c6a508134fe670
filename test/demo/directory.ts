import type { PhotoTarget } from '../../types/index.js'

export interface User {
  readonly id: string
  readonly userPrincipalName: string
  readonly displayName: string
}

export interface Group {
  readonly id: string
  readonly displayName: string
  /** Object ids of users and of apps, which may own groups too. */
  readonly ownerIds: readonly string[]
}

export const tenantId = '0a4e4a5c-9f1b-4d0a-8c55-5b1f3f6b7a10'

export const ada: User = {
  id: '11111111-aaaa-4aaa-8aaa-111111111111',
  userPrincipalName: 'ada@contoso.example',
  displayName: 'Ada Lovelace'
}

export const maeve: User = {
  id: '22222222-bbbb-4bbb-8bbb-222222222222',
  userPrincipalName: "maeve.o'brien@contoso.example",
  displayName: "Maeve O'Brien"
}

export const lin: User = {
  id: '33333333-cccc-4ccc-8ccc-333333333333',
  userPrincipalName: 'lin_fabrikam.example#EXT#@contoso.example',
  displayName: 'Lin, a guest'
}

/** The app that the app-only tokens belong to. */
export const demoApp = {
  id: '44444444-dddd-4ddd-8ddd-444444444444',
  appId: '55555555-eeee-4eee-8eee-555555555555'
} as const

export const designers: Group = {
  id: '66666666-abcd-4bcd-8bcd-666666666666',
  displayName: 'Designers',
  ownerIds: [ada.id]
}

export const readers: Group = {
  id: '77777777-abcd-4bcd-8bcd-777777777777',
  displayName: 'Readers',
  ownerIds: [maeve.id, demoApp.id]
}

export const users: readonly User[] = [ada, maeve, lin]
export const groups: readonly Group[] = [designers, readers]

/** Finds a user by id or principal name, and a group by id. Any contact id of a known user is accepted. */
export function resolveTarget (target: PhotoTarget): PhotoTarget | null {
  if (target.kind === 'group') {
    const group = findGroup(target.groupId)
    return group ? { ...target, groupId: group.id } : null
  }
  const user = findUser(target.userId)
  return user ? { ...target, userId: user.id } : null
}

export function ownsGroup (callerId: string, groupId: string): boolean {
  return findGroup(groupId)?.ownerIds.some((ownerId) => isSame(ownerId, callerId)) ?? false
}

function findUser (idOrName: string): User | undefined {
  return users.find(({ id, userPrincipalName }) => isSame(id, idOrName) || isSame(userPrincipalName, idOrName))
}

function findGroup (groupId: string): Group | undefined {
  return groups.find(({ id }) => isSame(id, groupId))
}

/** Graph ignores the case of ids and principal names. */
function isSame (one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
