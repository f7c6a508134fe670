import type { Caller } from '../../lib/index.js'
import type { Claims } from '../helpers/tokens.js'

const tid = 'aaaabbbb-0000-cccc-1111-dddd2222eeee'
const oid = '00aa00aa-bb11-cc22-dd33-44ee44ee44ee'
const app = '00001111-aaaa-2222-bbbb-3333cccc4444'
const api = '11112222-bbbb-3333-cccc-4444dddd5555'
const pairwise = 'Wq2eXvC8jXbmNTJ1nJpSd9h5dZRvhFTeWbqjb0wnzTY'
const upn = 'adele@contoso.example'
const everybody = 'b79fbf4d-3ef9-4689-8143-76b194e85509'
const times = { iat: 1_760_000_000, nbf: 1_760_000_000 }

/** Entra ID, version 2.0: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference */
const v2 = { ...times, iss: `https://login.microsoftonline.com/${tid}/v2.0`, aud: api, aio: 'AXQAi', rh: '0.AQ', tid, uti: 'u', ver: '2.0' }
const v2User = {
  ...v2,
  azp: app,
  azpacr: '0',
  name: 'Adele',
  oid,
  preferred_username: upn,
  scp: 'User.ReadWrite',
  sid: '003030fd',
  sub: pairwise,
  xms_ftd: 'f'
}
const v2App = { ...v2, azp: app, azpacr: '1', oid, roles: ['User.ReadWrite.All'], sub: oid }
const v2IdToken = { ...v2, aud: app, name: 'Adele', nonce: '678910', oid, preferred_username: upn, sub: pairwise }

/** Version 1.0. */
const v1 = { ...times, iss: `https://sts.windows.net/${tid}/`, aud: `api://${api}`, aio: 'E2Zg', rh: '0.AQ', tid, uti: 'u', ver: '1.0' }
const v1User = {
  ...v1,
  acr: '1',
  amr: ['pwd'],
  appid: app,
  appidacr: '0',
  family_name: 'Vance',
  given_name: 'Adele',
  ipaddr: '192.0.2.1',
  name: 'Adele',
  oid,
  scp: 'User.ReadWrite',
  sub: pairwise,
  unique_name: upn,
  upn
}
const v1App = { ...v1, appid: app, appidacr: '1', idp: v1.iss, oid, roles: ['User.ReadWrite.All'], sub: oid }

/** https://learn.microsoft.com/azure/active-directory-b2c/tokens-overview */
const b2c = { ...times, iss: `https://contoso.b2clogin.com/${tid}/v2.0/`, aud: api, tfp: 'B2C_1_signin', ver: '1.0' }
const b2cUser = { ...b2c, azp: app, emails: [upn], name: 'Adele', oid, scp: 'User.ReadWrite', sub: oid }
const b2cIdToken = { ...b2c, aud: app, at_hash: 'h', auth_time: 1_760_000_000, emails: [upn], name: 'Adele', nonce: 'n', oid, sub: oid }

/** https://datatracker.ietf.org/doc/html/rfc9068#section-2.2 */
const rfc9068 = { ...times, iss: 'https://op.example', aud: 'https://api.example', jti: 'j' }

/** Keycloak 26.5, whose own tokens these are; so are the light ones, the emulator's and those of the two mocks below. */
const keycloak = {
  ...rfc9068,
  iss: 'https://id.example/realms/contoso',
  aud: ['photos', 'account'],
  typ: 'Bearer',
  azp: 'portal',
  sid: 'U-dWjXJBO1OcuFdcdEQZ2PPL',
  acr: '1',
  realm_access: { roles: ['offline_access', 'default-roles-contoso', 'uma_authorization'] },
  resource_access: { account: { roles: ['manage-account', 'manage-account-links', 'view-profile'] } },
  scope: 'openid User.ReadWrite profile email',
  sub: oid,
  email_verified: true,
  name: 'Adele Vance',
  preferred_username: 'adele',
  given_name: 'Adele',
  family_name: 'Vance',
  email: upn
}
const keycloakService = {
  ...keycloak,
  azp: 'importer',
  sid: undefined,
  scope: 'User.ReadWrite.All profile email',
  clientHost: '192.0.2.1',
  clientAddress: '192.0.2.1',
  client_id: 'importer',
  preferred_username: 'service-account-importer',
  email_verified: false,
  name: undefined,
  given_name: undefined,
  family_name: undefined,
  email: undefined
}
const keycloakLight = { iss: keycloak.iss, jti: 'j', typ: 'Bearer', azp: 'light', scope: 'openid User.ReadWrite profile email' }
const keycloakIdToken = {
  ...keycloak, aud: 'portal', typ: 'ID', at_hash: 'h', realm_access: undefined, resource_access: undefined, scope: undefined
}

