import t from 'tap'
import createHttpError from 'http-errors'
import { GraphError, type GraphPhotoOptions } from '../../lib/index.js'
import { jpegOf } from '../fixtures/pictures.js'
import { assertError, type ExpectedError, host, type Host, put, type PutOptions } from '../helpers/host.js'
import { appClaims, claims, token } from '../helpers/tokens.js'

interface Row {
  readonly what: string
  readonly answer: ExpectedError
  readonly options?: Partial<GraphPhotoOptions>
  readonly requests: readonly PutOptions[]
}

const bearer = (value: string): PutOptions => ({ headers: { authorization: `Bearer ${value}` } })
const unauthorized = (message: string): ExpectedError => ({ statusCode: 401, code: 'InvalidAuthenticationToken', message })
const denied: ExpectedError = { statusCode: 403, code: 'ErrorAccessDenied', message: 'Access is denied. Check credentials and try again.' }
const badRequest = (message: string): ExpectedError => ({ statusCode: 400, code: 'BadRequest', message })
const internal: ExpectedError = {
  statusCode: 500, code: 'ErrorInternalServerError', message: 'An internal server error occurred. The operation failed.'
}
const fourMiB = 4 * 1024 * 1024
const past = Math.floor(Date.now() / 1000) - 60

const rows: readonly Row[] = [
  {
    what: 'no bearer token',
    answer: unauthorized('Access token is empty.'),
    requests: [{ headers: { authorization: undefined } }, { headers: { authorization: 'Basic dTpw' } }, bearer(''), { headers: { authorization: 'Bearer' } }]
  },
  {
    what: 'not a JWT',
    answer: unauthorized('IDX14100: JWT is not well formed, there are no dots (.).'),
    requests: [bearer('abc'), bearer('abc def')]
  },
  {
    what: 'an expired token',
    answer: unauthorized('Lifetime validation failed, the token is expired.'),
    requests: [{ claims: claims({ exp: past }) }]
  },
  {
    what: 'a token for another audience',
    answer: unauthorized('Access token validation failure. Invalid audience.'),
    requests: [{ claims: claims({ aud: 'https://graph.example' }) }]
  },
  {
    what: 'any other fault of a token',
    answer: unauthorized('Access token validation failure.'),
    requests: [
      bearer('a.b'), bearer('a.b.c'), bearer('!.!.!'),
      bearer(token(claims(), 'another secret, 32 characters or more')),
      bearer(`${token()} ${token()}`),
      bearer(`${token().split('.').slice(0, 2).join('.')}.`),
      { claims: claims({ nbf: Math.floor(Date.now() / 1000) + 600 }) },
      { claims: claims({ aud: undefined }) },
      { claims: claims({ exp: undefined }) },
      { claims: claims({ scp: ['User.ReadWrite'] }) },
      { claims: claims({ idtyp: 'app' }) },
      { claims: appClaims({ idtyp: undefined }) }
    ]
  },
  {
    what: 'an app that asks for /me',
    answer: badRequest('/me request is only valid with delegated authentication flow.'),
    requests: [{ claims: appClaims() }, { claims: appClaims(), url: '/v1.0/me/contacts/x/photo/$value' }]
  },
  {
    what: 'a personal account',
    answer: { statusCode: 404, code: 'MailboxNotEnabledForRESTAPI', message: 'REST API is not yet supported for this mailbox.' },
    requests: ['9188040d-6c67-4c5b-b112-36a304b66dad', '9188040D-6C67-4C5B-B112-36A304B66DAD'].map((tid) => ({ claims: claims({ tid }) }))
  },
  {
    what: 'a malformed id',
    answer: { statusCode: 400, code: 'ErrorInvalidIdMalformed', message: 'Id is malformed.' },
    requests: [
      '/v1.0/users//photo/$value', '/v1.0/users/a%00b/photo/$value', '/v1.0/groups/%0A/photo/$value',
      '/v1.0/me/contacts/%7F/photo/$value', '/v1.0/me/contacts/%C2%80/photo/$value', '/v1.0/me/contactfolders//contacts/x/photo/$value'
    ].map((url) => ({ url }))
  },
  {
    what: 'a caller without a permission of the row',
    answer: denied,
    requests: [
      { claims: claims({ scp: '' }) }, { claims: claims({ scp: 'User.Read user.readwrite User.ReadWriteX Contacts.ReadWrite' }) },
      { claims: claims({ scp: undefined, idtyp: 'user', roles: ['User.ReadWrite'] }) },
      { claims: appClaims({ roles: undefined }), url: '/v1.0/users/x/photo/$value' },
      { claims: appClaims({ roles: ['User.ReadWrite'] }), url: '/v1.0/users/x/photo/$value' }
    ]
  },
  {
    what: "a user who asks for somebody else's photo or contact",
    answer: denied,
    requests: ['/v1.0/users/somebody/photo/$value', '/v1.0/users/somebody/contacts/x/photo/$value'].map((url) => ({ url }))
  },
  {
    what: 'a user who asks for a user who does not exist',
    answer: denied,
    options: { resolveTarget: () => null },
    requests: ['/v1.0/users/nobody/photo/$value', '/v1.0/users/nobody/contacts/x/photo/$value'].map((url) => ({ url }))
  },
  {
    what: 'an unknown group',
    answer: {
      statusCode: 404,
      code: 'Request_ResourceNotFound',
      message: "Resource 'NoGroup%' does not exist or one of its queried reference-property objects are not present."
    },
    options: { resolveTarget: () => undefined },
    requests: [{ url: '/v1.0/groups/NoGroup%25/photo/$value' }, { url: '/v1.0/groups/NoGroup%25/photo/$value', claims: appClaims() }]
  },
  {
    what: 'an app that asks for an unknown user',
    answer: { statusCode: 404, code: 'Request_ResourceNotFound', message: /^Resource 'nobody@contoso.example' does not exist/ },
    options: { resolveTarget: () => null },
    requests: [{ url: '/v1.0/users/nobody@contoso.example/photo/$value', claims: appClaims() }]
  },
  {
    what: 'a caller whom the host does not know',
    answer: { statusCode: 404, code: 'Request_ResourceNotFound', message: /^Resource '6e7b768e-07e2-4810-8459-485f84f8f204' does not exist/ },
    options: { resolveTarget: () => null },
    requests: [{}]
  },
  {
    what: 'an unknown contact',
    answer: { statusCode: 404, code: 'ErrorItemNotFound', message: 'The specified object was not found in the store.' },
    options: { resolveTarget: () => null },
    requests: [
      { url: '/v1.0/me/contacts/x/photo/$value' }, { url: '/v1.0/me/contactfolders/f/contacts/x/photo/$value' },
      { url: '/v1.0/users/somebody/contacts/x/photo/$value', claims: appClaims() }
    ]
  },
  {
    what: 'a request that announces more than the limit',
    answer: { statusCode: 413, code: 'RequestEntityTooLarge', message: 'The maximum request length supported is 4MB.' },
    requests: [{ payload: Buffer.alloc(fourMiB) }, { payload: 'x', headers: { 'content-length': '4294967296' } }]
  },
  {
    what: 'a request over a limit that is not a whole number of MiB',
    answer: { statusCode: 413, code: 'RequestEntityTooLarge', message: 'The maximum request length supported is 20000 bytes.' },
    options: { maxRequestBytes: 20_000 },
    requests: [{}]
  },
  {
    what: 'a Content-Type that is not accepted',
    answer: { statusCode: 415, code: 'UnsupportedMediaType', message: /image\/jpeg/ },
    requests: ['image/png', 'application/json', 'image/jpegx', 'image', '', 'image/jpeg x', 'image/jpeg, image/jpeg', undefined].map((type) => ({ headers: { 'content-type': type } }))
  },
  {
    what: 'an encoded body',
    answer: { statusCode: 415, code: 'UnsupportedMediaType', message: /Content-Encoding '.+' is not accepted/ },
    requests: ['br', 'identity, gzip'].map((encoding) => ({ headers: { 'content-encoding': encoding } }))
  },
  {
    what: 'an empty body',
    answer: badRequest("The request body is empty; send the photo's bytes."),
    options: { contentTypes: '*' },
    requests: [{ payload: undefined }, { payload: Buffer.alloc(0) }, { payload: undefined, headers: { 'content-type': undefined } }]
  },
  {
    what: 'bytes that are not an image',
    answer: badRequest("The file you chose isn't an image. Please choose a different file."),
    requests: [{ payload: 'hello' }]
  },
  {
    what: 'an image of another format',
    answer: badRequest('The file you chose is image/svg+xml. Accepted formats: image/jpeg. Please choose a different file.'),
    requests: [{ payload: '<svg/>' }]
  },
  {
    what: 'a photo that is wrapped in something',
    answer: badRequest("The request body must be the photo's bytes themselves, not multipart, JSON or base64."),
    requests: [{ payload: '--boundary' }, { payload: '{"photo":"/9j/"}' }, { payload: '/9j/4AAQ' }]
  },
  {
    what: 'an incomplete picture',
    answer: badRequest('The image is incomplete or damaged. Please choose a different file.'),
    requests: [{ payload: jpegOf({ width: 0, height: 0 }) }]
  },
  {
    what: 'a picture of too many pixels',
    answer: badRequest('The image is 60000 by 60000 pixels, more than the 100000000 pixels accepted. Please choose a smaller file.'),
    requests: [{ payload: jpegOf({ width: 60_000, height: 60_000 }) }]
  }
]

