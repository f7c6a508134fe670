import awsLambdaFastify from '@fastify/aws-lambda'
import { http } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { portrait } from '../../fixtures/pictures.js'
import { assertError } from '../../helpers/host.js'
import { token } from '../../helpers/tokens.js'
import { ownPhoto } from '../../helpers/wire.js'
import { build, photo, served } from '../../hosts/hosts.js'

const headers = { authorization: `Bearer ${token()}`, 'content-type': 'image/jpeg' }

/** An event as API Gateway's HTTP APIs and function URLs send it (payload format 2.0). */
function event (body: Buffer | string, fields: Readonly<Record<string, string>> = headers): object {
  return {
    version: '2.0',
    rawPath: ownPhoto,
    rawQueryString: '',
    headers: fields,
    requestContext: { http: { method: 'PUT', path: ownPhoto, sourceIp: '192.0.2.1' }, requestId: 'x', stage: '$default' },
    body: body.toString('base64'),
    isBase64Encoded: true
  }
}

interface LambdaAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly isBase64Encoded: boolean
}

t.test('@fastify/aws-lambda: a photo that the gateway sent in base64 is saved as it was, and refusals have the envelope', async (t) => {
  const { app, saved } = await build({}, 'after')
  t.teardown(() => app.close())
  const handle = awsLambdaFastify(app)
  await app.ready()
  const send = async (...sent: Parameters<typeof event>) => await handle(event(...sent), {}) as LambdaAnswer

  t.match(await send(portrait), { statusCode: 200, body: '', isBase64Encoded: false, headers: { 'request-id': /./ } })
  t.ok(saved.pop()?.photo.data.equals(portrait))
  assertError(t, await send(portrait, { 'content-type': 'image/jpeg' }), { statusCode: 401, code: 'InvalidAuthenticationToken' })
  assertError(t, await send('no picture'), { statusCode: 400, code: 'BadRequest' })
  assertError(t, await send(Buffer.alloc(4 * 1024 * 1024)), { statusCode: 413, code: 'RequestEntityTooLarge' })
  t.equal(saved.length, 0)
})

/** As a cloud function is written over Fastify: the framework owns the server, and has read the body. */
function asFunction (name: string, app: FastifyInstance): ReturnType<typeof getTestServer> {
  http(name, async (request, response) => {
    await app.ready()
    app.routing(request, response)
  })
  return getTestServer(name)
}

t.test('the Google functions-framework: a photo whose body the framework has read is saved as it was', async (t) => {
  const { app, saved } = await build({ options: { contentTypes: '*' } }, 'after')
  t.teardown(() => app.close())
  const server = asFunction('photos', app)
  const ask = await served(t, {
    server,
    listen: ({ port, host }) => new Promise<void>((resolve) => { server.listen(port, host, resolve) }),
    close: () => new Promise<void>((resolve) => { server.close(() => resolve()) })
  })

  for (const type of ['image/jpeg', 'application/octet-stream', 'text/plain']) {
    t.equal((await ask(photo({ headers: { 'content-type': type } }))).statusCode, 200, type)
    t.ok(saved.pop()?.photo.data.equals(portrait))
  }
  assertError(t, await ask(photo({ token: 'none.of.ours' })), { statusCode: 401, code: 'InvalidAuthenticationToken' })
  assertError(t, await ask(photo({ body: 'no picture' })), { statusCode: 400, code: 'BadRequest', message: /isn't an image/ })
  assertError(t, await ask(photo({ body: Buffer.alloc(4 * 1024 * 1024) })), { statusCode: 413, code: 'RequestEntityTooLarge' })
  t.equal(saved.length, 0)
})
