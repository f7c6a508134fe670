import { Type } from '@sinclair/typebox'
import { answers, filled } from '../answers/index.js'

/** Graph's own name for it. */
const errorName = 'microsoft.graph.ODataErrors.ODataError'

const errorSchema = Type.Object({
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    details: Type.Optional(Type.Array(Type.Object({ code: Type.String(), message: Type.String() }), {
      description: 'The reason, where the server explains its refusals.'
    })),
    innerError: Type.Object({
      date: Type.String({ description: 'UTC, without zone or fraction.' }),
      'request-id': Type.String(),
      'client-request-id': Type.String()
    })
  })
})

const saved = Type.Null({ description: 'The photo is saved.' })

const statuses: Readonly<Record<string, string>> = {
  400: 'The id, the body or the picture is not usable.',
  401: 'The access token is missing or not valid.',
  403: 'The caller may not update this photo.',
  404: 'There is no such user, group or contact.',
  408: 'The body did not arrive in time.',
  413: 'The request is too large.',
  415: 'The Content-Type is not accepted.',
  429: 'Too many requests.',
  500: 'The server failed.',
  503: 'The server is busy.',
  default: 'Any other error.'
}

// An unknown path is not an operation.
const { segmentNotFound, ...own } = answers

/** Answers that a rate limiter or a busy store causes, beside the plugin's own. */
const documented: Readonly<Record<string, readonly [statusCode: number, code: string, message: string]>> = {
  ...own,
  tooManyRequests: [429, 'TooManyRequests', 'Rate limit exceeded, retry in 1 minute'],
  serviceUnavailable: [503, 'ServiceUnavailable', 'The store is busy.']
}

const facts: Readonly<Record<string, string | number>> = {
  id: 'nobody@contoso.example',
  limit: '4MB',
  accepted: 'image/jpeg',
  sent: 'text/plain',
  found: 'image/png',
  width: 20000,
  height: 15000,
  maxPixels: 100000000
}
const ownFacts: Readonly<Record<string, typeof facts>> = {
  contentTypeMalformed: { sent: 'image-jpeg' },
  contentEncodingNotAccepted: { sent: 'br' }
}
const requestId = '6d1a1f3c-92b6-4d2f-a0a6-4a2a0bb2f2f5'
const innerError = { date: '2026-11-22T12:00:00', 'request-id': requestId, 'client-request-id': requestId }
const exampleName = (answer: string): string => `graphPhoto.${answer}`

const examples = Object.fromEntries(Object.entries(documented).map(([name, [, code, message]]) =>
  [exampleName(name), { value: { error: { code, message: filled(message, { ...facts, ...ownFacts[name] }), innerError } } }]))

/** The examples of a status, by reference. */
function examplesOf (status: string): object {
  const names = Object.entries(documented).filter(([, [statusCode]]) => String(statusCode) === status).map(([name]) => name)
  const references = names.map((name) => [name, { $ref: `#/components/examples/${exampleName(name)}` }])
  return references.length === 0 ? {} : { examples: Object.fromEntries(references) }
}

type Shared = Readonly<Record<string, object>>

/** The parts of an OpenAPI 3 document that operations refer to. A host's own of the same name stays. */
export function sharedComponents (components: { readonly schemas?: Shared, readonly examples?: Shared } = {}) {
  return { schemas: { [errorName]: errorSchema, ...components.schemas }, examples: { ...examples, ...components.examples } }
}

/** The same for Swagger 2.0, which has no examples by name. */
export function sharedDefinitions (definitions?: Shared) {
  return { [errorName]: errorSchema, ...definitions }
}

const responses = (describe: (status: string) => object): object => ({
  200: saved,
  ...Object.fromEntries(Object.entries(statuses).map(([status, description]) => [status, { description, ...describe(status) }]))
})

/** What an operation answers, for OpenAPI 3. */
export const openapiResponses = responses((status) => {
  const schema = { $ref: `#/components/schemas/${errorName}` }
  return { content: { 'application/json': { schema, ...examplesOf(status) } } }
})

/** What an operation answers, for Swagger 2.0. */
export const swaggerResponses = responses(() => ({ $ref: `#/definitions/${errorName}` }))
