import { Type, type TObject } from '@sinclair/typebox'
import type { PermissionTable } from '../../types/index.js'
import { fileSchema, type OperationSchema } from './openapi.js'
import type { methods, PhotoParams, PhotoRoute } from './table.js'

// eslint-disable-next-line no-control-regex -- control characters are what the pattern refuses
const wellFormed = /^[^\u0000-\u001f\u007f-\u009f]+$/
const id = (description: string) => Type.String({ minLength: 1, pattern: wellFormed.source, description })

const ids = {
  userId: id("The user's id or userPrincipalName."),
  groupId: id("The group's id."),
  contactId: id("The contact's id."),
  parentFolderId: id("The id of the folder that holds the contact's folder."),
  contactFolderId: id("The contact folder's id.")
}

function paramsSchema (route: PhotoRoute): TObject {
  return Type.Object(Object.fromEntries(route.ids.map((name) => [name, ids[name]])))
}

/** The id that is not as the schema says, if there is one; Fastify itself would ask only once it has read the body. */
export function malformedId (params: PhotoParams, route: PhotoRoute): keyof PhotoParams | undefined {
  return route.ids.find((name) => !isWellFormed(params[name]))
}

/** The router gives strings; a host hook may have put anything in their place. */
function isWellFormed (id: unknown): boolean {
  return typeof id === 'string' && wellFormed.test(id)
}

const errorSchema = Type.Object({
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    innerError: Type.Object({
      date: Type.String({ description: 'UTC, without zone or fraction.' }),
      'request-id': Type.String(),
      'client-request-id': Type.String()
    })
  })
})

const statuses: Readonly<Record<string, string>> = {
  400: 'The id, the body or the picture is not usable.',
  401: 'The access token is missing or not valid.',
  403: 'The caller may not update this photo.',
  404: 'There is no such user, group or contact.',
  413: 'The request is too large.',
  415: 'The Content-Type is not accepted.',
  429: 'Too many requests.',
  500: 'The server failed; nothing was saved.',
  503: 'The server is busy; nothing was saved.',
  default: 'Any other error.'
}

const responses = {
  200: Type.Null({ description: 'The photo is saved.' }),
  ...Object.fromEntries(Object.entries(statuses).map(([status, description]) => [status, { ...errorSchema, description }]))
}

/** What a route's schema needs to know of the options. */
export interface SchemaSettings {
  readonly permissions: PermissionTable
  readonly contentTypes: readonly string[] | '*'
}

/** The schema of a hidden spelling, which stays out of the document. */
export function hiddenSchema (route: PhotoRoute): OperationSchema {
  return { params: paramsSchema(route), hide: true }
}

function listed (permissions: readonly string[]): string {
  return permissions.length === 0 ? 'not supported' : permissions.join(', ')
}

/** The schema of one operation. */
export function operationSchema (
  route: PhotoRoute, { method, operation }: (typeof methods)[number], { permissions, contentTypes }: SchemaSettings
): OperationSchema {
  const labels = contentTypes === '*' ? ['*/*'] : contentTypes
  const { delegated, application } = permissions[route.kind]
  const applicationRow = route.owner === 'me' ? [] : application
  return {
    operationId: `${route.operation}.${operation}`,
    tags: ['profilePhoto'],
    summary: `Update the photo of ${route.subject}`,
    description: [
      `${method} the bytes of the picture. One of these permissions is needed:`,
      `delegated: ${listed(delegated)}; application: ${listed(applicationRow)}.`
    ].join(' '),
    security: [{ bearerAuth: [] }],
    params: paramsSchema(route),
    body: fileSchema(labels),
    response: responses
  }
}
