import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { graphServerOptions, type GraphPhotoOptions } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { gate, turns, type Gate } from '../helpers/clock.js'
import { errorsIn, host, type Host, type LogLine } from '../helpers/host.js'
import { accepted, type Fields, gone, head, listen, openHttp2, RawClient, serverOptions, uploadHttp2 } from '../helpers/wire.js'

const upload = (picture = portrait, fields: Fields = {}) =>
  Buffer.concat([Buffer.from(head({ 'Content-Length': String(picture.length), ...fields })), picture])
const noToken = { Authorization: undefined }
const chunked = { 'Transfer-Encoding': 'chunked' }
const slow = 'GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** A host with a route that answers once its gate opens, and with hooks of its own. */
async function slowHost (
  t: Test, options: Partial<GraphPhotoOptions> = {}, setUp: (app: FastifyInstance) => unknown = () => {}, server: FastifyServerOptions = graphServerOptions
): Promise<Host & { gate: Gate }> {
  const slowly = gate()
  const hosted = await host(t, options, server, (app) => {
    app.get('/slow', async () => { await slowly.pass(); return 'slow' })
    return setUp(app)
  })
  return { ...hosted, gate: slowly }
}

const savedLines = (logs: readonly LogLine[]) => logs.filter(({ msg }) => msg.startsWith('photo saved'))

t.test('a good photo before a request whose refusal closes the connection has its 200', async (t) => {
  const { app, saved } = await host(t)
  const port = await listen(app)
  for (const behind of [head({ 'Content-Length': '5000000' }), head({ ...noToken, 'Content-Length': '5000000' }), head({ ...noToken, ...chunked })]) {
    for (let i = 0; i < 10; i++) {
      const client = await RawClient.open(t, port)
      await client.write(Buffer.concat([upload(), Buffer.from(behind)]))
      t.equal((await client.answer())?.statusCode, 200)
      const refused = await client.answer()
      t.match(refused?.statusCode, /^4/)
      t.equal(refused?.headers['connection'], 'close')
      client.socket.destroy()
    }
  }
  t.equal(saved.length, 30)
})

t.test('a photo behind a request whose slow refusal closes the connection is not saved', async (t) => {
  const { asked, open, pass } = gate()
  const { app, saved, logs } = await host(t, {}, graphServerOptions, (app) =>
    app.addHook('onRequest', async ({ headers }) => { if (headers.authorization === undefined) await pass() }))
  const sockets = accepted(app)
  const client = await RawClient.open(t, await listen(app))
  await client.write(Buffer.concat([Buffer.from(head({ ...noToken, ...chunked }) + '5\r\nhello\r\n0\r\n\r\n'), upload()]))
  await asked
  await turns(20)
  open()
  t.equal((await client.answer())?.headers['connection'], 'close')
  t.equal(await client.answer(), undefined)
  client.socket.end()
  await Promise.all(sockets.map(gone))
  await turns(20)
  t.equal(saved.length, 0)
  t.strictSame(savedLines(logs), [])
})

t.test('a photo followed by bytes that are not a request is not saved: the client reads 400', async (t) => {
  const { app, saved, logs } = await host(t)
  const sockets = accepted(app)
  const port = await listen(app)
  for (let i = 0; i < 10; i++) {
    const client = await RawClient.open(t, port)
    await client.write(Buffer.concat([upload(), portrait]))
    t.equal((await client.answer())?.statusCode, 400)
  }
  await Promise.all(sockets.map(gone))
  t.equal(saved.length, 0)
  t.strictSame(savedLines(logs), [])
  t.strictSame(errorsIn(logs), [])
})

t.test('a photo is saved on its turn, after every answer before it', async (t) => {
  const { app, saved, gate } = await slowHost(t)
  const client = await RawClient.open(t, await listen(app))
  await client.write(Buffer.concat([Buffer.from(slow), upload(), upload()]))
  await gate.asked
  await turns(50)
  t.equal(saved.length, 0)
  gate.open()
  t.equal((await client.answer())?.body, 'slow')
  for (const count of [1, 2]) {
    t.equal((await client.answer())?.statusCode, 200)
    t.ok(saved.length >= count)
  }
  t.strictSame(saved.map(({ photo }) => photo.data), [portrait, portrait])
})

t.test('a pipeline of forty photos holds one in memory', async (t) => {
  const { asked, open, pass } = gate()
  let saved = 0
  const { app } = await host(t, { savePhoto: async () => { saved++; await pass() } })
  const sockets = accepted(app)
  const client = await RawClient.open(t, await listen(app))
  const picture = Buffer.concat([portrait, Buffer.alloc(1_000_000)])
  const written = Promise.all(Array.from({ length: 40 }, () => client.write(upload(picture))))
  await asked
  await turns(500)
  t.ok((sockets[0]?.bytesRead ?? 0) < 2 * picture.length, `${sockets[0]?.bytesRead} bytes were read`)
  t.equal(saved, 1)
  open()
  for (let i = 0; i < 40; i++) t.equal((await client.answer())?.statusCode, 200)
  await written
})

