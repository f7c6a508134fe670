import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { host } from '../../helpers/host.js'
import { token } from '../../helpers/tokens.js'
import { listen, ownPhoto, serverOptions } from '../../helpers/wire.js'

const times = 5
const cases = ['announced', 'chunked'].flatMap((framing) => [401, 413].map((statusCode) => ({ framing, statusCode })))

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
    for (const { framing, statusCode } of cases) {
      const credentials = statusCode === 413 ? `Bearer ${token()}` : ''
      const { stdout } = await promisify(execFile)('python3', ['-c', python, String(port), transport, framing, credentials, String(times)])
      t.equal(stdout, `${statusCode}\n`.repeat(times), framing)
    }
    t.equal(saved.length, 0)
  })
}
