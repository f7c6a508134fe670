import t from 'tap'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { portrait } from '../fixtures/pictures.js'
import { assertError, guid, plainEnv } from '../helpers/host.js'
import { buildHost } from './app.js'
import { ada, designers, demoApp, maeve, readers } from './directory.js'
import { applicationToken, delegatedToken } from './tokens.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const script = (name: string) => ['--import', 'tsx', join(root, 'test/demo', name)]
const hasCurl = await run('curl', ['--version']).then(() => true, () => false)

interface Started {
  readonly child: ChildProcess
  readonly welcome: string
  readonly photoDir: string
}

/** What npm start runs, on a free port and in a folder of its own. */
async function start (t: Parameters<typeof assertError>[0], env: NodeJS.ProcessEnv = {}): Promise<Started> {
  const photoDir = join(t.testdir(), 'photos')
  const child = spawn(process.execPath, script('start.ts'), { cwd: root, env: { ...plainEnv, PORT: '0', PHOTO_DIR: photoDir, ...env } })
  t.teardown(() => child.kill('SIGKILL'))
  let welcome = ''
  for await (const chunk of child.stdout) {
    welcome += String(chunk)
    if (welcome.includes('Ctrl-C')) break
  }
  return { child, welcome, photoDir }
}

/** Runs the printed command as a person does who pastes it. */
async function paste (welcome: string): Promise<string> {
  const [command = ''] = /^curl(?:.*\\\n)+.*$/m.exec(welcome) ?? []
  const { stdout } = await run('bash', ['-c', command], { cwd: root })
  return stdout
}

for (const scheme of ['http', 'https'] as const) {
  t.test(`npm start prints a curl command that saves a photo over ${scheme}`, { skip: hasCurl ? false : 'curl is not installed' }, async (t) => {
    const { child, welcome, photoDir } = await start(t, scheme === 'https' ? { HTTPS: '1' } : {})
    t.match(welcome, new RegExp(`^Base URL +${scheme}://127\\.0\\.0\\.1:\\d+/v1\\.0$`, 'm'))
    t.match(welcome, new RegExp(`^Documentation +${scheme}://127\\.0\\.0\\.1:\\d+/documentation$`, 'm'))
    t.ok(welcome.includes(photoDir))
    t.equal(welcome.includes('NODE_EXTRA_CA_CERTS'), scheme === 'https')
    if (scheme === 'https') t.match(await readFile(join(photoDir, 'certificate.pem'), 'utf8'), /^-----BEGIN CERTIFICATE-----/)
    t.match(await paste(welcome), /^HTTP\/[\d.]+ 200/)
    const files = (await readdir(photoDir, { recursive: true })).filter((file) => file.endsWith('.jpg'))
    t.equal(files.length, 1)
    t.strictSame(await readFile(join(photoDir, files[0] ?? '')), portrait)
    const ended = once(child, 'exit')
    child.kill('SIGINT')
    t.strictSame(await ended, [0, null], 'Ctrl-C ends it cleanly')
  })
}

t.test('a port in use, or no port at all, is one clear line', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const env = { ...plainEnv, PHOTO_DIR: t.testdir() }
  await t.rejects(run(process.execPath, script('start.ts'), { env: { ...env, PORT: String(port) } }), { code: 1, stderr: /^The port is in use.*\n$/ })
  await t.rejects(run(process.execPath, script('start.ts'), { env: { ...env, PORT: 'x' } }), { code: 1, stderr: /^PORT must be .*\n$/ })
})

t.test('npm run token prints a token for the JWT_SECRET of a server', async (t) => {
  const jwtSecret = 'the secret of the server and of the script'
  const app = await buildHost({ photoDir: t.testdir(), jwtSecret })
  t.teardown(() => app.close())
  const tokenOf = async (...words: string[]) => (await run(process.execPath, [...script('token.ts'), ...words], { env: { ...plainEnv, JWT_SECRET: jwtSecret } })).stdout.trim()
  const status = async (token: string, url: string) => (await app.inject({ method: 'PUT', url, headers: { authorization: `Bearer ${token}` }, payload: portrait })).statusCode
  t.equal(await status(await tokenOf('user'), '/v1.0/me/photo/$value'), 200)
  t.equal(await status(await tokenOf('user', 'Mail.Read'), '/v1.0/me/photo/$value'), 403)
  t.equal(await status(await tokenOf('app', 'User.ReadWrite.All'), `/v1.0/users/${maeve.id}/photo/$value`), 200)
  await t.rejects(tokenOf('x'), { code: 2, stderr: /user\|app/ })
  await t.rejects(run(process.execPath, [...script('token.ts'), 'user'], { env: { ...plainEnv, JWT_SECRET: '' } }), { code: 2, stderr: /JWT_SECRET/ })
})

