import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { portrait } from '../../fixtures/pictures.js'
import { assertError } from '../../helpers/host.js'
import { userId } from '../../helpers/tokens.js'
import { photo, type Ask } from '../../hosts/hosts.js'

interface Saved {
  readonly data: string
  readonly id: string
}

async function nest (t: Test, option: string): Promise<{ readonly ask: Ask, readonly saved: Saved[] }> {
  const { NODE_OPTIONS, ...env } = process.env
  const server = fork(fileURLToPath(new URL('nest-server.ts', import.meta.url)), [option], { execArgv: ['--import', 'tsx'], env })
  t.teardown(async () => {
    server.kill()
    await once(server, 'exit')
  })
  const [{ url: origin }] = await once(server, 'message')
  const saved: Saved[] = []
  server.on('message', (message: Saved) => { saved.push(message) })
  return {
    saved,
    async ask ({ url, method = 'GET', headers = {}, body }) {
      const response = await fetch(origin + url, { method, headers, ...(body !== undefined && { body }) })
      return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
    }
  }
}

const json = { 'content-type': 'application/json' }

for (const option of ['', 'rawBody']) {
  t.test(`NestJS ${option}: photos are saved, refusals have the envelope, and Nest answers its own`, async (t) => {
    const { ask, saved } = await nest(t, option)
    t.match(await ask(photo()), { statusCode: 200, body: '' })
    assertError(t, await ask(photo({ token: 'none.of.ours' })), { statusCode: 401, code: 'InvalidAuthenticationToken' })
    assertError(t, await ask(photo({ headers: json, body: '{}' })), { statusCode: 415, code: 'UnsupportedMediaType' })
    assertError(t, await ask(photo({ body: Buffer.alloc(5 * 1024 * 1024) })), { statusCode: 413, code: 'RequestEntityTooLarge' })

    t.equal((await ask({ url: '/own' })).body, '{"own":true}')
    t.equal((await ask({ url: '/own', method: 'POST', headers: json, body: '{"name":"Adele"}' })).body, '{"name":"Adele"}')
    t.match(await ask({ url: '/own/failing', method: 'PUT' }), { statusCode: 418, body: /Teapot/ })
    t.match(JSON.parse((await ask({ url: '/nowhere' })).body), { statusCode: 404, message: 'Cannot GET /nowhere' })
    t.strictSame(saved, [{ data: portrait.toString('base64'), id: userId }])
  })
}
