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
  const mediaTypes = contentTypes === '*' ? ['*/*'] : contentTypes
  const { delegated, application } = permissions[route.kind]
  const applicationRow = route.owner === 'me' ? [] : application
  return {
    operationId: `${route.operation}.${operation}`,
    tags: [`${route.kind}s.profilePhoto`],
    summary: `Update the photo of ${route.subject}`,
    description: [
      `${method} the bytes of the picture. One of these permissions is needed:`,
      `delegated: ${listed(delegated)}; application: ${listed(applicationRow)}.`
    ].join(' '),
    security: [{ bearerAuth: [] }],
    params: paramsSchema(route),
    body: fileSchema(mediaTypes)
  }
}
