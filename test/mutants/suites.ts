/** Part of the sources, and the test files that tell whether a mutant of it is noticed. They open no socket, or few. */
export interface Suite {
  readonly mutate: readonly string[]
  readonly tests: readonly string[]
}

export const suites = {
  photo: {
    mutate: ['lib/photo/*.ts', '!lib/photo/index.ts'],
    tests: ['photo/gif', 'photo/webp', 'photo/png', 'photo/jpeg', 'photo/check', 'photo/damaged']
  },
  access: {
    mutate: ['lib/access/*.ts', '!lib/access/index.ts'],
    tests: ['access/caller', 'access/photo-target', 'access/photo-key', 'access/hooks', 'access/tokens', 'options/jwt']
  },
  answers: {
    mutate: ['lib/answers/*.ts', '!lib/answers/index.ts'],
    tests: [
      'answers/answers', 'answers/graph-error', 'answers/retry-after', 'answers/request-id', 'answers/log', 'answers/reasons',
      'answers/host-errors', 'answers/hostile-errors', 'answers/graph-envelope', 'access/tokens', 'access/hooks'
    ]
  },
  wire: {
    mutate: ['lib/wire/*.ts', '!lib/wire/index.ts'],
    tests: ['wire/media-type', 'wire/body', 'wire/gzip', 'wire/head-first', 'wire/turn', 'wire/discard', 'wire/connections', 'wire/time']
  },
  routes: {
    mutate: ['lib/routes/*.ts', '!lib/routes/index.ts'],
    tests: ['routes/routes', 'routes/spellings', 'routes/odata', 'routes/openapi', 'routes/short-params']
  },
  options: {
    mutate: ['lib/options/*.ts', '!lib/options/index.ts'],
    tests: ['options/options', 'options/names', 'options/jwt']
  },
  root: {
    mutate: ['lib/*.ts', '!lib/index.ts'],
    tests: ['order', 'access/hooks', 'answers/answers', 'answers/log', 'answers/host-errors', 'routes/routes', 'wire/body']
  }
} as const satisfies Record<string, Suite>

export type SuiteName = keyof typeof suites

/** A mutant that nobody could notice, because the program does the same with it. */
export interface Equivalent {
  readonly file: string
  /** The source that is replaced, and what by. */
  readonly original: string
  readonly replacement: string
  readonly reason: string
}

export const equivalents: readonly Equivalent[] = []
