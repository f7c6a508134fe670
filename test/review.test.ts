import { EventEmitter, once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { GraphError, graphPhoto, graphServerOptions, type GraphPhotoOptions, type PhotoTarget } from '../lib/index.js'
import { portrait } from './fixtures/pictures.js'
import { assertError, audience, host, put, secret, tenantId, token, userId } from './helpers/host.js'
import { errorsIn, head, listen, ownPhoto, RawClient, serverOptions } from './helpers/wire.js'

function withGetter (name: string): Error {
  return Object.defineProperty(new Error('outer'), name, { enumerable: true, get () { throw new Error('the getter failed') } })
}

t.test('an error that cannot be logged as it is still has its answer and one line', async (t) => {
  const busy = Object.freeze(new GraphError(503, 'ServiceUnavailable', 'The store is busy.', { retryAfter: 5 }))
  const { app, logs } = await host(t, { savePhoto () { throw busy } })
  const answer = await put(app)
  assertError(t, answer, { statusCode: 503, code: 'ServiceUnavailable', message: 'The store is busy.' })
  t.equal(answer.headers['retry-after'], '5')
  t.match(errorsIn(logs), [{ msg: 'photo not saved', err: /The store is busy/ }])

  const wrapped = new Error('disk', { cause: Object.freeze(new Error('full')) })
  for (const thrown of [wrapped, Object.freeze(new Error('disk')), withGetter('detail'), withGetter('stack'), withGetter('message')]) {
    const { app, logs } = await host(t, { savePhoto () { throw thrown } })
    assertError(t, await put(app), { statusCode: 500, code: 'ErrorInternalServerError' })
    t.match(errorsIn(logs), [{ msg: 'photo not saved' }])
    t.equal(errorsIn(logs).length, 1)
  }
})

const other = '/v1.0/users/someone@contoso.example/photo/$value'

/** As a host without types may write it. */
function inPlace (change: (target: Record<string, unknown>) => unknown): NonNullable<GraphPhotoOptions['resolveTarget']> {
  return (target) => change(target as unknown as Record<string, unknown>) as PhotoTarget | null
}

t.test('a target that is changed in place cannot leave its tenant or its kind', async (t) => {
  for (const change of [{ tenantId: 'another' }, { kind: 'group', groupId: 'all' }]) {
    const { app, saved } = await host(t, { resolveTarget: inPlace((target) => Object.assign(target, change)) })
    assertError(t, await put(app), { statusCode: 500, code: 'ErrorInternalServerError' })
    t.equal(saved.length, 0)
  }
  const { app, saved } = await host(t, { resolveTarget: inPlace((target) => Object.assign(target, { userId })) })
  t.equal((await put(app)).statusCode, 200)
  t.match(saved, [{ context: { target: { kind: 'user', tenantId, userId } } }])
})

t.test('an unknown user is refused as a known one is, whatever is changed in place before null', async (t) => {
  for (const found of [undefined, userId]) {
    const { app } = await host(t, { resolveTarget: inPlace((target) => { target['userId'] = found; return null }) })
    assertError(t, await put(app, { url: other }), { statusCode: 403, code: 'ErrorAccessDenied' })
  }
})

t.test('a hook may return a function with a then, which await waits for too', async (t) => {
  const query = Object.assign(() => {}, {
    then (_done: () => void, fail: (error: Error) => void) { setImmediate(fail, new Error('not written')) }
  })
  const { app } = await host(t, { savePhoto: () => query as unknown as Promise<void> })
  assertError(t, await put(app), { statusCode: 500, code: 'ErrorInternalServerError' })
})

t.test('a body that a hook of the host made no bytes is a 500, and the process goes on', async (t) => {
  for (const chunk of [7, { length: 4 }]) {
    let saves = 0
    const app = Fastify(graphServerOptions)
    t.teardown(() => app.close())
    app.addHook('preParsing', async () => Readable.from([chunk]))
    await app.register(graphPhoto, { prefix: '/v1.0', jwt: { secret, verify: { allowedAud: audience } }, savePhoto () { saves++ } })
    assertError(t, await put(app), { statusCode: 500, code: 'ErrorInternalServerError' })
    t.equal(saves, 0)
  }
})

t.test('a 404 names what the request addresses, not a parameter of the prefix', async (t) => {
  for (const prefix of ['/:userId', '/:groupId', '/:groupId/:userId']) {
    const { app } = await host(t, { prefix, resolveTarget: () => null } as Partial<GraphPhotoOptions>)
    for (const [path, id] of [['/me', userId], [`/users/${userId}`, userId], ['/groups/all', 'all']]) {
      const url = `${prefix.replace(/:\w+/g, 'elsewhere')}${path}/photo/$value`
      assertError(t, await put(app, { url }), {
        statusCode: 404,
        code: 'Request_ResourceNotFound',
        message: `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`
      })
    }
  }
})

t.test('whoever leaves before the answer is named in the log all the same, where the photo was saved', async (t) => {
  for (const http2 of [false, true]) {
    const saving = new EventEmitter()
    const { app, logs } = await host(t, {
      async savePhoto () {
        saving.emit('started')
        await once(saving, 'go on')
        setImmediate(() => saving.emit('saved'))
      }
    }, await serverOptions({ http2 }))
    const started = once(saving, 'started')
    const leave = await upload(t, await listen(app), http2)
    await started
    leave()
    await wait(100)
    const saved = once(saving, 'saved')
    saving.emit('go on')
    await saved
    await wait(100)
    const lines = logs.filter(({ photo }) => photo !== undefined)
    t.equal(lines.length, 1)
    t.match(lines, [{
      msg: 'photo saved', photo: { caller: { id: userId, tenantId }, target: { kind: 'user', userId }, bytes: portrait.length }
    }])
    t.strictSame(errorsIn(logs), [])
  }
})

/** Sends a photo, and returns what breaks the connection, or the stream of HTTP/2. */
async function upload (t: Test, port: number, http2: boolean): Promise<() => void> {
  if (!http2) {
    const client = await RawClient.open(t, port)
    await client.write(head({ 'Content-Length': String(portrait.length) }))
    await client.write(portrait)
    return () => client.socket.resetAndDestroy()
  }
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  t.teardown(() => session.destroy())
  const stream = session.request({
    ':method': 'PUT', ':path': ownPhoto, authorization: `Bearer ${token()}`, 'content-type': 'image/jpeg'
  })
  stream.end(portrait)
  return () => stream.close(constants.NGHTTP2_CANCEL)
}
