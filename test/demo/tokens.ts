import type { FastifyJWTOptions, JWT } from '@fastify/jwt'
import { ada, demoApp, tenantId, type User } from './directory.js'

export const issuer = `https://login.contoso.example/${tenantId}/v2.0`
export const audience = 'api://photos.contoso.example'

export const userPermissions: readonly string[] = ['User.ReadWrite', 'Group.ReadWrite.All', 'Contacts.ReadWrite']
export const appPermissions: readonly string[] = ['User.ReadWrite.All', 'Group.ReadWrite.All', 'Contacts.ReadWrite']

/** The host signs its demo tokens itself; where Entra ID does, `secret` finds its public keys and `sign` goes. */
export function jwtOptions (secret: string): FastifyJWTOptions {
  return {
    secret,
    sign: { algorithm: 'HS256', iss: issuer, aud: audience, expiresIn: '8h' },
    // A token that lacks a claim passes the list of allowed values, hence requiredClaims.
    verify: { algorithms: ['HS256'], allowedIss: issuer, allowedAud: audience, requiredClaims: ['exp', 'iss', 'aud'] }
  }
}

type Claims = Readonly<Record<string, unknown>>

/** The claims of a user who signed in to the demo app. */
export function delegatedClaims (user: User, permissions = userPermissions): Claims {
  return {
    idtyp: 'user',
    oid: user.id,
    sub: user.id,
    upn: user.userPrincipalName,
    tid: tenantId,
    azp: demoApp.appId,
    scp: permissions.join(' ')
  }
}

/** The claims of the demo app on its own. */
export function applicationClaims (permissions = appPermissions): Claims {
  return {
    idtyp: 'app',
    oid: demoApp.id,
    sub: demoApp.id,
    tid: tenantId,
    azp: demoApp.appId,
    roles: permissions
  }
}

export function delegatedToken (jwt: JWT, user: User = ada, permissions = userPermissions): string {
  return jwt.sign({ ...delegatedClaims(user, permissions) })
}

export function applicationToken (jwt: JWT, permissions = appPermissions): string {
  return jwt.sign({ ...applicationClaims(permissions) })
}
