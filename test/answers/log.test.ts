import { EventEmitter, once } from 'node:events'
import { constants } from 'node:http2'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import { GraphError, graphPhoto } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { assertError, errorsIn, host, put, type LogLine } from '../helpers/host.js'
import { appClaims, secret, tenantId, token, userId } from '../helpers/tokens.js'
import { gone, head, listen, openHttp2, RawClient, serverOptions, uploadHttp2 } from '../helpers/wire.js'

const isOurs = ({ msg }: LogLine) => msg.startsWith('photo')

t.test('a saved photo is one line at info that says who did what', async (t) => {
  const { app, logs } = await host(t)
  const { headers } = await put(app)
  const lines = logs.filter(isOurs)
  t.equal(lines.length, 1)
  t.match(lines[0], { level: 30, msg: 'photo saved' })
  t.equal(JSON.stringify(lines[0]).split(String(headers['request-id'])).length, 2, 'the request id stands once in the line')
  t.strictSame(lines[0]?.['photo'], {
    method: 'PUT',
    status: 200,
    caller: { kind: 'delegated', id: userId, tenantId, appId: 'f6b4f1d2-7f0b-4e0e-8f53-0a2f2cf4a0c1' },
    target: { tenantId, kind: 'user', userId },
    bytes: portrait.length
  })
})

t.test("a saved photo is one line, whatever the host's onResponse hooks wait for", async (t) => {
  const release = new EventEmitter()
  const waits = async (app: FastifyInstance) => app.addHook('onResponse', async () => { await once(release, 'now') })
  const { app, logs } = await host(t, {}, undefined, waits)
  const client = await RawClient.open(t, await listen(app))
  await client.write(Buffer.concat([Buffer.from(head({ 'Content-Length': String(portrait.length), Connection: 'close' })), portrait]))
  t.match(await client.answer(), { statusCode: 200 })
  client.socket.end()
  await client.closed()
  release.emit('now')
  t.match(logs.filter(isOurs), [{ level: 30, msg: 'photo saved', photo: { status: 200 } }])
  t.equal(logs.filter(isOurs).length, 1)
})

t.test('a refused request is one line at info that says why', async (t) => {
  const { app, logs } = await host(t)
  await put(app, { headers: { authorization: `Bearer ${token().slice(0, -4)}AAAA` } })
  await put(app, { claims: appClaims({ roles: [] }), url: '/v1.0/groups/G/photo/$value' })
  await put(app, { payload: 'no image' })
  const lines = logs.filter(isOurs)
  t.strictSame(lines.map(({ level, msg }) => [level, msg]), [[30, 'photo refused'], [30, 'photo refused'], [30, 'photo refused']])
  t.match(lines[0]?.['photo'], { status: 401, code: 'InvalidAuthenticationToken', why: { code: 'signatureInvalid' }, bytes: 0 })
  t.match(lines[1]?.['photo'], { status: 403, code: 'ErrorAccessDenied', why: { code: 'permissionMissing' }, caller: { kind: 'application' } })
  t.match(lines[2]?.['photo'], { status: 400, code: 'BadRequest', bytes: 8, target: { kind: 'user', userId } })
})

t.test('the cause of a failure is logged, with its code where it has one', async (t) => {
  const { app, logs } = await host(t, { savePhoto: () => { throw Object.assign(new Error('disk full'), { code: 'ENOSPC' }) } })
  await put(app)
  t.match(logs.find(({ level }) => level === 50), { err: { message: 'disk full', code: 'ENOSPC' } })
  t.match(logs.find(({ msg }) => msg === 'photo refused'), { level: 30, photo: { status: 500, why: { code: 'hookFailed' } } }, 'the line at info comes beside it')
})

t.test("a saved photo is not called unsaved where the host's own hook fails afterwards", async (t) => {
  const logs: LogLine[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => { logs.push(JSON.parse(line)) } } } })
  t.teardown(() => app.close())
  app.addHook('onSend', async (_request, { statusCode }) => { if (statusCode === 200) throw new Error('broken') })
  await app.register(graphPhoto, { prefix: '/v1.0', jwt: { secret }, savePhoto () {} })
  t.equal((await put(app)).statusCode, 500)
  t.match(logs.filter(isOurs), [{ level: 50, msg: 'photo saved, but the answer failed' }, { level: 30, msg: 'photo saved', photo: { status: 500 } }])
})

