import type { FastifySchema } from 'fastify'
import { openapiResponses, sharedComponents, sharedDefinitions, swaggerResponses } from './responses.js'

/** Fastify's schema, with the properties that @fastify/swagger reads. */
export interface OperationSchema extends FastifySchema {
  readonly operationId?: string
  readonly consumes?: readonly string[]
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly description?: string
  readonly security?: ReadonlyArray<Readonly<Record<string, readonly string[]>>>
  readonly hide?: boolean
}

const file = { type: 'string', format: 'binary' }

interface FileSchema {
  readonly content: Readonly<Record<string, { readonly schema: typeof file }>>
}

/** A binary body under each of these media types. */
export function fileSchema (mediaTypes: readonly string[]): FileSchema {
  return { content: Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, { schema: file }])) }
}

type Shared = Readonly<Record<string, object>>

interface Components {
  readonly securitySchemes?: object
  readonly schemas?: Shared
  readonly examples?: Shared
}

interface Documented {
  readonly schema: FastifySchema
  readonly url: string
  readonly openapiObject?: { components?: Components, readonly paths?: object }
  /** Present for Swagger 2.0, which @fastify/swagger writes unless it is configured for OpenAPI. */
  readonly swaggerObject?: { securityDefinitions?: object, definitions?: Shared, readonly paths?: object }
}

/**
 * Completes an operation when @fastify/swagger writes its document; the prefix and the other operations are not known before.
 *
 * A route's own transform replaces the host's, which may understand only the host's schemas: that of fastify-type-provider-zod
 * throws at any other.
 */
export function documentOperation (documented: Documented): { schema: OperationSchema, url: string } {
  const { url, openapiObject, swaggerObject } = documented
  // The schema is the one that operationSchema made.
  const schema = documented.schema as OperationSchema & { readonly operationId: string, readonly body: FileSchema }
  const paths = { ...openapiObject?.paths, ...swaggerObject?.paths }
  declareShared(documented)
  return {
    schema: {
      ...schema,
      ...(swaggerObject && { body: file, consumes: Object.keys(schema.body.content) }),
      operationId: freeOperationId(schema.operationId, paths),
      params: withPrefixParams(schema.params, url),
      response: swaggerObject ? swaggerResponses : openapiResponses
    },
    url
  }
}

/** What all operations refer to stands in the document once. Where the host already describes something by that name, it stays. */
function declareShared ({ openapiObject, swaggerObject }: Documented): void {
  if (openapiObject !== undefined) {
    const bearerAuth = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }
    const { components } = openapiObject
    openapiObject.components = {
      ...components,
      ...sharedComponents(components),
      securitySchemes: { bearerAuth, ...components?.securitySchemes }
    }
  }
  if (swaggerObject !== undefined) {
    const bearerAuth = { type: 'apiKey', name: 'Authorization', in: 'header' }
    swaggerObject.securityDefinitions = { bearerAuth, ...swaggerObject.securityDefinitions }
    swaggerObject.definitions = sharedDefinitions(swaggerObject.definitions)
  }
}

/** The plugin may be registered under several prefixes, but an operation's id is unique in a document. */
function freeOperationId (operationId: string, paths: object): string {
  const taken = new Set(Object.values(paths).flatMap((path: object) => Object.values(path)).map(({ operationId }) => operationId))
  let count = 1
  let free = operationId
  while (taken.has(free)) free = `${operationId}_${++count}`
  return free
}

/** Adds the parameters of a prefix such as `/:tenant/v1.0`. */
function withPrefixParams (params: unknown, url: string): object {
  const known = params as { readonly properties?: object } | undefined
  const names = [...url.matchAll(/(?<!:):(\w+)/g)].map(([, name = '']) => name)
  const all = Object.fromEntries(names.map((name) => [name, { type: 'string' }]))
  return { ...known, type: 'object', properties: { ...all, ...known?.properties } }
}
