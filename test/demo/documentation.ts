import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { groups, users } from './directory.js'

const description = `Authorize with a token that the server printed when it started, choose a file, send it, and get it again.

| who | id | name |
|---|---|---|
${users.map(({ id, userPrincipalName }) => `| user | ${id} | ${userPrincipalName} |`).join('\n')}
${groups.map(({ id, displayName }) => `| group | ${id} | ${displayName} |`).join('\n')}

Ada owns the Designers; Maeve and the demo app own the Readers. Any contact id and contact folder id of these users is accepted.`

/** The OpenAPI document and its page. It lists the routes that are registered after it. */
export async function addDocumentation (app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'Profile photos', version: 'v1.0', description },
      components: { securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } }
    }
  })
  await app.register(swaggerUi, {
    routePrefix: '/documentation',
    uiConfig: { tryItOutEnabled: true, persistAuthorization: true }
  })
}
