/** Part of the sources, and the test files that tell whether a mutant of it is noticed: those of the same folder, mostly. */
export interface Suite {
  readonly mutate: readonly string[]
  readonly tests: readonly string[]
}

export const suites = {
  photo: {
    mutate: ['lib/photo/*.ts', '!lib/photo/index.ts'],
    tests: ['photo/gif', 'photo/webp', 'photo/png', 'photo/jpeg', 'photo/check', 'photo/damaged', 'photo/in-turn']
  },
  access: {
    mutate: ['lib/access/*.ts', '!lib/access/index.ts'],
    tests: [
      'access/caller', 'access/hooks', 'access/issuers', 'access/photo-key', 'access/photo-target', 'access/providers', 'access/tokens',
      'answers/thrown', 'hosts/jwt', 'options/jwt'
    ]
  },
  answers: {
    mutate: ['lib/answers/*.ts', '!lib/answers/index.ts'],
    tests: [
      'answers/answers', 'answers/graph-error', 'answers/host-errors', 'answers/hostile-errors', 'answers/log', 'answers/reasons',
      'answers/request-id', 'answers/retry-after', 'answers/thrown', 'answers/token-errors', 'graph-envelope', 'access/issuers',
      'access/providers', 'access/tokens', 'wire/turn'
    ]
  },
  wire: {
    mutate: ['lib/wire/*.ts', '!lib/wire/index.ts'],
    tests: [
      'wire/body', 'wire/broken-uploads', 'wire/connections', 'wire/discard', 'wire/gzip', 'wire/head-first', 'wire/media-type',
      'wire/read', 'wire/time', 'wire/turn', 'wire/wait', 'wire/wire', 'wire/write-first', 'graph-envelope'
    ]
  },
  routes: {
    mutate: ['lib/routes/*.ts', '!lib/routes/index.ts'],
    tests: ['routes/odata', 'routes/openapi', 'routes/routes', 'routes/short-params', 'routes/spellings', 'routes/tenant-prefix']
  },
  options: {
    mutate: ['lib/options/*.ts', '!lib/options/index.ts'],
    tests: ['options/jwt', 'options/messages', 'options/names', 'options/options']
  },
  root: {
    mutate: ['lib/*.ts', '!lib/index.ts'],
    tests: [
      'order', 'graph-envelope', 'access/hooks', 'answers/answers', 'answers/log', 'answers/host-errors', 'answers/reasons',
      'options/messages', 'options/options', 'routes/odata', 'routes/routes', 'routes/short-params', 'wire/body', 'wire/connections', 'wire/turn'
    ]
  }
} as const satisfies Record<string, Suite>

export type SuiteName = keyof typeof suites
