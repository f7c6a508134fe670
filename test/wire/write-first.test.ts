import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { promisify } from 'node:util'
import t from 'tap'
import { errorsIn, host } from '../helpers/host.js'
import { token } from '../helpers/tokens.js'
import { chunk, head, lastChunk, listen, openHttp2, ownPhoto, RawClient, serverOptions, statusOf, uploadHttp2 } from '../helpers/wire.js'

// A busy machine.
t.setTimeout(90_000)

const times = 20
const eightMB = Buffer.alloc(8_000_000, 'x')
const authorization = `Bearer ${token()}`

const framings = [
  { framing: 'announced', fields: { 'Content-Length': String(eightMB.length) }, body: eightMB },
  { framing: 'chunked', fields: { 'Transfer-Encoding': 'chunked' }, body: Buffer.concat([chunk(eightMB), Buffer.from(lastChunk)]) }
]
const cases = framings.flatMap((framing) => [
  { ...framing, statusCode: 401, fields: { ...framing.fields, Authorization: undefined } },
  { ...framing, statusCode: 413 }
])

for (const tls of [false, true]) {
  const transport = tls ? 'node:tls' : 'node:net'
  for (const { framing, statusCode, fields, body } of cases) {
    t.test(`${transport}: whoever writes all of ${framing} 8 MB before reading reads ${statusCode}`, async (t) => {
      const { app, saved, logs } = await host(t, {}, await serverOptions({ tls }))
      const port = await listen(app)
      for (let i = 0; i < (tls ? 5 : times); i++) {
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

for (const statusCode of [401, 413]) {
  t.test(`node:http: whoever writes all of 8 MB reads ${statusCode}`, async (t) => {
    const { app } = await host(t)
    const port = await listen(app)
    for (let i = 0; i < times; i++) {
      const headers = { 'content-type': 'image/jpeg', ...(statusCode === 413 && { authorization }) }
      const upload = request({ port, host: '127.0.0.1', method: 'PUT', path: ownPhoto, headers })
      upload.end(eightMB)
      const [response] = await once(upload, 'response')
      response.resume()
      t.equal(response.statusCode, statusCode)
      await once(response, 'end')
    }
  })

  t.test(`node:http2: whoever writes all of 8 MB before reading reads ${statusCode}`, async (t) => {
    const { app, saved, logs } = await host(t, {}, await serverOptions({ http2: true }))
    const session = await openHttp2(t, await listen(app))
    for (let i = 0; i < times; i++) {
      const stream = uploadHttp2(session, statusCode === 413 ? {} : { Authorization: undefined })
      stream.pause()
      const responded = statusOf(stream)
      await new Promise<void>((resolve) => { stream.end(eightMB, () => resolve()) })
      t.equal(await responded, statusCode)
      stream.resume()
      await once(stream, 'close')
      t.equal(stream.rstCode, 0)
    }
    t.equal(saved.length, 0)
    t.strictSame(errorsIn(logs), [])
  })
}

const python = `
import http.client, ssl, sys
port, tls, framing, authorization, times = int(sys.argv[1]), sys.argv[2] == 'tls', sys.argv[3], sys.argv[4], int(sys.argv[5])
body = b'x' * 8000000
headers = {'Content-Type': 'image/jpeg'}
if authorization: headers['Authorization'] = authorization
for _ in range(times):
    if tls: connection = http.client.HTTPSConnection('127.0.0.1', port, context=ssl._create_unverified_context())
    else: connection = http.client.HTTPConnection('127.0.0.1', port)
    chunked = framing == 'chunked'
    pieces = (body[i:i + 65536] for i in range(0, len(body), 65536)) if chunked else body
    connection.request('PUT', '${ownPhoto}', pieces, headers, encode_chunked=chunked)
    answer = connection.getresponse()
    answer.read()
    print(answer.status)
    connection.close()
`
const hasPython = spawnSync('python3', ['--version']).status === 0

for (const transport of ['tcp', 'tls']) {
  t.test(`Python's http.client over ${transport} reads its 401 or 413`, { skip: hasPython ? false : 'python3 is not installed' }, async (t) => {
    const { app, saved } = await host(t, {}, await serverOptions({ tls: transport === 'tls' }))
    const port = await listen(app)
    const count = transport === 'tls' ? 5 : times
    for (const { framing, statusCode } of cases) {
      const credentials = statusCode === 413 ? authorization : ''
      const { stdout } = await promisify(execFile)('python3', ['-c', python, String(port), transport, framing, credentials, String(count)])
      t.equal(stdout, `${statusCode}\n`.repeat(count), framing)
    }
    t.equal(saved.length, 0)
  })
}
