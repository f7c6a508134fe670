import { createServer } from 'node:http'
import express, { type RequestHandler } from 'express'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { portrait } from '../../fixtures/pictures.js'
import { assertError, errorsIn, host as hostOf } from '../../helpers/host.js'
import { build, photo, served, type Ask } from '../../hosts/hosts.js'

/** An Express app with a body parser in front of the routes of `app`, which are below /graph. */
async function behind (t: Test, app: FastifyInstance, parser: RequestHandler): Promise<Ask> {
  await app.ready()
  t.teardown(() => app.close())
  const server = createServer(express()
    .use(parser)
    .get('/own', (_request, response) => { response.send('Express') })
    .use('/graph', (request, response) => { app.routing(request, response) }))
  return served(t, {
    server,
    listen: ({ port, host }) => new Promise<void>((resolve) => { server.listen(port, host, resolve) }),
    close: () => new Promise<void>((resolve) => { server.close(() => resolve()) })
  })
}

const graphPhoto = '/graph/v1.0/me/photo/$value'

t.test('Express in front of app.routing: photos are saved, refusals have the envelope, and Express answers the rest', async (t) => {
  const { app, saved } = await build({}, 'after')
  const ask = await behind(t, app, express.json())
  t.match(await ask(photo({ url: graphPhoto })), { statusCode: 200, body: '' })
  t.ok(saved.pop()?.photo.data.equals(portrait))
  assertError(t, await ask(photo({ url: graphPhoto, token: 'none.of.ours' })), { statusCode: 401, code: 'InvalidAuthenticationToken' })
  const tooLarge = await ask(photo({ url: graphPhoto, body: Buffer.alloc(5 * 1024 * 1024) }))
  assertError(t, tooLarge, { statusCode: 413, code: 'RequestEntityTooLarge' })
  t.equal((await ask({ url: '/own' })).body, 'Express')
  t.equal(saved.length, 0)
})

t.test('express.raw in front of app.routing: photos that it has read are saved as they were', async (t) => {
  const { app, saved } = await build({}, 'after')
  const ask = await behind(t, app, express.raw({ type: () => true, limit: '5mb' }))
  t.equal((await ask(photo({ url: graphPhoto }))).statusCode, 200)
  t.ok(saved.pop()?.photo.data.equals(portrait))
  assertError(t, await ask(photo({ url: graphPhoto, body: 'no picture' })), { statusCode: 400, code: 'BadRequest' })
  t.equal(saved.length, 0)
})

t.test('a parser in front that keeps no bytes: 500, and the log says that the body was read before', async (t) => {
  const { app, saved, logs } = await hostOf(t, { contentTypes: '*' })
  const ask = await behind(t, app, express.text({ type: () => true }))
  assertError(t, await ask(photo({ url: graphPhoto })), { statusCode: 500, code: 'ErrorInternalServerError' })
  t.match(errorsIn(logs), [{ err: { message: /was read before/ } }])
  t.equal(saved.length, 0)
})

t.test('without a mount path, as the page shows: Fastify answers below its prefix, and Express answers the rest', async (t) => {
  const { app, saved } = await build({}, 'after')
  const ask = await behind(t, app, (request, response, next) => {
    if (request.url.startsWith('/v1.0/')) app.routing(request, response)
    else next()
  })
  t.equal((await ask(photo({ url: '/v1.0/me/photo/$value' }))).statusCode, 200)
  t.ok(saved.pop()?.photo.data.equals(portrait))
  t.equal((await ask({ url: '/own' })).body, 'Express')
})
