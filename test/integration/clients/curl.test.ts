import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { portrait } from '../../fixtures/pictures.js'
import { demo, type Demo } from '../../clients/demo.js'

const run = promisify(execFile)
const hasCurl = await run('curl', ['--version']).then(() => true, () => false)
const skip = !hasCurl && 'curl is not installed'

const MB = 1024 * 1024

/** Puts a file, and tells what curl said of the conversation and of the answer. */
async function curl (server: Demo, ...args: string[]): Promise<{ conversation: string, statusCode: number, body: string }> {
  const { stdout, stderr } = await run('curl', [
    '--silent', '--show-error', '--verbose', '--max-time', '60', '--request', 'PUT',
    '--header', `Authorization: Bearer ${server.userToken}`, '--header', 'Content-Type: image/jpeg',
    ...args,
    '--write-out', '\n%{http_code}', `${server.origin}/v1.0/me/photo/$value`
  ])
  const [body = '', statusCode] = stdout.split(/\n(?=\d+$)/)
  return { conversation: stderr, statusCode: Number(statusCode), body }
}

t.test('curl sends 3 MB after the server said 100 Continue', { skip }, async (t) => {
  const server = await demo(t)
  const photo = Buffer.concat([portrait], 3 * MB)
  const file = `${t.testdir({ 'photo.jpg': photo })}/photo.jpg`

  const { conversation, statusCode, body } = await curl(server, '--data-binary', `@${file}`)

  t.match(conversation, /^> Expect: 100-continue/m)
  t.match(conversation, /^< HTTP\/1.1 100 Continue/m)
  t.equal(statusCode, 200)
  t.equal(body, '')
  t.ok(photo.equals(await server.photo('/me')))
})

t.test('curl sends a file of unknown length, in chunks', { skip }, async (t) => {
  const server = await demo(t)
  const file = `${t.testdir({ 'photo.jpg': portrait })}/photo.jpg`

  const { statusCode } = await curl(server, '--upload-file', file, '--header', 'Transfer-Encoding: chunked')

  t.equal(server.requests[0]?.headers['transfer-encoding'], 'chunked')
  t.equal(statusCode, 200)
  t.ok(portrait.equals(await server.photo('/me')))
})

t.test('curl reads why 5 MB are refused', { skip }, async (t) => {
  const server = await demo(t)
  const file = `${t.testdir({ 'photo.jpg': Buffer.concat([portrait], 5 * MB) })}/photo.jpg`

  const { statusCode, body } = await curl(server, '--data-binary', `@${file}`)

  t.equal(statusCode, 413)
  t.match(JSON.parse(body), { error: { code: 'RequestEntityTooLarge', message: 'The maximum request length supported is 4MB.' } })
})
