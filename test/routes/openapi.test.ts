import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { Validator } from '@seriousme/openapi-schema-validator'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { answers } from '../../lib/answers/index.js'
import { defaultPermissions, graphPhoto, graphServerOptions, type GraphPhotoOptions } from '../../lib/index.js'
import { put } from '../helpers/host.js'
import { assertValid, documentIn, operationsOf, templateNames, type Document } from '../helpers/openapi.js'
import { token } from '../helpers/tokens.js'
import { portrait } from '../fixtures/pictures.js'

interface Documented {
  readonly openapi?: string
  readonly prefixes?: readonly string[]
  readonly options?: Partial<GraphPhotoOptions>
  readonly securitySchemes?: Readonly<Record<string, { readonly type: 'http', readonly scheme: string, readonly description: string }>>
}

const info = { title: 'A host', version: '1.0.0' }
const savePhoto = () => {}
const authenticate = () => null

async function documentOf (t: Test, { openapi = '3.0.3', prefixes = ['/v1.0'], options, securitySchemes }: Documented = {}): Promise<Document> {
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  await app.register(swagger, { openapi: { openapi, info, ...(securitySchemes && { components: { securitySchemes } }) } })
  app.get('/own', { schema: { operationId: 'own' } }, async () => ({}))
  for (const prefix of prefixes) await app.register(graphPhoto, { prefix, savePhoto, authenticate, ...options })
  await app.ready()
  return documentIn(app.swagger())
}

const ids: Readonly<Record<string, readonly [put: string, patch: string]>> = {
  '/v1.0/me/photo/$value': ['me.UpdatePhotoContent', 'me.PatchPhotoContent'],
  '/v1.0/users/{userId}/photo/$value': ['users.UpdatePhotoContent', 'users.PatchPhotoContent'],
  '/v1.0/groups/{groupId}/photo/$value': ['groups.UpdatePhotoContent', 'groups.PatchPhotoContent'],
  '/v1.0/me/contacts/{contactId}/photo/$value': ['me.contacts.UpdatePhotoContent', 'me.contacts.PatchPhotoContent'],
  '/v1.0/users/{userId}/contacts/{contactId}/photo/$value': ['users.contacts.UpdatePhotoContent', 'users.contacts.PatchPhotoContent'],
  '/v1.0/me/contactfolders/{contactFolderId}/contacts/{contactId}/photo/$value':
    ['me.contactFolders.contacts.UpdatePhotoContent', 'me.contactFolders.contacts.PatchPhotoContent'],
  '/v1.0/users/{userId}/contactfolders/{contactFolderId}/contacts/{contactId}/photo/$value':
    ['users.contactFolders.contacts.UpdatePhotoContent', 'users.contactFolders.contacts.PatchPhotoContent']
}

t.test('the document holds exactly fourteen operations, with unique ids in the style of Graph', async (t) => {
  const operations = operationsOf(await documentOf(t))
  t.equal(operations.length, 14)
  t.strictSame(
    operations.map(([path, method, { operationId }]) => [path, method, operationId]).toSorted(),
    Object.entries(ids).flatMap(([path, [put, patch]]) => [[path, 'put', put], [path, 'patch', patch]]).toSorted()
  )
})

const documents: ReadonlyArray<readonly [name: string, documented: Documented]> = [
  ['at the defaults', {}],
  ['with every Content-Type accepted', { options: { contentTypes: '*' } }],
  ['with the Content-Types of the SDKs', { options: { contentTypes: ['image/jpeg', 'application/octet-stream', 'application/json'] } }],
  ['with every image type', { options: { imageTypes: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] } }],
  ['below a prefix with parameters', { prefixes: ['/:tenant/:version(^v\\d$)'] }],
  ['below a prefix with a colon', { prefixes: ['/photos::v1', '/:tenant/photos::v2'] }],
  ['below three prefixes', { prefixes: ['/v1.0', '/beta', '/next'] }],
  ['below no prefix', { prefixes: [''] }]
]

for (const openapi of ['3.0.3', '3.1.0']) {
  for (const [name, documented] of documents) {
    t.test(`the OpenAPI ${openapi} document validates ${name}`, async (t) => {
      const document = await documentOf(t, { openapi, ...documented })
      t.equal(document.openapi, openapi)
      await assertValid(t, document)
    })
  }
}