for (const { what, answer, options, requests } of rows) {
  t.test(`${what}: ${answer.statusCode} ${answer.code}, and nothing is saved`, async (t) => {
    const { app, saved, logs } = await host(t, options)
    for (const request of requests) {
      t.comment(request.url ?? JSON.stringify(request.headers ?? request.claims ?? ''))
      assertError(t, await put(app, request), answer)
      assertError(t, await put(app, { ...request, method: 'PATCH' }), answer)
    }
    t.equal(saved.length, 0)
    t.strictSame(logs.filter(({ level }) => level > 30), [], 'a client\'s fault is not an error of the server')
  })
}

t.test('a client that may send its photo another way is told how, and no other', async (t) => {
  const { app } = await host(t)
  const told = async (headers: Record<string, string>, options: PutOptions = {}) => {
    const answer = await put(app, { ...options, headers })
    return [answer.statusCode, answer.headers['accept-encoding'], answer.headers['www-authenticate']]
  }
  t.strictSame(await told({ 'content-encoding': 'br' }), [415, 'gzip', undefined])
  t.strictSame(await told({ 'content-type': 'text/plain' }), [415, undefined, undefined])
  t.strictSame(await told({}, { claims: claims({ scp: '' }) }), [403, undefined, undefined])
})

t.test('a 401 says in WWW-Authenticate whether a token came', async (t) => {
  const { app } = await host(t)
  t.equal((await put(app, { headers: { authorization: undefined } })).headers['www-authenticate'], 'Bearer realm=""')
  t.equal((await put(app, bearer('abc'))).headers['www-authenticate'], 'Bearer realm="", error="invalid_token"')
})

