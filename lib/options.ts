import createError from '@fastify/error'
import type { GraphPhotoOptions, ImageType, PermissionTable } from '../types/index.js'
import { defaultPermissions, graphAuthorize, type Authentication } from './access/index.js'
import type { AdmissionSettings } from './admission.js'
import type { UpdateSettings } from './update-photo.js'

const errors = {
  SavePhotoError: createError('FST_GRAPH_PHOTO_MISSING_SAVE_PHOTO', 'The option savePhoto must be a function.'),
  AuthenticationError: createError('FST_GRAPH_PHOTO_MISSING_AUTHENTICATION',
    'Pass `authenticate` or `jwt`, or register @fastify/jwt without a namespace before this plugin.'),
  TwoAuthenticationsError: createError('FST_GRAPH_PHOTO_TWO_AUTHENTICATIONS', 'Pass `authenticate` or `jwt`, not both.'),
  InvalidOptionError: createError<[string, string]>('FST_GRAPH_PHOTO_INVALID_OPTION', 'The option %s must be %s.')
}

const knownImageTypes: readonly ImageType[] = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']
const mediaType = /^[\w!#$%&'+.^`|~-]+\/[\w!#$%&'+.^`|~-]+$/

/** The options, checked and with their defaults, as the rooms need them. */
export interface Settings extends Omit<AdmissionSettings, 'authenticate'>, UpdateSettings {
  readonly authentication: Authentication
  readonly explain: boolean
}

/**
 * Checks the options and applies defaults, without changing them.
 * @throws an error coded `FST_GRAPH_PHOTO_…` that names the wrong option
 */
export function readOptions (options: GraphPhotoOptions, host: { readonly verifiesTokens: boolean }): Settings {
  const {
    savePhoto, resolveTarget, authorize = graphAuthorize, permissions = {},
    contentTypes = ['image/jpeg'], imageTypes = ['image/jpeg'], maxRequestBytes = 4 * 1024 * 1024, maxPixels = 100_000_000,
    explain = false
  } = options
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

function check (name: string, requirement: string, holds: boolean): void {
  if (!holds) throw new errors.InvalidOptionError(name, requirement)
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
    check('jwt', 'an object with a secret', typeof jwt === 'object' && jwt !== null && Boolean(jwt.secret))
    return { by: 'own jwt', jwt }
  }
  if (!host.verifiesTokens) throw new errors.AuthenticationError()
  return { by: 'host jwt' }
}

function readPermissions (rows: Partial<PermissionTable>): PermissionTable {
  check('permissions', 'an object with the keys user, group and contact',
    typeof rows === 'object' && rows !== null && Object.keys(rows).every((kind) => Object.hasOwn(defaultPermissions, kind)))
  const table = { ...defaultPermissions, ...rows }
  for (const kind of ['user', 'group', 'contact'] as const) {
    for (const caller of ['delegated', 'application'] as const) {
      check(`permissions.${kind}.${caller}`, 'an array of strings', isList(table[kind]?.[caller], (name) => typeof name === 'string'))
    }
  }
  return table
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
