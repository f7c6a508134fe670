import { once } from 'node:events'
import { request } from 'node:http'
import t from 'tap'
import { errorsIn, host } from '../helpers/host.js'
import { token } from '../helpers/tokens.js'
import { chunk, head, lastChunk, listen, openHttp2, ownPhoto, RawClient, serverOptions, statusOf, uploadHttp2 } from '../helpers/wire.js'

const times = 2
const sizes = [10, 30]
const bodyOf = (megabytes: number): Buffer => Buffer.alloc(megabytes * 1_000_000, 'x')
const authorization = `Bearer ${token()}`

const framings = sizes.flatMap((megabytes) => {
  const body = bodyOf(megabytes)
  return [
    { framing: `announced ${megabytes} MB`, fields: { 'Content-Length': String(body.length) }, body },
    {
      framing: `chunked ${megabytes} MB`,
      fields: { 'Transfer-Encoding': 'chunked' },
      body: Buffer.concat([chunk(body), Buffer.from(lastChunk)])
    }
  ]
})
const cases = framings.flatMap((framing) => [
  { ...framing, statusCode: 401, fields: { ...framing.fields, Authorization: undefined } },
  { ...framing, statusCode: 413 }
])

for (const tls of [false, true]) {
  const transport = tls ? 'node:tls' : 'node:net'
  for (const { framing, statusCode, fields, body } of cases) {
    t.test(`${transport}: a client that writes all of ${framing} before reading reads ${statusCode}`, async (t) => {
      const { app, saved, logs } = await host(t, {}, await serverOptions({ tls }))
      const port = await listen(app)
      for (let i = 0; i < times; i++) {
        const client = await RawClient.open(t, port, { tls })
        client.socket.pause()
        await client.write(head(fields))
        await client.write(body)
        client.socket.resume()
        const answer = await client.answer()
        t.equal(answer?.statusCode, statusCode)
        t.equal(answer?.headers['connection'], 'close')
        client.socket.end()
        await client.closed()
      }
      t.equal(saved.length, 0)
      t.strictSame(errorsIn(logs), [])
    })
  }
}

for (const [statusCode, megabytes] of [401, 413].flatMap((statusCode) => sizes.map((megabytes) => [statusCode, megabytes] as const))) {
  t.test(`node:http: a client that writes all of ${megabytes} MB reads ${statusCode}`, async (t) => {
    const { app } = await host(t)
    const port = await listen(app)
    for (let i = 0; i < times; i++) {
      const headers = { 'content-type': 'image/jpeg', ...(statusCode === 413 && { authorization }) }
      const upload = request({ port, host: '127.0.0.1', method: 'PUT', path: ownPhoto, headers })
      upload.end(bodyOf(megabytes))
      const [response] = await once(upload, 'response')
      response.resume()
      t.equal(response.statusCode, statusCode)
      await once(response, 'end')
    }
  })

  t.test(`node:http2: a client that writes all of ${megabytes} MB before reading reads ${statusCode}`, async (t) => {
    const { app, saved, logs } = await host(t, {}, await serverOptions({ http2: true }))
    const session = await openHttp2(t, await listen(app))
    for (let i = 0; i < times; i++) {
      const stream = uploadHttp2(session, statusCode === 413 ? {} : { Authorization: undefined })
      stream.pause()
      const responded = statusOf(stream)
      await new Promise<void>((resolve) => { stream.end(bodyOf(megabytes), () => resolve()) })
      t.equal(await responded, statusCode)
      stream.resume()
      await once(stream, 'close')
      t.equal(stream.rstCode, 0)
    }
    t.equal(saved.length, 0)
    t.strictSame(errorsIn(logs), [])
  })
}