const hooks = ['authenticate', 'resolveTarget', 'authorize', 'savePhoto'] as const

/** A host one of whose hooks, sync or async, throws. */
function hostWhose (t: Parameters<typeof host>[0], hook: (typeof hooks)[number], error: unknown, isAsync: boolean): Promise<Host> {
  const fail = isAsync ? () => Promise.reject(error) : () => { throw error }
  return host(t, { [hook]: fail })
}

for (const hook of hooks) {
  for (const isAsync of [false, true]) {
    const named = `${isAsync ? 'async ' : ''}${hook}`

    t.test(`a GraphError that ${named} throws is answered as written`, async (t) => {
      const cause = new Error('the disk at /var/photos is full')
      const { app, saved, logs } = await hostWhose(t, hook, new GraphError(507, 'InsufficientStorage', 'No room.', { retryAfter: 7, cause }), isAsync)
      const response = await put(app)
      assertError(t, response, { statusCode: 507, code: 'InsufficientStorage', message: 'No room.' })
      t.equal(response.headers['retry-after'], '7')
      t.notMatch(response.body, /var/)
      t.equal(saved.length, 0)
      t.equal(logs.filter(({ level }) => level === 50).length, 1, 'logged once')
      t.match(logs.find(({ level }) => level === 50), { err: { message: cause.message } })
    })

    t.test(`a client error that ${named} throws and exposes is answered as thrown, with Graph's code`, async (t) => {
      const { app, logs } = await hostWhose(t, hook, createHttpError(409, 'The photo belongs to the directory.'), isAsync)
      assertError(t, await put(app), { statusCode: 409, code: 'Conflict', message: 'The photo belongs to the directory.' })
      t.strictSame(logs.filter(({ level }) => level > 30), [])
    })

    t.test(`anything else that ${named} throws is a 500, logged once with its cause`, async (t) => {
      const thrown: readonly unknown[] = [
        new Error('secret of the host'),
        Object.assign(new Error('secret of the host'), { statusCode: 403 }),
        createHttpError(403, 'secret of the host', { expose: false }),
        createHttpError(503, 'secret of the host', { expose: true }),
        'secret of the host', undefined, null
      ]
      for (const error of thrown) {
        const { app, saved, logs } = await hostWhose(t, hook, error, isAsync)
        const response = await put(app)
        assertError(t, response, internal)
        t.notMatch(response.body, /secret/)
        t.equal(saved.length, 0)
        const errors = logs.filter(({ level }) => level === 50)
        t.equal(errors.length, 1)
        t.ok(errors[0]?.['err'], 'with its cause')
      }
    })
  }
}

