import { isDeepStrictEqual } from 'node:util'
import { Validator } from '@seriousme/openapi-schema-validator'
import type { Test } from 'tap'

export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly security: ReadonlyArray<Readonly<Record<string, readonly string[]>>>
  readonly parameters?: ReadonlyArray<{ readonly name: string, readonly in: string, readonly required: boolean, readonly description?: string }>
  readonly requestBody: { readonly required: boolean, readonly content: Readonly<Record<string, unknown>> }
  readonly responses: Readonly<Record<string, { readonly description: string, readonly content?: Readonly<Record<string, MediaType>> }>>
}

interface MediaType {
  readonly schema: object
  readonly examples?: Readonly<Record<string, { readonly $ref: string }>>
}

interface Example {
  readonly value: { readonly error: { readonly code: string, readonly message: string } }
}

export interface Document {
  readonly openapi: string
  readonly components: { readonly schemas: object, readonly examples: Readonly<Record<string, Example>>, readonly securitySchemes: Readonly<Record<string, object>> }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** What is read by clients: the document as JSON. */
export function documentIn (document: object): Document {
  return JSON.parse(JSON.stringify(document))
}

export function operationsOf ({ paths }: Document): ReadonlyArray<readonly [path: string, method: string, operation: Operation]> {
  return Object.entries(paths)
    .filter(([path]) => path !== '/own')
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => [path, method, operation] as const))
}

export function templateNames (path: string): string[] {
  return [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name)
}

export async function assertValid (t: Test, document: Document): Promise<void> {
  const { valid, errors } = await new Validator().validate({ ...document })
  t.equal(valid, true, JSON.stringify(errors))
  // What the specification asks for and its JSON schema cannot say.
  const operations = operationsOf(document)
  const ids = operations.map(([,, { operationId }]) => operationId)
  t.equal(new Set(ids).size, ids.length, 'operation ids are unique')
  const fit = ([path, , { parameters = [], security }]: typeof operations[number]) =>
    isDeepStrictEqual(parameters.map(({ name }) => name).toSorted(), templateNames(path).toSorted()) &&
    parameters.every((parameter) => parameter.in === 'path' && parameter.required) &&
    security.flatMap(Object.keys).every((name) => name in document.components.securitySchemes) &&
    security.flatMap(Object.values).flat().length === 0 // a bearer scheme has no scopes in OpenAPI 3.0
  t.strictSame(operations.filter((operation) => !fit(operation)), [], 'parameters are those of the path, security schemes are declared, and have no scopes')
}
