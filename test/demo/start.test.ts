import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { JWT } from '@fastify/jwt'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { portrait } from '../fixtures/pictures.js'
import { withoutTap } from '../helpers/children.js'
import { askedToken } from './asked-token.js'
import { buildHost } from './app.js'
import { maeve } from './directory.js'
import { identities } from './identities.js'
import { keptSecret } from './kept-secret.js'
import { logTo } from './logging.js'
import { readSettings } from './settings.js'
import { delegatedToken } from './tokens.js'
import { welcome } from './welcome.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const script = (name: string, ...args: readonly string[]) =>
  withoutTap(process.execPath, '--import', 'tsx', join(root, 'test/demo', name), ...args)
const hasCurl = await run('curl', ['--version']).then(() => true, () => false)

interface Started {
  readonly child: ChildProcess
  readonly printed: () => string
  readonly photoDir: string
}

/** What npm start runs, on a free port and in a folder of its own. */
async function start (t: Test, env: NodeJS.ProcessEnv = {}): Promise<Started> {
  const photoDir = join(t.testdir(), 'photos')
  const child = spawn(...script('start.ts'), { cwd: root, env: { ...process.env, PORT: '0', PHOTO_DIR: photoDir, ...env } })
  t.teardown(() => child.kill('SIGKILL'))
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { printed += text })
  while (!printed.includes('Ctrl-C')) await once(child.stdout, 'data')
  return { child, printed: () => printed, photoDir }
}

/** Runs the printed commands as a person does who pastes them. */
async function paste (welcome: string, folder: string): Promise<string> {
  const [commands = ''] = /^TOKEN=[^]+?\n\n/m.exec(welcome) ?? []
  const { stdout } = await run('bash', ['-c', commands.replace('@test', `@${root}test`)], { cwd: folder })
  return stdout
}

for (const scheme of ['http', 'https'] as const) {
  t.test(`npm start prints commands that save a photo and get it again over ${scheme}`, { skip: hasCurl ? false : 'curl is not installed' }, async (t) => {
    const { child, printed, photoDir } = await start(t, scheme === 'https' ? { HTTPS: 'true' } : {})
    const address = `${scheme}://127\\.0\\.0\\.1:\\d+`
    t.match(printed(), new RegExp(`^Try it +${address}/$`, 'm'))
    t.match(printed(), new RegExp(`^Base URL +${address}/v1\\.0 `, 'm'))
    t.match(printed(), new RegExp(`^Documentation +${address}/documentation$`, 'm'))
    t.match(printed(), /^APP_TOKEN='[\w.-]+'$/m, 'a line for the app')
    t.ok(printed().includes(photoDir))
    for (const variable of ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE']) t.equal(printed().includes(variable), scheme === 'https')
    if (scheme === 'https') t.match(await readFile(join(photoDir, 'certificate.pem'), 'utf8'), /^-----BEGIN CERTIFICATE-----/)

    t.match(await paste(printed(), t.testdirName), /^HTTP\/[\d.]+ 200/)
    t.strictSame(await readFile(join(t.testdirName, 'ada.jpg')), portrait)
    const files = (await readdir(photoDir, { recursive: true })).filter((file) => file.endsWith('.jpg'))
    t.equal(files.length, 1)
    t.strictSame(await readFile(join(photoDir, files[0] ?? '')), portrait)

    const ended = once(child, 'exit')
    child.kill('SIGINT')
    t.strictSame(await ended, [0, null], 'Ctrl-C ends it cleanly')
    const lines = printed().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
    t.match(lines, [{ msg: 'photo saved' }], 'and what is piped is logged as JSON')
  })
}

t.test('a server that other machines reach says so', (t) => {
  const given = { address: 'http://127.0.0.1:3000', photoDir: './photos', jwt: { sign: () => 'a.b.c' } as unknown as JWT } // signing is all that is used
  t.match(welcome({ ...given, host: '0.0.0.0' }), /^Other machines reach it too: /m)
  t.notMatch(welcome({ ...given, host: '127.0.0.1' }), /Other machines/)
  t.end()
})

t.test('logs are JSON where a program reads them, and a line for people on a terminal', async (t) => {
  const logged = async (isTTY: boolean) => {
    const output = Object.assign(new PassThrough(), { isTTY })
    const app = Fastify({ logger: logTo(output) })
    t.teardown(() => app.close())
    app.log.warn({ bytes: 3 }, 'the photo is small')
    return String(output.read() ?? (await once(output, 'data'))[0])
  }
  t.match(JSON.parse(await logged(false)), { level: 40, bytes: 3, msg: 'the photo is small' })
  t.match(await logged(true), /^\[\d\d:\d\d:\d\d\].*WARN.*the photo is small.*\n$/)
})

t.test('a port in use is one clear line', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo // it listens on a port, not on a pipe
  const env = { ...process.env, PHOTO_DIR: t.testdir(), PORT: String(port) }
  await t.rejects(run(...script('start.ts'), { env }), { code: 1, stderr: /^The port is in use.*\n$/ })
})

