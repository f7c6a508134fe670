import type { GraphPhotoOptions, ImageType, PermissionTable } from '../../types/index.js'
import { defaultPermissions, graphAuthorize, type Authentication } from '../access/index.js'
import { check, errors } from './errors.js'
import { readJwt } from './jwt.js'
import { checkNames } from './names.js'

const knownImageTypes: readonly ImageType[] = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']
const mediaType = /^[\w!#$%&'+.^`|~-]+\/[\w!#$%&'+.^`|~-]+$/

/** 4 MiB, which Graph's documents say of the whole request. */
export const defaultMaxRequestBytes = 4 * 1024 * 1024

/** The options, checked and with their defaults. */
export interface Settings extends Omit<Required<GraphPhotoOptions>, 'authenticate' | 'jwt' | 'resolveTarget' | 'permissions'> {
  readonly authentication: Authentication
  readonly resolveTarget: GraphPhotoOptions['resolveTarget']
  readonly permissions: PermissionTable
}

/**
 * Checks the options and applies defaults, without changing them.
 * @throws an error coded `FST_GRAPH_PHOTO_…` that names the wrong option
 */
export function readOptions (options: GraphPhotoOptions, host: { readonly verifiesTokens: boolean }): Settings {
  const {
    savePhoto, resolveTarget, authorize = graphAuthorize, permissions = {},
    contentTypes = ['image/jpeg'], imageTypes = ['image/jpeg'], maxRequestBytes = defaultMaxRequestBytes, maxPixels = 100_000_000,
    explain = false
  } = options
  checkNames(options)
  if (typeof savePhoto !== 'function') throw new errors.SavePhotoError()
  check('resolveTarget', 'a function', resolveTarget === undefined || typeof resolveTarget === 'function')
  check('authorize', 'a function', typeof authorize === 'function')
  check('maxRequestBytes', 'a positive integer', isPositiveInteger(maxRequestBytes))
  check('explain', 'a boolean', typeof explain === 'boolean')
  check('maxPixels', 'a positive integer', isPositiveInteger(maxPixels))
  return {
    authentication: readAuthentication(options, host),
    savePhoto,
    resolveTarget,
    authorize,
    permissions: readPermissions(permissions),
    contentTypes: readContentTypes(contentTypes),
    imageTypes: readImageTypes(imageTypes),
    maxRequestBytes,
    maxPixels,
    explain
  }
}

function isPositiveInteger (value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0
}

function isList (value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}

function readAuthentication ({ authenticate, jwt }: GraphPhotoOptions, host: { readonly verifiesTokens: boolean }): Authentication {
  if (authenticate !== undefined && jwt !== undefined) throw new errors.TwoAuthenticationsError()
  if (authenticate !== undefined) {
    check('authenticate', 'a function', typeof authenticate === 'function')
    return { by: 'hook', authenticate }
  }
  if (jwt !== undefined) {
    return { by: 'own jwt', jwt: readJwt(jwt) }
  }
  if (!host.verifiesTokens) throw new errors.AuthenticationError()
  return { by: 'host jwt' }
}

function readPermissions (rows: Partial<PermissionTable>): PermissionTable {
  checkKeys('permissions', rows, Object.keys(defaultPermissions))
  for (const [kind, row] of Object.entries(rows)) {
    checkKeys(`permissions.${kind}`, row, ['delegated', 'application'])
    for (const caller of ['delegated', 'application'] as const) {
      check(`permissions.${kind}.${caller}`, 'an array of strings', isList(row[caller], (name) => typeof name === 'string'))
    }
  }
  // A copy, so that later mutation has no effect; and filtering the frozen arrays of the defaults takes 2 µs of a request.
  return structuredClone({ ...defaultPermissions, ...rows })
}

function checkKeys (place: string, value: unknown, keys: readonly string[]): void {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  check(place, `an object with no other keys than ${keys.join(', ')}`, isObject && Object.keys(value).every((key) => keys.includes(key)))
}

function readContentTypes (contentTypes: readonly string[] | '*'): readonly string[] | '*' {
  if (contentTypes === '*') return '*'
  check('contentTypes', "'*' or a list of media types without wildcards",
    isList(contentTypes, (type) => typeof type === 'string' && mediaType.test(type)) && contentTypes.length > 0)
  return contentTypes.map((type) => type.toLowerCase())
}

function readImageTypes (types: readonly ImageType[]): readonly ImageType[] {
  check('imageTypes', `a list of ${knownImageTypes.join(', ')}`,
    isList(types, (type) => knownImageTypes.some((known) => known === type)) && types.length > 0)
  return [...types]
}
