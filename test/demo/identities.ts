import { ada, demoApp, lin, maeve, type User } from './directory.js'
import { applicationClaims, delegatedClaims } from './tokens.js'

/** Somebody who calls the demo. */
export interface Identity {
  /** As `npm run token -- --as NAME` knows them. */
  readonly name: string
  readonly displayName: string
  readonly about: string
  readonly id: string
  /** Of users only. */
  readonly userPrincipalName?: string
  /** What a token of theirs says, with the permissions that the demo gives them or with these. */
  readonly claims: (permissions?: readonly string[]) => Readonly<Record<string, unknown>>
}

export const identities: readonly Identity[] = [
  signedIn('ada', ada, 'owns the Designers'),
  signedIn('maeve', maeve, 'owns the Readers'),
  signedIn('lin', lin, 'owns no group'),
  {
    name: 'app',
    displayName: 'The app',
    about: 'no user; owns the Readers',
    id: demoApp.id,
    claims: applicationClaims
  }
]

function signedIn (name: string, user: User, about: string): Identity {
  return { name, about, ...user, claims: (permissions) => delegatedClaims(user, permissions) }
}
