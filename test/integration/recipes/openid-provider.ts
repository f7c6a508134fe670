import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { type Configuration, type JWK } from 'oidc-provider'
import type { Test } from 'tap'

export const user = { oid: randomUUID(), upn: 'adele@contoso.example' } as const
export const service = { oid: randomUUID(), roles: ['User.ReadWrite.All'] } as const

const photosApi = randomUUID()
const webApp = { client_id: randomUUID(), redirect_uris: ['https://app.contoso.example/signed-in'] }
const daemon = { client_id: randomUUID(), client_secret: randomUUID() }

/** The tenants of an authority share their signing keys. */
const signingKeys = [signingKey(), signingKey()]

function signingKey (): JWK {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  // Node's type leaves every member open; an RSA key has all that JWK asks for.
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig' } as JWK
}

export interface OpenIdProvider {
  readonly authority: string
  readonly tenantId: string
  /** The client id of the API that the tokens are for. */
  readonly clientId: string
  /** Signs the user in, and asks for these scopes. */
  readonly userToken: (scopes: string) => Promise<string>
  /** The token of an app on its own. */
  readonly serviceToken: (scopes?: string) => Promise<string>
  /** From now on another key signs, published beside the first. */
  readonly rotateKeys: () => void
  /** Drops every connection until `start`. */
  readonly stop: () => void
  readonly start: () => void
  /** How often the published keys were read. */
  readonly keyReads: () => number
}

type Words = (claims?: Record<string, unknown>) => Record<string, unknown> | undefined

/**
 * A tenant of an OpenID provider, on a port of its own, closed when the test ends. Its access tokens are in its own words, unless others are
 * named, and signed with keys that Entra ID would publish at the same place.
 */
export async function openIdProvider (t: Test, words: Words = (claims) => claims): Promise<OpenIdProvider> {
  const server = createServer((request, response) => { serve(request, response) })
  let isDown = false
  server.on('connection', (socket) => { if (isDown) socket.destroy() })
  server.listen(0, '127.0.0.1')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')

  // server.address() is a string for pipes only.
  const { port } = server.address() as AddressInfo
  const authority = `http://127.0.0.1:${port}`
  const tenantId = randomUUID()
  const path = `/${tenantId}/v2.0`
  const issuer = authority + path
  const provide = (keys: JWK[]) => createProvider(issuer, keys, (claims) => ({ ...words(claims), ...(words === entraClaims && { tid: tenantId }) }))
  let provider = provide(signingKeys.slice(0, 1))
  let keyReads = 0

  async function serve (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/'
    const isForKeys = url === `/${tenantId}/discovery/v2.0/keys` || url === `${path}/jwks`
    if (isForKeys) keyReads++
    if (url.includes('/interaction/')) return signIn(request, response)
    // As Express does below a mount path.
    Object.assign(request, { originalUrl: url, url: isForKeys ? '/jwks' : url.slice(path.length) })
    return provider.callback()(request, response)
  }

  /** The page on which a person would type a password. */
  function signIn (request: IncomingMessage, response: ServerResponse): Promise<void> {
    return provider.interactionFinished(request, response, { login: { accountId: user.oid } })
  }

  return {
    authority,
    tenantId,
    clientId: photosApi,
    userToken: (scopes) => userToken(issuer, scopes),
    serviceToken: (scopes) => serviceToken(issuer, scopes),
    rotateKeys () { provider = provide(signingKeys.toReversed()) },
    stop () {
      isDown = true
      server.closeAllConnections()
    },
    start () { isDown = false },
    keyReads: () => keyReads
  }
}

const resource = `api://${photosApi}`
const scope = 'User.ReadWrite User.ReadWrite.All Contacts.ReadWrite Photo.Write'

function createProvider (issuer: string, keys: JWK[], words: Words): Provider {
  const configuration: Configuration = {
    jwks: { keys },
    cookies: { keys: [randomUUID()] },
    clients: [
      { ...webApp, grant_types: ['authorization_code'], response_types: ['code'], token_endpoint_auth_method: 'none' },
      { ...daemon, grant_types: ['client_credentials'], response_types: [], redirect_uris: [] }
    ],
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    async loadExistingGrant ({ oidc }) {
      const grant = new provider.Grant({ clientId: oidc.client?.clientId, accountId: oidc.session?.accountId })
      grant.addOIDCScope('openid')
      grant.addResourceScope(resource, scope)
      await grant.save()
      return grant
    },
    interactions: { url: (_context, { uid }) => `${new URL(issuer).pathname}/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope, audience: photosApi, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } }
        })
      }
    },
    formats: {
      customizers: {
        jwt (_context, _token, jwt) { jwt.payload = { ...words(jwt.payload) } }
      }
    }
  }
  const provider = new Provider(issuer, configuration)
  return provider
}

/** What a token of version 2.0 says, in the words of Entra ID. */
export function entraClaims ({ client_id: azp, scope: scp, sub, ...claims }: Record<string, unknown> = {}): Record<string, unknown> {
  const common = { ...claims, azp, ver: '2.0' }
  return azp === daemon.client_id
    ? { ...common, oid: service.oid, sub: service.oid, roles: service.roles }
    : { ...common, oid: user.oid, sub, upn: user.upn, scp }
}

async function userToken (issuer: string, scope: string): Promise<string> {
  const verifier = randomUUID() + randomUUID()
  const challenge = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(verifier))).toString('base64url')
  const code = await authorizationCode(`${issuer}/auth?${new URLSearchParams({
    response_type: 'code', client_id: webApp.client_id, scope, resource, code_challenge: challenge, code_challenge_method: 'S256'
  })}`)
  return requestToken(issuer, { grant_type: 'authorization_code', client_id: webApp.client_id, code, code_verifier: verifier })
}

/** Follows the redirects as a browser does, cookies included, until they lead to the app. */
async function authorizationCode (start: string): Promise<string> {
  const cookies = new Map<string, string>()
  let url = new URL(start)
  while (!url.href.startsWith(String(webApp.redirect_uris[0]))) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null) throw new Error(`No redirect from ${url}: ${response.status} ${await response.text()}`)
    url = new URL(location, url)
  }
  const code = url.searchParams.get('code')
  if (code === null) throw new Error(`No code in ${url}`)
  return code
}

function serviceToken (issuer: string, scope?: string): Promise<string> {
  return requestToken(issuer, { grant_type: 'client_credentials', resource, ...(scope !== undefined && { scope }), ...daemon })
}

async function requestToken (issuer: string, parameters: Record<string, string>): Promise<string> {
  const response = await fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(parameters) })
  const { access_token: token, ...rest } = await response.json() as Record<string, unknown>
  if (typeof token !== 'string') throw new Error(`No token: ${JSON.stringify(rest)}`)
  return token
}