t.test('each further registration adds fourteen operations with ids of their own', async (t) => {
  const operations = operationsOf(await documentOf(t, { prefixes: ['/v1.0', '/beta', '/next'] }))
  t.equal(operations.length, 42)
  t.strictSame(
    operations.filter(([path]) => path.endsWith('/me/photo/$value')).map(([path, method, { operationId }]) => [path, method, operationId]),
    [
      ['/v1.0/me/photo/$value', 'put', 'me.UpdatePhotoContent'],
      ['/v1.0/me/photo/$value', 'patch', 'me.PatchPhotoContent'],
      ['/beta/me/photo/$value', 'put', 'me.UpdatePhotoContent_2'],
      ['/beta/me/photo/$value', 'patch', 'me.PatchPhotoContent_2'],
      ['/next/me/photo/$value', 'put', 'me.UpdatePhotoContent_3'],
      ['/next/me/photo/$value', 'patch', 'me.PatchPhotoContent_3']
    ]
  )
})

t.test('a parameter of a prefix is one of every operation', async (t) => {
  for (const [,, { parameters }] of operationsOf(await documentOf(t, { prefixes: ['/:tenant/v1.0'] }))) {
    t.match(parameters?.find(({ name }) => name === 'tenant'), { in: 'path', required: true, schema: { type: 'string' } })
  }
})

t.test('a colon in a prefix names no parameter', async (t) => {
  const { paths } = await documentOf(t, { prefixes: ['/photos::v1'] })
  t.ok('/photos:v1/users/{userId}/photo/$value' in paths)
  t.strictSame(paths['/photos:v1/users/{userId}/photo/$value']?.['put']?.parameters?.map(({ name }) => name), ['userId'])
})

const summaries: Readonly<Record<string, string>> = {
  '/v1.0/me/photo/$value': 'Update the photo of the signed-in user',
  '/v1.0/users/{userId}/photo/$value': 'Update the photo of a user',
  '/v1.0/groups/{groupId}/photo/$value': 'Update the photo of a group',
  '/v1.0/me/contacts/{contactId}/photo/$value': "Update the photo of one of the signed-in user's contacts",
  '/v1.0/users/{userId}/contacts/{contactId}/photo/$value': "Update the photo of one of a user's contacts",
  '/v1.0/me/contactfolders/{contactFolderId}/contacts/{contactId}/photo/$value': "Update the photo of a contact in one of the signed-in user's folders",
  '/v1.0/users/{userId}/contactfolders/{contactFolderId}/contacts/{contactId}/photo/$value': "Update the photo of a contact in one of a user's folders"
}

t.test('every operation has a summary, and the tag of its target', async (t) => {
  const operations = operationsOf(await documentOf(t))
  for (const [path,, { summary, tags }] of operations) {
    t.equal(summary, summaries[path])
    t.strictSame(tags, [/contacts/.test(path) ? 'contacts.profilePhoto' : /groups/.test(path) ? 'groups.profilePhoto' : 'users.profilePhoto'])
  }
})

t.test('every operation asks for a bearer token with the permissions of its row', async (t) => {
  const document = await documentOf(t)
  t.strictSame(document.components.securitySchemes, { bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } })
  for (const [path, method, { description, security }] of operationsOf(document)) {
    const { delegated, application } = defaultPermissions[/contacts/.test(path) ? 'contact' : /groups/.test(path) ? 'group' : 'user']
    t.strictSame(security, [{ bearerAuth: [] }])
    t.equal(description, [
      `${method.toUpperCase()} the bytes of the picture. One of these permissions is needed:`,
      `delegated: ${delegated.join(', ')};`, /\/me\//.test(path) ? 'application: not supported.' : `application: ${application.join(', ')}.`
    ].join(' '), path)
  }
})

t.test("a host's own permissions are the ones in the document", async (t) => {
  const permissions = { group: { delegated: ['Group.Own'], application: [] } }
  const { paths } = await documentOf(t, { options: { permissions } })
  t.match(paths['/v1.0/groups/{groupId}/photo/$value']?.['put']?.description, /delegated: Group\.Own; application: not supported\.$/)
})

t.test("a host's own description of the scheme stays", async (t) => {
  const bearerAuth = { type: 'http', scheme: 'bearer', description: 'Ask Adele.' } as const
  const other = { type: 'http', scheme: 'basic', description: 'For the printers.' } as const
  const { components } = await documentOf(t, { securitySchemes: { bearerAuth, other } })
  t.strictSame(components.securitySchemes, { bearerAuth, other })
})

