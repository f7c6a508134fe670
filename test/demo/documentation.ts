import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { groups, users } from './directory.js'

const description = `Authorize with a token that the server printed when it started, choose a file, send it, and get it again. [The page](/) does all that with a click.

| who | id | name |
|---|---|---|
${users.map(({ id, userPrincipalName }) => `| user | ${id} | ${userPrincipalName} |`).join('\n')}
${groups.map(({ id, displayName }) => `| group | ${id} | ${displayName} |`).join('\n')}

Ada owns the Designers; Maeve and the demo app own the Readers. Any contact id and contact folder id of these users is accepted.`

const tags = [
  { name: 'users.profilePhoto', description: "A user's photo; the caller's own is at `/me`." },
  { name: 'groups.profilePhoto', description: "A group's photo." },
  { name: 'contacts.profilePhoto', description: 'The photo of a contact, in a folder or not.' }
]

/** Fits a window of 400 px: ids and paths wrap, and what stands in columns goes below one another. */
const narrow = `
  .swagger-ui { overflow-wrap: anywhere }
  .swagger-ui .response-col_links { display: none }
  @media (max-width: 40rem) {
    .swagger-ui .opblock-tag, .swagger-ui .opblock .opblock-section-header { flex-wrap: wrap }
    .swagger-ui .opblock-tag small { flex: 1 0 100%; order: 1; padding: 0 }
    .swagger-ui .opblock-summary-path-description-wrapper { flex-wrap: wrap; gap: 0 10px }
    .swagger-ui .responses-table thead { display: none }
    .swagger-ui .responses-table :is(tbody, tr, td.response-col) { display: block; width: 100% }
    .swagger-ui .responses-table td.response-col_description { padding: 0 }
    .swagger-ui .renderedMarkdown table td { padding: 4px 6px 4px 0; min-width: 3.5em }
    .swagger-ui .renderedMarkdown table th { padding: 4px 6px 4px 0 }
    .swagger-ui .wrapper { padding: 0 10px }
    .swagger-ui .response-controls, .swagger-ui .response-control-media-type { flex-wrap: wrap; gap: 8px }
  }
`

/** The OpenAPI document and its page. It lists the routes that are registered after it. */
export async function addDocumentation (app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'Profile photos', version: 'v1.0', description },
      tags,
      components: { securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } }
    }
  })
  await app.register(swaggerUi, {
    routePrefix: '/documentation',
    uiConfig: { tryItOutEnabled: true, persistAuthorization: true },
    theme: { css: [{ filename: 'narrow.css', content: narrow }] }
  })
}
