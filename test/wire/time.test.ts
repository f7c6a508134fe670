import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { graphServerOptions } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { stopClock, turns } from '../helpers/clock.js'
import { assertError, errorsIn, host, type Host } from '../helpers/host.js'
import { userId } from '../helpers/tokens.js'
import { accepted, chunk, gone, head, listen, openHttp2, RawClient, serverOptions, statusOf, uploadHttp2 } from '../helpers/wire.js'

const whole = { 'Content-Length': String(portrait.length) }
const chunked = { 'Transfer-Encoding': 'chunked' }
const half = portrait.subarray(0, portrait.length / 2)
const timeout = { statusCode: 408, code: 'RequestTimeout', message: 'The request took too long. Please try again.' }

/** Sends half an upload, and waits until the server has it. */
async function stall (t: Test, { app }: Host, fields = {}, body = half): Promise<RawClient> {
  const sockets = accepted(app)
  const client = await RawClient.open(t, await listen(app))
  const sent = Buffer.concat([Buffer.from(head({ ...whole, ...fields })), body])
  await client.write(sent)
  while ((sockets[0]?.bytesRead ?? 0) < sent.length) await turns(1)
  await turns(5)
  return client
}

for (const [name, server, seconds] of [
  ["within the server's requestTimeout", { ...graphServerOptions, requestTimeout: 60_000 }, 60],
  ['within 300 seconds, where the server sets none', {}, 300]
] as const) {
  t.test(`a body that is not whole ${name} has 408, and its connection ends`, async (t) => {
    const hosted = await host(t, {}, server)
    const sockets = accepted(hosted.app)
    const pass = stopClock(t)
    const client = await stall(t, hosted)
    pass(seconds * 1000 - 100)
    await turns(5)
    t.equal(sockets[0]?.writable, true)
    t.equal(hosted.logs.some(({ msg }) => msg === 'photo refused'), false)
    pass(200)
    const answer = await client.answer()
    assertError(t, answer, timeout)
    t.equal(answer?.headers['connection'], 'close')
    // Without a discard: the client sends nothing more, and time stands still.
    await gone(sockets[0])
    t.equal(hosted.saved.length, 0)
    t.strictSame(errorsIn(hosted.logs), [])
    t.match(hosted.logs.find(({ msg }) => msg === 'photo refused'), { photo: { status: 408, why: { code: 'bodyOverdue' } } })
  })
}

t.test('a body in chunks has no more time than another', async (t) => {
  const hosted = await host(t, {}, { requestTimeout: 60_000 })
  const sockets = accepted(hosted.app)
  const pass = stopClock(t)
  const client = await stall(t, hosted, { 'Content-Length': undefined, ...chunked }, chunk(half))
  pass(60_100)
  assertError(t, await client.answer(), timeout)
  await gone(sockets[0])
})

t.test('a body that a host hook replaced has no more time than another', async (t) => {
  const hosted = await host(t, {}, { requestTimeout: 60_000 }, (app) => {
    app.addHook('preParsing', async () => new PassThrough())
  })
  const pass = stopClock(t)
  const client = await RawClient.open(t, await listen(hosted.app))
  await client.write(Buffer.concat([Buffer.from(head(whole)), portrait]))
  await turns(20)
  pass(60_100)
  assertError(t, await client.answer(), timeout)
})

t.test('the time counts from preParsing, and what authenticates the caller takes of it', async (t) => {
  let admit = () => {}
  const admitted = new Promise<void>((resolve) => { admit = resolve })
  const hosted = await host(t, {
    authenticate: async () => {
      await admitted
      return { kind: 'delegated', id: userId, permissions: ['User.ReadWrite'] }
    }
  }, { requestTimeout: 60_000 })
  const pass = stopClock(t)
  const client = await stall(t, hosted)
  pass(40_000)
  admit()
  await turns(5)
  pass(20_100)
  assertError(t, await client.answer(), timeout)
})

t.test('a body that is whole in time is saved, however slow', async (t) => {
  const hosted = await host(t, {}, { requestTimeout: 60_000 })
  const pass = stopClock(t)
  const client = await stall(t, hosted)
  pass(59_900)
  await client.write(portrait.subarray(half.length))
  t.equal((await client.answer())?.statusCode, 200)
  pass(60_000)
  t.equal(hosted.saved.length, 1)
})

t.test('over HTTP/2 a body that is not whole in time has 408, its stream ends, and the session goes on', async (t) => {
  const hosted = await host(t, {}, { ...await serverOptions({ http2: true }), requestTimeout: 60_000 })
  const session = await openHttp2(t, await listen(hosted.app))
  const pass = stopClock(t)
  for (const fields of [whole, {}]) {
    const stream = uploadHttp2(session, fields).resume()
    stream.write(half)
    await new Promise((resolve) => session.ping(resolve))
    await turns(20)
    pass(60_100)
    t.equal(await statusOf(stream), 408)
    await once(stream, 'close')
    t.equal(stream.rstCode, 0)
  }
  const next = uploadHttp2(session)
  next.end(portrait)
  t.equal(await statusOf(next), 200)
  t.equal(hosted.saved.length, 1)
  t.strictSame(errorsIn(hosted.logs), [])
})

for (const http2 of [false, true]) {
  t.test(`a stalled upload keeps a server from ending for the requestTimeout only, over ${http2 ? 'HTTP/2' : 'HTTP/1'}`, async (t) => {
    const hosted = await host(t, {}, { ...await serverOptions({ http2 }), requestTimeout: 60_000 })
    const pass = stopClock(t)
    let answered: Promise<unknown>
    if (http2) {
      const session = await openHttp2(t, await listen(hosted.app))
      const stream = uploadHttp2(session).resume()
      stream.write(half)
      await new Promise((resolve) => session.ping(resolve))
      await turns(20)
      answered = statusOf(stream)
    } else {
      const client = await stall(t, hosted)
      answered = client.answer().then((answer) => answer?.statusCode)
    }
    let isClosed = false
    const closed = hosted.app.close().then(() => { isClosed = true })
    await turns(20)
    pass(59_000)
    await turns(20)
    t.equal(isClosed, false)
    pass(1_200)
    t.equal(await answered, 408)
    await closed
  })
}

t.test('an upload that ends while the server closes is saved, and its connection ends', async (t) => {
  const hosted = await host(t)
  const client = await stall(t, hosted)
  const closed = hosted.app.close()
  await turns(20)
  await client.write(portrait.subarray(half.length))
  const answer = await client.answer()
  t.equal(answer?.statusCode, 200)
  t.equal(answer?.headers['connection'], 'close')
  await closed
  t.equal(hosted.saved.length, 1)
})