t.test('what is not set, or empty, has a default', (t) => {
  const defaults = { port: 3000, host: '127.0.0.1', jwtSecret: undefined, https: false, photoDir: './photos' }
  t.strictSame(readSettings({}), defaults)
  t.strictSame(readSettings({ PORT: '', HOST: '', JWT_SECRET: '', HTTPS: '', PHOTO_DIR: '' }), defaults)
  t.end()
})

t.test('HTTPS is true or 1, false or 0, and nothing else', (t) => {
  for (const on of ['1', 'true', 'TRUE']) t.equal(readSettings({ HTTPS: on }).https, true)
  for (const off of ['0', 'false']) t.equal(readSettings({ HTTPS: off }).https, false)
  for (const unknown of ['yes', '2', 'https', 'constructor']) t.throws(() => readSettings({ HTTPS: unknown }), { message: /^HTTPS must be true .*, not/ })
  t.end()
})

t.test('a PORT is a number from 0 to 65535', (t) => {
  for (const port of ['x', '-1', '65536', '80.5', '1e3']) t.throws(() => readSettings({ PORT: port }), { message: /^PORT must be a number from 0 to 65535, not/ })
  t.end()
})

t.test('a JWT_SECRET that is too short to sign with is refused, and not quoted', (t) => {
  t.equal(readSettings({ JWT_SECRET: 's'.repeat(32) }).jwtSecret, 's'.repeat(32))
  t.throws(() => readSettings({ JWT_SECRET: 's'.repeat(31) }), { message: 'JWT_SECRET must have at least 32 characters, not 31.' })
  t.end()
})

async function upload (app: Awaited<ReturnType<typeof buildHost>>, token: string, url = '/v1.0/me/photo/$value'): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'image/jpeg' }
  return (await app.inject({ method: 'PUT', url, headers, payload: portrait })).statusCode
}

t.test('there is a token for each who calls the demo, with other permissions where asked', async (t) => {
  const jwtSecret = 'the secret of the server and of the script'
  const app = await buildHost({ photoDir: t.testdir(), jwtSecret })
  t.teardown(() => app.close())
  for (const { name, id } of identities) {
    const token = await askedToken(['--as', name], { JWT_SECRET: jwtSecret })
    t.match(app.jwt.decode(token), { oid: id, idtyp: name === 'app' ? 'app' : 'user' })
    t.equal(await upload(app, token, `/v1.0/users/${name === 'app' ? maeve.id : id}/photo/$value`), 200, name)
  }
  t.equal(await upload(app, await askedToken(['--as', 'ada', 'Mail.Read'], { JWT_SECRET: jwtSecret })), 403)
  for (const words of [[], ['--as', 'x'], ['ada'], ['--as'], ['--help']]) {
    await t.rejects(askedToken(words, {}), { message: /--as ada\|maeve\|lin\|app/ }, words.join(' '))
  }
  await t.rejects(askedToken(['--as', 'x'], {}), { message: /^There is no x\. / })
})

t.test('npm run token prints the token and nothing else, and one line where it cannot', async (t) => {
  const photoDir = t.testdir()
  const env = { ...process.env, JWT_SECRET: '', PHOTO_DIR: photoDir }
  const app = await buildHost({ photoDir, jwtSecret: await keptSecret(photoDir) })
  t.teardown(() => app.close())
  const { stdout } = await run(...script('token.ts', '--as', 'maeve'), { env })
  t.equal(await upload(app, stdout.trim()), 200)
  await t.rejects(run(...script('token.ts'), { env }), { code: 2, stdout: '', stderr: /^Say whose token: .*\n$/ })
})

t.test('tokens outlive a restart: where no secret is given, it is kept beside the photos, readable by its owner only', async (t) => {
  const photoDir = join(t.testdir(), 'photos')
  const printed = await askedToken(['--as', 'ada'], { PHOTO_DIR: photoDir })
  const once = await buildHost({ photoDir, jwtSecret: await keptSecret(photoDir) })
  t.teardown(() => once.close())
  const again = await buildHost({ photoDir, jwtSecret: await keptSecret(photoDir) })
  t.teardown(() => again.close())
  for (const token of [printed, delegatedToken(once.jwt)]) t.equal(await upload(again, token), 200)
  t.equal((await stat(join(photoDir, 'jwt-secret'))).mode & 0o777, 0o600)
})

t.test('a kept secret that was cut short is refused', async (t) => {
  const photoDir = t.testdir({ 'jwt-secret': 'short' })
  await t.rejects(keptSecret(photoDir), { message: /jwt-secret has fewer than 32 characters; delete it/ })
  await t.rejects(keptSecret(join(photoDir, 'jwt-secret')), { code: 'EEXIST' })
})
