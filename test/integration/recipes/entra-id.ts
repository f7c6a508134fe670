import buildGetJwks from 'get-jwks'
import type { GraphPhotoJwtOptions } from '../../../types/index.js'

export interface EntraIdOptions {
  /** The directory whose users and apps may come. */
  readonly tenantId: string
  /** The application id of your own app registration, the one that exposes the API. */
  readonly clientId: string
  /** Who issues the tokens. Default: Microsoft's public cloud. */
  readonly authority?: string
}

const oneHour = 60 * 60 * 1000

/** The option `jwt` for access tokens that Entra ID issues for your own API. */
export function entraId ({ tenantId, clientId, authority = 'https://login.microsoftonline.com' }: EntraIdOptions): GraphPhotoJwtOptions {
  const issuer = `${authority}/${tenantId}/v2.0`
  const keys = buildGetJwks({ providerDiscovery: true, ttl: oneHour })
  return {
    decode: { complete: true },
    // The issuer is fixed: the one in the token was chosen by whoever wrote the token.
    secret: async (_request, { header }) => keys.getPublicKey({ domain: issuer, alg: 'RS256', kid: keyId(header) }),
    verify: {
      algorithms: ['RS256'],
      allowedIss: issuer,
      allowedAud: [clientId, `api://${clientId}`],
      requiredClaims: ['iss'],
      cache: true
    }
  }
}

function keyId (header: unknown): string {
  const { kid } = Object(header)
  if (typeof kid !== 'string') throw new TypeError('The token does not name its key.')
  return kid
}
