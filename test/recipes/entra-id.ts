// Recipe: the tokens of Microsoft's identity platform, Entra ID.
// npm install fastify-graph-photo fastify jose
import { KeyObject } from 'node:crypto'
import { GraphError, type GraphPhotoJwtOptions } from 'fastify-graph-photo'
import { createRemoteJWKSet, errors, jwksCache, type JWKSCacheInput } from 'jose'

export interface EntraIdOptions {
  /** The directory whose users and apps may come. */
  readonly tenantId: string
  /** The application id of your own app registration, the one that exposes the API. */
  readonly clientId: string
  /** Who issues the tokens. Default: Microsoft's public cloud. */
  readonly authority?: string
  /** Milliseconds to wait for the published keys; a request waits twice as long at most. Default: 2,000. */
  readonly timeout?: number
}

const seconds = 1000
const minutes = 60 * seconds
const hours = 60 * minutes

/** The option `jwt` for access tokens (version 2.0) that Entra ID issues for your own API. */
export function entraId (options: EntraIdOptions): GraphPhotoJwtOptions {
  const { tenantId, clientId, authority = 'https://login.microsoftonline.com', timeout } = options
  const publicKey = publishedKeys(new URL(`${authority}/${tenantId}/discovery/v2.0/keys`), timeout)
  return {
    decode: { complete: true },
    secret: async (_request, { header }) => publicKey(Object(header).kid),
    verify: {
      algorithms: ['RS256'],
      // All tenants share the signing keys; the issuer names the tenant.
      allowedIss: `${authority}/${tenantId}/v2.0`,
      allowedAud: [clientId, `api://${clientId}`],
      cache: true
    }
  }
}

/**
 * Finds published keys. They are read again once they are ten minutes old, and for a key that is not among them, at most every 30 s.
 * While they can't be read, those known serve for a day, and a request with another key asks again.
 */
function publishedKeys (url: URL, timeout = 2 * seconds): (keyId: unknown) => Promise<string> {
  // jose notes here when it read the keys last.
  const read: JWKSCacheInput = {}
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: timeout, cooldownDuration: 30 * seconds, cacheMaxAge: 24 * hours, [jwksCache]: read
  })
  let nextTry = 0

  async function refresh (): Promise<void> {
    const now = Date.now()
    if (read.uat === undefined || now < read.uat + 10 * minutes || now < nextTry) return
    nextTry = now + 30 * seconds
    await keys.reload().catch(() => {})
  }

  return async (keyId) => {
    if (typeof keyId !== 'string') throw new errors.JWKSNoMatchingKey()
    try {
      await refresh()
      return KeyObject.from(await keys({ alg: 'RS256', kid: keyId })).export({ type: 'spki', format: 'pem' }).toString()
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) throw error
      throw new GraphError(503, 'ServiceUnavailable', 'The keys of the issuer cannot be read.', { retryAfter: 5, cause: error })
    }
  }
}