/** https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles */
const auth0 = { ...rfc9068, iss: 'https://contoso.eu.auth0.com/', aud: ['https://api.example', 'https://contoso.eu.auth0.com/userinfo'] }

/** https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/ */
const okta = { ...times, ver: 1, jti: 'AT.j', iss: 'https://contoso.okta.com/oauth2/default', aud: 'api://default', cid: '0oabc' }

/** https://docs.duendesoftware.com/identityserver/tokens/overview/ */
const duende = { ...rfc9068, client_id: 'portal', scope: ['openid', 'User.ReadWrite'] }

/** cmaneu/entra-local and calvinchengx/entra-emulator write the same. */
const emulator = { ...times, iss: `https://localhost:8443/${tid}/v2.0`, aud: api, tid, azp: app, appid: app, ver: '2.0' }

const user: Caller = { kind: 'delegated', id: oid, appId: app, tenantId: tid, permissions: ['User.ReadWrite'] }
const service: Caller = { kind: 'application', id: oid, appId: app, tenantId: tid, permissions: ['User.ReadWrite.All'] }

/** Who issues a token to whom, what it says, and whom it makes, or why nobody. */
export const claimSets: ReadonlyArray<readonly [issuedTo: string, claims: Claims, caller: Caller | string]> = [
  ['Entra ID 2.0, a user', v2User, user],
  ['Entra ID 2.0, a user, with the optional claims upn and idtyp', { ...v2User, upn, idtyp: 'user' }, { ...user, userPrincipalName: upn }],
  ['Entra ID 2.0, a user with two scopes', { ...v2User, scp: 'Contacts.ReadWrite User.ReadWrite' },
    { ...user, permissions: ['Contacts.ReadWrite', 'User.ReadWrite'] }],
  ['Entra ID 2.0, a user with app roles, which are no permissions', { ...v2User, roles: ['User.ReadWrite.All'] }, user],
  ['Entra ID 2.0, a user with a directory role', { ...v2User, wids: ['62e90394-69f5-4237-9190-012177145e10', everybody] },
    { ...user, directoryRoles: ['62e90394-69f5-4237-9190-012177145e10', everybody] }],
  ['Entra ID 2.0, a guest of another directory',
    { ...v2User, idp: 'https://sts.windows.net/9999/', upn: 'ann_fabrikam.example#EXT#@contoso.example', acct: 1 },
    { ...user, userPrincipalName: 'ann_fabrikam.example#EXT#@contoso.example' }],
  ['Entra ID 2.0, a user through an API on their behalf', { ...v2User, azpacr: '1', xms_st: { sub: 's' } }, user],
  ['Entra ID 2.0, an app with a secret', v2App, service],
  ['Entra ID 2.0, an app, with the optional claim idtyp', { ...v2App, idtyp: 'app' }, service],
  ['Entra ID 2.0, an app with a certificate', { ...v2App, azpacr: '2' }, service],
  ['Entra ID 2.0, an app without a role', { ...v2App, roles: undefined }, { ...service, permissions: [] }],
  ['Entra ID 2.0, an app; its wids are those of no user', { ...v2App, wids: ['0997a1d0-0d1d-4acb-b408-d5ca73121e90'] }, service],
  ['Entra ID 2.0, a workload with a federated credential', { ...v2App, azpacr: '2', idtyp: 'app' }, service],
  ['Entra ID 2.0, an ID token', v2IdToken, 'neitherUserNorApp'],
  ['Entra ID 2.0, an ID token with app roles', { ...v2IdToken, roles: ['User.ReadWrite.All'] }, 'neitherUserNorApp'],
  ['Entra ID 2.0, a device', { ...v2, azp: app, deviceid: oid, idtyp: 'device', sub: pairwise }, 'neitherUserNorApp'],
  ['Entra ID 1.0, a user', v1User, { ...user, userPrincipalName: upn }],
  ['Entra ID 1.0, a guest with a personal account', { ...v1User, idp: 'live.com', unique_name: `live.com#${upn}`, upn: undefined }, user],
  ['Entra ID 1.0, an app', v1App, service],
  ['Entra ID 1.0, an app, with the optional claim idtyp', { ...v1App, idtyp: 'app' }, service],
  ['Entra ID 1.0, a managed identity of a virtual machine',
    { ...v1App, appidacr: '2', xms_mirid: '/subscriptions/s/resourcegroups/g/providers/Microsoft.Compute/virtualMachines/m' }, service],
  ['Entra ID 1.0, a managed identity assigned by a user',
    {
      ...v1App,
      appidacr: '2',
      xms_mirid: '/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/m'
    }, service],
  ['Entra External ID, a user', { ...v2User, iss: `https://${tid}.ciamlogin.com/${tid}/v2.0` }, user],
  ['Azure AD B2C, a user, whose sub is their oid', b2cUser, { kind: 'delegated', id: oid, appId: app, permissions: ['User.ReadWrite'] }],
  ['Azure AD B2C, an ID token', b2cIdToken, 'neitherUserNorApp'],
  ['Azure AD B2C, an ID token with roles of a custom policy',
    { ...b2cIdToken, azp: app, roles: ['User.ReadWrite.All'] }, 'neitherUserNorApp'],
  ['Azure AD B2C, a token without scopes, with roles of a custom policy', { ...b2cUser, scp: undefined, roles: ['User.ReadWrite.All'] },
    'neitherUserNorApp'],
  ['entra-local and entra-emulator, a user', { ...emulator, oid, sub: pairwise, scp: 'User.ReadWrite' }, user],
  ['entra-local and entra-emulator, an app, which has no oid',
    { ...emulator, sub: app, roles: ['User.ReadWrite.All'] }, { ...service, id: app }],
  ['entra-emulator, a user, with the audience by its URI', { ...emulator, aud: `api://${api}`, oid, sub: pairwise, scp: 'User.ReadWrite' },
    user],
  ['entra-local, an app without roles', { ...emulator, sub: app, roles: [] }, { ...service, id: app, permissions: [] }],
  ['entra-local, a user with the optional claims email and upn', {
    ...emulator,
    oid,
    sub: pairwise,
    scp: 'User.ReadWrite',
    email: upn,
    upn
  },
  { ...user, userPrincipalName: upn }],
  ['entra-local, an ID token with roles', {
    ...emulator,
    aud: app,
    oid,
    sub: pairwise,
    name: 'A',
    preferred_username: upn,
    roles: ['User.ReadWrite.All']
  },
  'neitherUserNorApp'],
  ['oidc-provider, a user', { ...rfc9068, client_id: 'portal', scope: 'User.ReadWrite', sub: 'adele' }, 'neitherUserNorApp'],
  ['oidc-provider, an app', { ...rfc9068, client_id: 'daemon', scope: 'User.ReadWrite.All', sub: 'daemon' }, 'neitherUserNorApp'],
  ['Keycloak, a user', keycloak, 'neitherUserNorApp'],
  ['Keycloak, a user with mappers for oid, roles and an equal sub',
    { ...keycloak, oid, roles: ['User.ReadWrite.All'] }, 'neitherUserNorApp'],
  ['Keycloak, a service account', keycloakService, 'neitherUserNorApp'],
  ['Keycloak, a service account with a mapper for roles', { ...keycloakService, roles: ['User.ReadWrite.All'] }, 'neitherUserNorApp'],
  ['Keycloak, a service account with mappers for oid and roles, and without a scope',
    { ...keycloakService, oid, scope: undefined, roles: ['User.ReadWrite.All'] }, 'neitherUserNorApp'],
  ['Keycloak, a user with a lightweight token, which has no aud', { ...keycloakLight, sid: 'Phh2NDAs' }, 'claimMissing'],
  ['Keycloak, a service account with a lightweight token', { ...keycloakLight, sub: oid, scope: 'User.ReadWrite.All' }, 'claimMissing'],
  ['Keycloak, a service account with a lightweight token that has what its mappers may add',
    { ...keycloakLight, aud: 'photos', sub: oid, scope: 'User.ReadWrite.All', client_id: 'light' }, 'neitherUserNorApp'],
  ['Keycloak, an ID token', keycloakIdToken, 'neitherUserNorApp'],
  ['Keycloak, a refresh token', {
    ...rfc9068,
    iss: keycloak.iss,
    aud: keycloak.iss,
    sub: oid,
    typ: 'Refresh',
    azp: 'portal',
    scope: 'openid basic acr User.ReadWrite profile roles web-origins email'
  }, 'neitherUserNorApp'],
  ['Auth0, a user',
    { ...auth0, sub: 'auth0|123456', azp: 'portal', scope: 'openid User.ReadWrite', permissions: ['User.ReadWrite'] }, 'neitherUserNorApp'],
  ['Auth0, an app',
    { ...auth0, sub: 'daemon@clients', azp: 'daemon', gty: 'client-credentials', scope: 'User.ReadWrite.All' }, 'neitherUserNorApp'],
  ['Auth0, an app without a scope', { ...auth0, sub: 'daemon@clients', azp: 'daemon', gty: 'client-credentials' }, 'neitherUserNorApp'],
  ['Auth0 as its simulator has it, an app without a sub',
    { ...auth0, aud: 'https://api.example', gty: 'client_credentials', scope: 'User.ReadWrite.All' }, 'neitherUserNorApp'],
  ['oauth2-mock-server, a user, with a claim aud of their own making',
    { ...times, iss: 'http://localhost:38799', aud: 'photos', sub: 'adele', amr: ['pwd'], scope: 'User.ReadWrite' }, 'neitherUserNorApp'],
  ['oauth2-mock-server, an app, which has no sub',
    { ...times, iss: 'http://localhost:38799', aud: 'photos', scope: 'User.ReadWrite.All' }, 'neitherUserNorApp'],
  ['Okta, a user, whose scp is an array',
    { ...okta, uid: '00uabc', auth_time: 1_760_000_000, scp: ['openid', 'User.ReadWrite'], sub: upn }, 'claimInvalid'],
  ['Okta, an app, whose scp is an array', { ...okta, scp: ['User.ReadWrite.All'], sub: '0oabc' }, 'claimInvalid'],
  ['Duende IdentityServer, a user',
    { ...duende, sub: '818727', auth_time: 1_760_000_000, idp: 'local', amr: ['pwd'] }, 'neitherUserNorApp'],
  ['Duende IdentityServer, an app, which has no sub', { ...duende, scope: ['User.ReadWrite.All'] }, 'neitherUserNorApp'],
  ['AD FS, a user, who has no oid', {
    ...times,
    iss: 'http://fs.example/adfs/services/trust',
    aud: 'microsoft:identityserver:x',
    apptype: 'Public',
    appid: app,
    scp: 'user_impersonation',
    sub: 's',
    upn
  },
  'claimMissing'],
  ['Amazon Cognito, a user',
    { ...rfc9068, client_id: 'portal', sub: oid, token_use: 'access', scope: 'openid', username: 'adele' }, 'neitherUserNorApp'],
  ['Google, an ID token of a service account', {
    ...times,
    iss: 'https://accounts.google.com',
    aud: 'x',
    azp: '1134',
    sub: '1134',
    email: 'a@b.example'
  },
  'neitherUserNorApp'],
  ['Kubernetes, a service account',
    { ...rfc9068, aud: ['https://kubernetes.default.svc'], sub: 'system:serviceaccount:default:web' }, 'neitherUserNorApp'],
  ['GitHub Actions, a workflow', { ...rfc9068, sub: 'repo:contoso/web:ref:refs/heads/main', actor: 'adele' }, 'neitherUserNorApp'],
  ['any issuer of RFC 9068 with azp, an app', { ...rfc9068, azp: 'daemon', sub: 'daemon', roles: ['User.ReadWrite.All'] },
    { kind: 'application', id: 'daemon', appId: 'daemon', permissions: ['User.ReadWrite.All'] }],
  ['any OpenID provider, a user who is called as the app is', {
    ...rfc9068,
    azp: 'daemon',
    sub: 'daemon',
    scope: 'openid',
    roles: ['User.ReadWrite.All']
  },
  'neitherUserNorApp']
]
