import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import t from 'tap'
import { z } from 'zod'
import { graphPhoto, graphServerOptions } from '../../../lib/index.js'
import { assertValid, documentIn, operationsOf } from '../../helpers/openapi.js'
import { assertAtHome } from '../../hosts/hosts.js'

function zodRoutes (app: FastifyInstance): void {
  const zod = app.withTypeProvider<ZodTypeProvider>()
  const answer = { 200: z.object({ own: z.boolean() }) }
  zod.get('/own', { schema: { response: answer } }, async () => ({ own: true }))
  zod.post('/own', { schema: { body: z.object({ name: z.string() }) } }, async ({ body }) => ({ hello: body.name.toUpperCase() }))
  zod.get('/own/failing', async () => { throw new Error('The host failed.') })
  zod.put('/own/upload', async () => ({ own: true }))
}

t.test('a host of fastify-type-provider-zod: photos are saved, and the host is as it was', async (t) => {
  await assertAtHome(t, {
    build: (app) => app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler),
    routes: zodRoutes
  })
})

t.test('a Zod host with its own transform gets its document', async (t) => {
  const app = Fastify(graphServerOptions).setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler)
  t.teardown(() => app.close())
  await app.register(swagger, { openapi: { info: { title: 'A host', version: '1.0.0' } }, transform: jsonSchemaTransform })
  await app.register(graphPhoto, { prefix: '/v1.0', savePhoto () {}, authenticate: () => null })
  app.get('/own', { schema: { operationId: 'own', querystring: z.object({ page: z.number() }) } }, async () => ({}))
  await app.ready()
  const document = documentIn(app.swagger())
  await assertValid(t, document)
  t.equal(operationsOf(document).length, 14)
  t.match(document.paths['/own']?.['get']?.parameters, [{ name: 'page', in: 'query' }])
})