t.test('many small requests of one pipeline wait without a warning', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => { warnings.push(warning) }
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const { app, gate } = await slowHost(t)
  const client = await RawClient.open(t, await listen(app))
  const small = upload(Buffer.from('x'))
  await client.write(Buffer.concat([Buffer.from(slow), ...Array.from({ length: 30 }, () => small)]))
  await gate.asked
  await turns(50)
  gate.open()
  await client.answer()
  for (let i = 0; i < 30; i++) t.equal((await client.answer())?.statusCode, 400)
  t.strictSame(warnings.map(String), [])
})

for (const listens of [false, true]) {
  t.test(`a client that goes away before its photo's turn saves nothing${listens ? ', where a host hook listens to the body' : ''}`, async (t) => {
    const { app, saved, logs, gate } = await slowHost(t, {}, (app) => {
      if (listens) app.addHook('preParsing', async ({ raw }) => { raw.on('data', () => {}) })
    })
    const sockets = accepted(app)
    const client = await RawClient.open(t, await listen(app))
    await client.write(Buffer.concat([Buffer.from(slow), upload()]))
    await gate.asked
    await turns(20)
    client.socket.resetAndDestroy()
    await Promise.all(sockets.map(gone))
    gate.open()
    await turns(20)
    t.equal(saved.length, 0)
    t.strictSame(savedLines(logs), [])
    t.strictSame(errorsIn(logs), [])
  })
}

t.test('a photo that arrives on a connection that is already gone saves nothing', async (t) => {
  const { asked, open, pass } = gate()
  const { app, saved, logs, gate: slowly } = await slowHost(t, {}, (app) =>
    app.addHook('onRequest', async ({ url }) => { if (url !== '/slow') await pass() }))
  const sockets = accepted(app)
  const client = await RawClient.open(t, await listen(app))
  await client.write(Buffer.concat([Buffer.from(slow), upload()]))
  await asked
  client.socket.resetAndDestroy()
  await Promise.all(sockets.map(gone))
  open()
  await turns(20)
  slowly.open()
  t.equal(saved.length, 0)
  t.strictSame(errorsIn(logs), [])
})

/** Sends a photo behind a slow request; it is saved whole, and a host hook that listens has heard all of it. */
async function assertHeardWhole (t: Test, { app, saved, gate }: Awaited<ReturnType<typeof slowHost>>, heard: readonly Buffer[]): Promise<void> {
  const client = await RawClient.open(t, await listen(app))
  await client.write(Buffer.concat([Buffer.from(slow), upload()]))
  await gate.asked
  await turns(20)
  gate.open()
  await client.answer()
  t.equal((await client.answer())?.statusCode, 200)
  t.ok(saved[0]?.photo.data.equals(portrait))
  t.ok(Buffer.concat(heard).equals(portrait), 'and the hook heard all of it')
}

t.test('a body that a host hook listens to waits for its turn whole', async (t) => {
  const heard: Buffer[] = []
  const hosted = await slowHost(t, {}, (app) =>
    app.addHook('preParsing', ({ raw }, _reply, payload, done) => {
      raw.on('data', (chunk: Buffer) => { heard.push(chunk) })
      done(null, payload)
    }))
  await assertHeardWhole(t, hosted, heard)
})

t.test('so does one that a hook of the route listens to, which runs after the plugin', async (t) => {
  const heard: Buffer[] = []
  const hosted = await slowHost(t, {}, (app) => app.addHook('onRoute', (route) => {
    route.preParsing = (_request, _reply, payload, done) => {
      payload.on('data', (chunk: Buffer) => { heard.push(chunk) }).resume()
      done(null, payload)
    }
  }))
  await assertHeardWhole(t, hosted, heard)
})

t.test('nothing is saved once Fastify has answered, even while the answer is on its way', async (t) => {
  const { asked, open, pass } = gate()
  const { app, saved, logs } = await host(t, {}, { ...graphServerOptions, handlerTimeout: 50 }, (app) =>
    app.addHook('onSend', async () => { await pass() }))
  const arrived = once(app.server, 'request')
  const client = await RawClient.open(t, await listen(app))
  await client.write(upload().subarray(0, -1))
  const [raw]: [IncomingMessage] = await arrived as [IncomingMessage]
  await asked
  const read = once(raw, 'end')
  await client.write(portrait.subarray(-1))
  await read
  await turns(20)
  t.equal(saved.length, 0)
  open()
  t.equal((await client.answer())?.statusCode, 503)
  t.strictSame(savedLines(logs), [])
  t.strictSame(logs.filter(({ level }) => level > 30), [])
})

