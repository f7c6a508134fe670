import type { GraphPhotoJwtOptions, GraphPhotoJwtVerifyOptions, GraphPhotoOptions, ImageType, PermissionTable } from 'fastify-graph-photo'
import type { FastifyRequest } from 'fastify'
import { same } from './same.js'

const savePhoto = (): void => {}

export const least: GraphPhotoOptions = { savePhoto }

export const every: Required<GraphPhotoOptions> = {
  savePhoto,
  authenticate: () => null,
  resolveTarget: (target) => target,
  authorize: () => true,
  permissions: { group: { delegated: ['Group.ReadWrite.All'], application: [] } },
  jwt: { secret: 'a secret' },
  contentTypes: '*',
  imageTypes: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'],
  maxRequestBytes: 1,
  maxPixels: 1,
  explain: true
}

same<keyof GraphPhotoOptions,
  'savePhoto' | 'authenticate' | 'resolveTarget' | 'authorize' | 'permissions' | 'jwt' |
  'contentTypes' | 'imageTypes' | 'maxRequestBytes' | 'maxPixels' | 'explain'>(true)
same<GraphPhotoOptions['imageTypes'], readonly ImageType[] | undefined>(true)
same<GraphPhotoOptions['permissions'], Partial<PermissionTable> | undefined>(true)
same<ImageType, 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp'>(true)
same<PermissionTable['contact']['application'], readonly string[]>(true)

// Constants of a host fit as they are.
const contentTypes = ['image/jpeg', 'application/octet-stream'] as const
export const frozen: GraphPhotoOptions = Object.freeze({ savePhoto, contentTypes, imageTypes: ['image/png'] } as const)

// @ts-expect-error savePhoto is required
export const none: GraphPhotoOptions = {}
// @ts-expect-error it is a function
export const notAFunction: GraphPhotoOptions = { savePhoto: 'x' }
// @ts-expect-error no such option
export const unknownOption: GraphPhotoOptions = { savePhoto, maxBytes: 1 }
// @ts-expect-error no such format
export const unknownFormat: GraphPhotoOptions = { savePhoto, imageTypes: ['image/bmp'] }
// @ts-expect-error a list, or '*'
export const oneLabel: GraphPhotoOptions = { savePhoto, contentTypes: 'image/jpeg' }
// @ts-expect-error a number of bytes
export const bytesAsText: GraphPhotoOptions = { savePhoto, maxRequestBytes: '4MB' }
// @ts-expect-error a number of pixels
export const pixelsAsText: GraphPhotoOptions = { savePhoto, maxPixels: '100' }
// @ts-expect-error no such target
export const unknownTarget: GraphPhotoOptions = { savePhoto, permissions: { team: { delegated: [], application: [] } } }
// @ts-expect-error a row has both kinds of caller
export const halfARow: GraphPhotoOptions = { savePhoto, permissions: { user: { delegated: [] } } }
// @ts-expect-error a secret is required
export const noSecret: GraphPhotoOptions = { savePhoto, jwt: {} }

// Every kind of secret that @fastify/jwt takes for verifying.
export const secrets: ReadonlyArray<GraphPhotoJwtOptions['secret']> = [
  'text',
  Buffer.from('bytes'),
  { public: 'pem' },
  { private: 'pem', public: Buffer.from('pem') },
  async () => 'key',
  async (request, token) => {
    same<typeof request, FastifyRequest>(true)
    return String(token['header'])
  },
  (_request, _token, done) => { done(null, 'key') }
]
// @ts-expect-error a key is no number
export const numberAsSecret: GraphPhotoJwtOptions = { secret: 1 }

export const verify: Required<GraphPhotoJwtVerifyOptions> = {
  algorithms: ['RS256', 'EdDSA'],
  allowedAud: ['api://photos', /^https:/],
  allowedIss: 'https://login.contoso.example',
  allowedSub: /./,
  allowedJti: 'x',
  allowedNonce: 'x',
  requiredClaims: ['iss'],
  maxAge: '1h',
  clockTolerance: 1000,
  cache: true,
  cacheTTL: 1000,
  errorCacheTTL: () => 1000,
  extractToken: (request) => request.headers.authorization
}
// @ts-expect-error no such algorithm
export const noAlgorithm: GraphPhotoJwtVerifyOptions = { algorithms: ['none'] }

export const jwt: Required<GraphPhotoJwtOptions> = {
  secret: 'a secret',
  verify,
  decode: { complete: true, checkTyp: 'JWT' },
  trusted: async (request, token) => request.ip !== '' && token['jti'] !== undefined
}
