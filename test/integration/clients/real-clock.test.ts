import t from 'tap'
import { host } from '../../helpers/host.js'
import { accepted, gone, head, listen, RawClient, type Fields } from '../../helpers/wire.js'

const stalled: readonly Fields[] = [
  { 'Content-Length': '1000', Authorization: undefined },
  { 'Content-Length': '1000', Authorization: undefined, Connection: 'close' },
  { 'Content-Length': String(4 * 1024 ** 3), Authorization: undefined },
  { 'Content-Length': String(4 * 1024 ** 3) },
  { 'Transfer-Encoding': 'chunked', Authorization: undefined }
]

/** One byte of a body, by whichever framing. */
const oneByte = (fields: Fields) => fields['Transfer-Encoding'] === undefined ? 'x' : '1\r\nx\r\n'

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