t.test('whoever refuses once Fastify has answered changes nothing of that answer', async (t) => {
  const answering = gate()
  const refusing = gate()
  const authenticate = async () => {
    await refusing.pass()
    return null
  }
  const { app, logs } = await host(t, { authenticate }, { ...graphServerOptions, handlerTimeout: 50 }, (app) =>
    app.addHook('onSend', async () => { await answering.pass() }))
  const client = await RawClient.open(t, await listen(app))
  await client.write(upload())
  await answering.asked
  refusing.open()
  await turns(20)
  answering.open()
  const answer = await client.answer()
  t.match(answer, { statusCode: 503, headers: { 'content-type': 'application/json' } })
  t.equal(JSON.parse(answer?.body ?? '').error.code, 'ServiceUnavailable')
  t.match(logs.filter(({ photo }) => photo !== undefined), [{ photo: { status: 503, code: 'ServiceUnavailable' } }])
  t.strictSame(logs.filter(({ level }) => level > 30), [])
})

t.test('nothing is saved while a refusal is on its way', async (t) => {
  const { asked, open, pass } = gate()
  const { app, saved, logs } = await host(t, { maxRequestBytes: 20_000 }, { ...graphServerOptions, handlerTimeout: 50 }, (app) =>
    app.addHook('onSend', async () => { await pass() }))
  const client = await RawClient.open(t, await listen(app))
  await client.write(head(chunked))
  await asked
  await client.write(`${(20_000).toString(16)}\r\n`)
  await client.write(Buffer.alloc(20_000))
  await turns(20)
  open()
  t.equal((await client.answer())?.statusCode, 503)
  t.equal(saved.length, 0)
  t.strictSame(logs.filter(({ level }) => level > 30), [])
})

for (const http2 of [false, true]) {
  const wire = http2 ? 'HTTP/2' : 'HTTP/1'
  const begin = async (t: Test, app: FastifyInstance): Promise<() => void> => {
    const port = await listen(app)
    if (http2) {
      const session = await openHttp2(t, port)
      uploadHttp2(session).on('error', () => {}).end(portrait)
      return () => session.destroy()
    }
    const client = await RawClient.open(t, port)
    await client.write(upload())
    return () => client.socket.resetAndDestroy()
  }
  const connectionOf = async (app: FastifyInstance) => (await once(app.server, 'connection'))[0]

  t.test(`a client that goes away while the host's onSend hook runs hides no save from the log, over ${wire}`, async (t) => {
    const { asked, open, pass } = gate()
    const { app, saved, logs } = await host(t, {}, await serverOptions({ http2 }), (app) => app.addHook('onSend', async () => { await pass() }))
    const connection = connectionOf(app)
    const leave = await begin(t, app)
    await asked
    leave()
    await gone(await connection)
    await turns(20)
    t.equal(saved.length, 1)
    t.match(savedLines(logs), [{ msg: 'photo saved, but the client had gone', photo: { bytes: portrait.length, status: undefined } }])
    open()
    await turns(20)
    t.equal(savedLines(logs).length, 1)
    t.strictSame(errorsIn(logs), [])
  })

  t.test(`a client that goes away while its photo is saved hides no save from the log, over ${wire}`, async (t) => {
    const { asked, open, pass } = gate()
    const { app, logs } = await host(t, { savePhoto: pass }, await serverOptions({ http2 }))
    const connection = connectionOf(app)
    const leave = await begin(t, app)
    await asked
    leave()
    await gone(await connection)
    await turns(20)
    t.equal(savedLines(logs).length, 0)
    open()
    await turns(20)
    t.match(savedLines(logs), [{ msg: 'photo saved, but the client had gone' }])
    t.equal(savedLines(logs).length, 1)
    t.strictSame(errorsIn(logs), [])
  })
}

t.test('a photo that is saved after the host has answered by itself has its line too', async (t) => {
  const { asked, open, pass } = gate()
  const { app, logs } = await host(t, { savePhoto: pass }, graphServerOptions, (app) =>
    app.addHook('preHandler', (_request, reply, done) => {
      asked.then(() => reply.code(503).send('later'), done)
      done()
    }))
  const client = await RawClient.open(t, await listen(app))
  await client.write(upload())
  await asked
  t.equal((await client.answer())?.statusCode, 503)
  t.equal(savedLines(logs).length, 0)
  open()
  await turns(20)
  t.equal(savedLines(logs).length, 1)
  t.strictSame(logs.filter(({ level }) => level > 30), [])
})

t.test('a photo whose answer is read has one line', async (t) => {
  const { app, logs } = await host(t)
  const client = await RawClient.open(t, await listen(app))
  for (let i = 0; i < 2; i++) {
    await client.write(upload())
    t.equal((await client.answer())?.statusCode, 200)
  }
  client.socket.destroy()
  await turns(20)
  t.strictSame(savedLines(logs).map(({ msg }) => msg), ['photo saved', 'photo saved'])
})
