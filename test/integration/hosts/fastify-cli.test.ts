import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { portrait } from '../../fixtures/pictures.js'
import { assertError } from '../../helpers/host.js'
import { secret, token } from '../../helpers/tokens.js'
import { ownPhoto } from '../../helpers/wire.js'

const cli = fileURLToPath(new URL('../node_modules/fastify-cli/cli.js', import.meta.url))

const app = `
  import { graphPhoto, graphServerOptions } from 'fastify-graph-photo'

  export const options = graphServerOptions

  // fastify-cli insists on two parameters.
  export default async function (app, _options) {
    await app.register(graphPhoto, {
      prefix: '/v1.0',
      jwt: { secret: process.env.JWT_SECRET, verify: { allowedAud: 'https://graph.microsoft.com' } },
      savePhoto: (photo, { request }) => { request.log.info({ saved: photo.data.length }) }
    })
  }
`

t.test('fastify-cli: `fastify start --options` serves the routes, with ids as long as Microsoft writes them', async (t) => {
  const directory = t.testdir({ 'app.mjs': app })
  const args = ['start', '--options', '--log-level', 'info', '--address', '127.0.0.1', '--port', '0', `${directory}/app.mjs`]
  const env = { ...process.env, JWT_SECRET: secret }
  const server = spawn(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    server.kill()
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
  })
  const lines = createInterface(server.stdout)[Symbol.asyncIterator]()
  const line = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const { value, done } = await lines.next()
      const found = pattern.exec(value)?.[1]
      if (found !== undefined || done === true) return found ?? ''
    }
  }
  const address = await line(/Server listening at ([^"]+)/)
  const put = (path: string, authorization = `Bearer ${token()}`) =>
    fetch(address + path, { method: 'PUT', headers: { authorization, 'content-type': 'image/jpeg' }, body: portrait })

  for (const path of [ownPhoto, `/v1.0/me/contacts/${'x'.repeat(152)}/photo/$value`]) {
    t.equal((await put(path)).status, 200)
    t.equal(await line(/"saved":(\d+)/), String(portrait.length))
  }
  const refused = await put(ownPhoto, 'Bearer none.of.ours')
  const answer = { statusCode: refused.status, headers: Object.fromEntries(refused.headers), body: await refused.text() }
  assertError(t, answer, { statusCode: 401, code: 'InvalidAuthenticationToken' })
})
