import t from 'tap'
import { host } from '../../helpers/host.js'
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
