import createError from '@fastify/error'

/** The errors of a registration, coded `FST_GRAPH_PHOTO_…`. */
export const errors = {
  SavePhotoError: createError('FST_GRAPH_PHOTO_MISSING_SAVE_PHOTO', 'The option savePhoto must be a function.'),
  AuthenticationError: createError('FST_GRAPH_PHOTO_MISSING_AUTHENTICATION',
    'Pass `authenticate` or `jwt`, or register @fastify/jwt without a namespace before this plugin.'),
  TwoAuthenticationsError: createError('FST_GRAPH_PHOTO_TWO_AUTHENTICATIONS', 'Pass `authenticate` or `jwt`, not both.'),
  InvalidOptionError: createError<[string, string]>('FST_GRAPH_PHOTO_INVALID_OPTION', 'The option %s must be %s.'),
  UnknownOptionError: createError<[string, string]>('FST_GRAPH_PHOTO_UNKNOWN_OPTION', 'The option %s is not known. Did you mean %s?')
}

/** Refuses an option with an invalid value. */
export function check (name: string, requirement: string, holds: boolean): void {
  if (!holds) throw new errors.InvalidOptionError(name, requirement)
}

/** Options that each look right and that @fastify/jwt rejects; its error is the cause. */
export function unusableJwt (cause: unknown): Error {
  const { message } = Object(cause)
  return Object.assign(new errors.InvalidOptionError('jwt', `usable by @fastify/jwt, which says: ${message}`), { cause })
}