t.test('the cause of a refusal by a hook is in the line at info', async (t) => {
  const { app, logs } = await host(t, {
    savePhoto: () => { throw new GraphError(409, 'Conflict', 'Not now.', { cause: new Error('the directory owns it') }) }
  })
  await put(app)
  t.match(logs.find(({ msg }) => msg === 'photo refused'), { level: 30, photo: { status: 409, why: { code: 'Conflict', message: 'Not now.' }, cause: 'the directory owns it' } })
  t.strictSame(logs.filter(({ level }) => level > 30), [])
})

t.test('what finds the key of a token may quote the token: the log does not', async (t) => {
  const sent = token()
  const config = { headers: { authorization: `Bearer ${sent}` } }
  for (const error of [new Error(`no key for ${sent}`), Object.assign(new Error('Request failed'), { response: { config } })]) {
    const { app, logs } = await host(t, { jwt: { secret: async () => { throw error } } })
    await put(app, { headers: { authorization: `Bearer ${sent}` } })
    t.match(logs.find(isOurs)?.['photo'], { status: 401, why: { code: 'keyFailed' } })
    t.match(logs.find(({ level }) => level === 50)?.['err'], /no key for \[token\]|Request failed/)
    t.notOk(sent.split('.').some((part) => JSON.stringify(logs).includes(part)), 'not even a part of it')
  }
})

t.test('neither the token nor the picture is logged', async (t) => {
  const { app, logs } = await host(t)
  const sent = token()
  await put(app, { headers: { authorization: `Bearer ${sent}` } })
  await put(app, { headers: { authorization: `Bearer ${sent}x` } })
  const text = JSON.stringify(logs)
  t.notMatch(text, sent.split('.')[2])
  t.notMatch(text, 'Bearer')
  const piece = portrait.subarray(99, 120) // whole groups of three bytes, as base64 groups them
  for (const written of [piece.toString('base64'), [...piece].join(',')]) t.notMatch(text, written)
})

t.test('an answer that a host hook sends does not count as a saved photo', async (t) => {
  const app = Fastify({ logger: { stream: { write: (line: string) => { logs.push(JSON.parse(line)) } } } })
  t.teardown(() => app.close())
  const logs: LogLine[] = []
  app.addHook('onRequest', async (_request, reply) => reply.code(204).send())
  await app.register(graphPhoto, { authenticate: () => null, savePhoto () {} })
  const { headers } = await app.inject({ method: 'PUT', url: '/me/photo/$value' })
  t.ok(headers['request-id'], 'it carries the ids all the same')
  t.match(logs.filter(isOurs), [{ msg: 'photo refused', photo: { status: 204 } }])
})

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

  const unwritable = Object.assign(withGetter('detail'), { [inspect.custom]: () => { throw new Error('it failed too') } })
  const { app: other, logs: line } = await host(t, { savePhoto () { throw unwritable } })
  assertError(t, await put(other), { statusCode: 500, code: 'ErrorInternalServerError' })
  t.match(errorsIn(line), [{ msg: 'photo not saved', err: 'a value that cannot be written' }])
})

t.test("the caller's own id of a request is in its line", async (t) => {
  const { app, logs } = await host(t)
  const clientRequestId = '5c0a2c31-7f2f-4c7b-9d5e-2a4f3b1c0d9e'
  await put(app, { headers: { 'client-request-id': clientRequestId } })
  t.match(logs.filter(isOurs), [{ photo: { clientRequestId } }])
})

t.test('a caller who leaves before the answer is named in the log all the same, if the photo was saved', async (t) => {
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
    const arrived: Promise<unknown[]> = once(app.server, http2 ? 'stream' : 'connection')
    const leave = await upload(t, await listen(app), http2)
    await started
    leave()
    const [connection] = await arrived
    await gone(connection as Socket) // or the stream of HTTP/2, which closes alike
    const saved = once(saving, 'saved')
    saving.emit('go on')
    await saved
    const ours = () => logs.filter(({ photo }) => photo !== undefined)
    while (ours().length === 0) await turn()
    await turn()
    const lines = ours()
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
  const stream = uploadHttp2(await openHttp2(t, port))
  stream.end(portrait)
  return () => stream.close(constants.NGHTTP2_CANCEL)
}