t.test('an authenticate that returns no caller answers 401', async (t) => {
  for (const caller of [undefined, null]) {
    const { app } = await host(t, { authenticate: () => caller })
    assertError(t, await put(app), unauthorized('Access token validation failure.'))
  }
})

t.test('a hook that returns what it must not is a 500', async (t) => {
  const returned: ReadonlyArray<readonly [hook: string, values: readonly unknown[]]> = [
    ['authenticate', [true, {}, { kind: 'user', id: 'x', permissions: [] }, { kind: 'delegated', id: '', permissions: [] }, { kind: 'delegated', id: 'x' }]],
    ['resolveTarget', [
      true, {}, { kind: 'user', userId: 'x' }, { kind: 'group', groupId: 'x' }, { kind: 'user', userId: '' },
      { kind: 'user', userId: 'x', tenantId: 'another' }, { kind: 'contact', userId: 'x' }
    ]]
  ]
  for (const [hook, values] of returned) {
    for (const value of values) {
      const { app, saved } = await host(t, { [hook]: () => value })
      assertError(t, await put(app), internal)
      t.equal(saved.length, 0)
    }
  }
})

t.test('a hook may return a function with a then, which await waits for too', async (t) => {
  const query = Object.assign(() => {}, {
    then (_done: () => void, fail: (error: Error) => void) { setImmediate(fail, new Error('not written')) }
  })
  const { app } = await host(t, { savePhoto: () => query as unknown as Promise<void> })
  assertError(t, await put(app), { statusCode: 500, code: 'ErrorInternalServerError' })
})

t.test('a group that resolveTarget returns without its id is a 500', async (t) => {
  const { app, saved } = await host(t, { resolveTarget: ({ tenantId = '' }) => ({ kind: 'group', tenantId, groupId: '' }) })
  assertError(t, await put(app, { url: '/v1.0/groups/g/photo/$value' }), internal)
  t.equal(saved.length, 0)
})

t.test('only true allows', async (t) => {
  for (const answer of [false, 1, 'true', {}, undefined, null]) {
    const { app, saved } = await host(t, { authorize: () => answer as boolean })
    assertError(t, await put(app), denied)
    t.equal(saved.length, 0)
  }
})