t.test('every parameter is described', async (t) => {
  for (const [path, , { parameters = [] }] of operationsOf(await documentOf(t))) {
    t.strictSame(parameters.map(({ name }) => name), templateNames(path))
    t.ok(parameters.every(({ description }) => description !== undefined))
  }
})

const accepted: ReadonlyArray<readonly [contentTypes: readonly string[] | '*', documented: readonly string[]]> = [
  [['image/jpeg'], ['image/jpeg']],
  [['Image/JPEG', 'application/octet-stream'], ['image/jpeg', 'application/octet-stream']],
  ['*', ['*/*']]
]

for (const [contentTypes, documented] of accepted) {
  t.test(`the body is a file of ${documented.join(' or ')}`, async (t) => {
    for (const [,, { requestBody }] of operationsOf(await documentOf(t, { options: { contentTypes } }))) {
      t.strictSame(requestBody, {
        required: true,
        content: Object.fromEntries(documented.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]))
      })
    }
  })
}

const statuses = ['200', '400', '401', '403', '404', '408', '413', '415', '429', '500', '503', 'default']

const errorName = 'microsoft.graph.ODataErrors.ODataError'

/** The schema of an object all of whose properties are required but one. */
function objectOf (properties: Readonly<Record<string, object>>, optional?: string): object {
  return { type: 'object', required: Object.keys(properties).filter((name) => name !== optional), properties }
}

t.test('every status refers to the one schema of an error, and 200 has no content', async (t) => {
  const document = await documentOf(t, { prefixes: ['/v1.0', '/beta'] })
  t.strictSame(Object.keys(document.components.schemas), [errorName])
  const text = { type: 'string' }
  t.strictSame(JSON.parse(JSON.stringify(document.components.schemas))[errorName], objectOf({
    error: objectOf({
      code: text,
      message: text,
      details: { description: 'The reason, where the server explains its refusals.', type: 'array', items: objectOf({ code: text, message: text }) },
      innerError: objectOf({ date: { ...text, description: 'UTC, without zone or fraction.' }, 'request-id': text, 'client-request-id': text })
    }, 'details')
  }))
  for (const [,, { responses }] of operationsOf(document)) {
    t.strictSame(Object.keys(responses), statuses)
    const { 200: saved, ...errors } = responses
    t.strictSame(saved, { description: 'The photo is saved.' })
    t.ok(Object.values(errors).every(({ description }) => description !== 'Default Response'))
    const schemas = Object.values(errors).map(({ content }) => content?.['application/json']?.schema)
    t.strictSame(schemas, schemas.map(() => ({ $ref: `#/components/schemas/${errorName}` })))
  }
})

t.test('every answer stands in the document once, as an example of its status', async (t) => {
  const document = await documentOf(t)
  const { examples } = document.components
  const { segmentNotFound, ...own } = answers // an unknown path is not an operation
  const rows = Object.entries(own).map(([name, [statusCode, code]]) => [String(statusCode), code, `graphPhoto.${name}`])
  const raised = [['429', 'TooManyRequests', 'graphPhoto.tooManyRequests'], ['503', 'ServiceUnavailable', 'graphPhoto.serviceUnavailable']]
  for (const [,, { responses }] of operationsOf(document)) {
    const referred = Object.entries(responses).flatMap(([status, { content }]) => {
      const names = Object.values(content?.['application/json']?.examples ?? {}).map(({ $ref }) => $ref.replace('#/components/examples/', ''))
      return names.map((name) => [status, examples[name]?.value.error.code, name])
    })
    t.strictSame(referred.toSorted(), [...rows, ...raised].toSorted())
    t.strictSame(Object.keys(responses['default']?.content?.['application/json'] ?? {}), ['schema'], 'and there is no place for none')
  }
  const messages = Object.values(examples).map(({ value }) => value.error.message)
  t.strictSame(messages.filter((message) => /[{}]|undefined|''/.test(message)), [], 'facts are in place')
  t.match(Object.fromEntries(Object.entries(examples).map(([name, { value }]) => [name.replace('graphPhoto.', ''), value.error])), {
    tooManyRequests: { message: 'Rate limit exceeded, retry in 1 minute' },
    serviceUnavailable: { message: 'The store is busy.' },
    resourceNotFound: { message: /^Resource 'nobody@contoso\.example' does not exist/ },
    requestTooLarge: { message: 'The maximum request length supported is 4MB.' },
    contentTypeMissing: { message: /image\/jpeg/ },
    contentTypeNotAccepted: { message: /'text\/plain'.*image\/jpeg/ },
    contentTypeMalformed: { message: /'image-jpeg'/ },
    contentEncodingNotAccepted: { message: /'br'/ },
    formatNotAccepted: { message: /image\/png.*image\/jpeg/ }
  })
  const id = '6d1a1f3c-92b6-4d2f-a0a6-4a2a0bb2f2f5'
  for (const { value } of Object.values(examples)) {
    t.match(value.error, { innerError: { date: '2026-11-22T12:00:00', 'request-id': id, 'client-request-id': id } })
  }
})

