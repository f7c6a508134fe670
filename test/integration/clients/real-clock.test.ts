import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { assertError, host } from '../../helpers/host.js'
import { claims, token } from '../../helpers/tokens.js'
import { portrait } from '../../fixtures/pictures.js'
import { accepted, gone, head, listen, oneByte, RawClient, stalled } from '../../helpers/wire.js'

t.test('a client that sends one byte and waits is let go in five seconds of a real clock', async (t) => {
  const { app } = await host(t, { maxRequestBytes: 100_000 })
  const sockets = accepted(app)
  const port = await listen(app)
  await Promise.all(stalled.map(async (fields) => {
    const client = await RawClient.open(t, port)
    await client.write(head(fields) + oneByte(fields))
    t.ok(await client.answer())
  }))
  const start = Date.now()
  await Promise.all(sockets.map(gone))
  const seconds = (Date.now() - start) / 1000
  t.ok(seconds > 4.5 && seconds < 8, `${seconds} s`)
})

t.test('a client with an expired token that sends 3 MB at 250 KB a second reads its 401 at the end, and is served next', async (t) => {
  const { app, saved } = await host(t)
  const client = await RawClient.open(t, await listen(app))
  client.socket.pause()
  const start = Date.now()
  const Authorization = `Bearer ${token(claims({ exp: 1_700_000_000 }))}`
  await client.write(head({ 'Content-Length': '3000000', Authorization }))
  for (let sent = 0; sent < 120; sent++) {
    await client.write(Buffer.alloc(25_000))
    // A slow network, which has no event to wait for.
    await sleep(start + (sent + 1) * 100 - Date.now())
  }
  t.ok(Date.now() - start > 11_900)
  client.socket.resume()
  assertError(t, await client.answer(), { statusCode: 401, code: 'InvalidAuthenticationToken', message: /expired/ })
  await client.write(head({ 'Content-Length': String(portrait.length) }))
  await client.write(portrait)
  t.equal((await client.answer())?.statusCode, 200)
  t.equal(saved.length, 1)
})