/** The demo host, and how a person of it asks. */
async function demo (t: Parameters<typeof assertError>[0]) {
  const app = await buildHost({ photoDir: t.testdir(), jwtSecret: 'a secret of 32 characters or more' })
  t.teardown(() => app.close())
  const ask = (method: 'GET' | 'PUT', path: string, token?: string) => app.inject({
    method,
    url: `/v1.0${path}/photo/$value`,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...(method === 'PUT' && { 'content-type': 'image/jpeg' }) },
    ...(method === 'PUT' && { payload: portrait })
  })
  return { app, ask, asAda: delegatedToken(app.jwt), asMaeve: delegatedToken(app.jwt, maeve), asApp: applicationToken(app.jwt) }
}

t.test('what was put is got again, typed by its bytes, and inert in a browser', async (t) => {
  const { ask, asAda } = await demo(t)
  for (const path of ['/me', `/users/${ada.userPrincipalName}`, `/groups/${designers.id}`, '/me/contacts/AbC=', '/me/contactFolders/F/contacts/x', `/users/${ada.id}/contactfolders/F/contacts/y`]) {
    t.equal((await ask('GET', path, asAda)).statusCode, path === `/users/${ada.userPrincipalName}` ? 200 : 404, `GET ${path} before`)
    t.equal((await ask('PUT', path, asAda)).statusCode, 200, `PUT ${path}`)
    const { statusCode, headers, rawPayload } = await ask('GET', path, asAda)
    t.equal(statusCode, 200, `GET ${path}`)
    t.match(headers, { 'content-type': 'image/jpeg', 'x-content-type-options': 'nosniff', 'content-security-policy': 'sandbox' })
    t.strictSame(rawPayload, portrait)
  }
})

t.test('a photo is shown to callers with a token, contacts to their owner only', async (t) => {
  const { ask, asAda, asMaeve, asApp } = await demo(t)
  await ask('PUT', '/me', asAda)
  await ask('PUT', '/me/contacts/x', asAda)
  t.equal((await ask('GET', `/users/${ada.id}`)).statusCode, 401)
  t.equal((await ask('GET', `/users/${ada.id}`, `${asAda}x`)).statusCode, 401)
  t.equal((await ask('GET', `/users/${ada.id}`, asMaeve)).statusCode, 200)
  t.equal((await ask('GET', '/users/nobody', asMaeve)).statusCode, 404)
  t.equal((await ask('GET', `/users/${ada.id}/contacts/x`, asMaeve)).statusCode, 403)
  const contact = await ask('GET', `/users/${ada.id}/contacts/x`, asApp)
  t.equal(contact.statusCode, 200)
  const missing = await ask('GET', `/users/${maeve.id}`, asAda)
  t.match(missing.json(), { error: { code: 'ImageNotFound', innerError: { 'request-id': guid } } })
})

t.test('only owners change the photo of a group', async (t) => {
  const { ask, asAda, asMaeve, asApp } = await demo(t)
  t.equal((await ask('PUT', `/groups/${designers.id}`, asAda)).statusCode, 200)
  t.equal((await ask('PUT', `/groups/${readers.id}`, asMaeve)).statusCode, 200)
  t.ok(readers.ownerIds.includes(demoApp.id))
  t.equal((await ask('PUT', `/groups/${readers.id}`, asApp)).statusCode, 200)
  const refused = { statusCode: 403, code: 'ErrorAccessDenied' }
  assertError(t, await ask('PUT', `/groups/${designers.id}`, asMaeve), refused)
  assertError(t, await ask('PUT', `/groups/${readers.id}`, asAda), refused)
  assertError(t, await ask('PUT', `/groups/${designers.id}`, asApp), refused)
  assertError(t, await ask('PUT', '/groups/none', asAda), { statusCode: 404, code: 'Request_ResourceNotFound' })
})

t.test('the documentation shows GET beside PUT and PATCH, for people and for tools', async (t) => {
  const { app } = await demo(t)
  t.equal((await app.inject('/documentation/')).statusCode, 200)
  const { paths } = (await app.inject('/documentation/json')).json()
  t.equal(Object.keys(paths).length, 7)
  for (const [path, operations] of Object.entries(paths)) t.strictSame(Object.keys(operations as object).sort(), ['get', 'patch', 'put'], path)
})