t.test("what a host describes by the same name stays the host's", async (t) => {
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  const components = { schemas: { [errorName]: { type: 'object', title: 'Ours' } }, examples: { 'graphPhoto.internal': { value: 'Ours' }, other: { value: 1 } } } as const
  await app.register(swagger, { openapi: { info, components } })
  await app.register(graphPhoto, { prefix: '/v1.0', savePhoto, authenticate })
  await app.ready()
  t.match(documentIn(app.swagger()).components, components)
})

t.test("a host's operations are described as without us", async (t) => {
  const { paths: { '/own': own } } = await documentOf(t)
  const { paths: { '/own': without } } = await documentOf(t, { prefixes: [] })
  t.strictSame(own, without)
})

t.test('a Swagger 2.0 document, the default of @fastify/swagger, validates too', async (t) => {
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  await app.register(swagger)
  await app.register(graphPhoto, { prefix: '/v1.0', savePhoto, authenticate, contentTypes: ['image/jpeg', 'application/octet-stream'] })
  await app.ready()
  const document = documentIn(app.swagger())
  const { valid, errors } = await new Validator().validate({ ...document })
  t.equal(valid, true, JSON.stringify(errors))
  t.equal(operationsOf(document).length, 14)
  t.match(document, { securityDefinitions: { bearerAuth: { type: 'apiKey', name: 'Authorization', in: 'header' } } })
  t.match(document.paths['/v1.0/me/photo/$value']?.['put'], {
    consumes: ['image/jpeg', 'application/octet-stream'],
    parameters: [{ in: 'body', schema: { type: 'string', format: 'binary' } }],
    responses: { 400: { schema: { $ref: `#/definitions/${errorName}` } } }
  })
})

t.test("in a Swagger 2.0 document ids stay unique below three prefixes, and a host's own schemes stay", async (t) => {
  const bearerAuth = { type: 'apiKey', name: 'X-Token', in: 'header' } as const
  const other = { type: 'basic' } as const
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  await app.register(swagger, { swagger: { securityDefinitions: { bearerAuth, other } } })
  for (const prefix of ['/v1.0', '/beta', '/next']) await app.register(graphPhoto, { prefix, savePhoto, authenticate })
  await app.ready()
  const document = documentIn(app.swagger())
  t.match(document, { securityDefinitions: { bearerAuth, other } })
  const ids = operationsOf(document).map(([,, { operationId }]) => operationId)
  t.equal(new Set(ids).size, 42)
  t.ok(ids.includes('me.UpdatePhotoContent_3'))
})

t.test('Swagger UI can send a file: it serves the document, and what its form sends is saved', async (t) => {
  const saved: Buffer[] = []
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  await app.register(swagger, { openapi: { info } })
  await app.register(swaggerUi)
  await app.register(graphPhoto, {
    prefix: '/v1.0',
    jwt: { secret: 'a secret of this test, 32 characters or more' },
    contentTypes: '*',
    savePhoto: ({ data }) => { saved.push(data) }
  })
  const page = await app.inject('/documentation/')
  t.match(page.body, /swagger-ui/)
  const document: Document = (await app.inject('/documentation/json')).json()
  const [path, methods] = Object.entries(document.paths).find(([path]) => path.endsWith('/me/photo/$value')) ?? []
  const [contentType] = Object.keys(methods?.['put']?.requestBody.content ?? {})
  // The form sends the Content-Type as it stands in the document, be it a wildcard.
  const answer = await put(app, { url: path ?? '', headers: { 'content-type': contentType, authorization: `Bearer ${token()}` } })
  t.equal(answer.statusCode, 200)
  t.strictSame(saved, [portrait])
})
