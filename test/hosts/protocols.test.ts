import { once } from 'node:events'
import http2 from 'node:http2'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import Fastify from 'fastify'
import { generate } from 'selfsigned'
import t, { type Test } from 'tap'
import { graphPhoto, graphServerOptions } from '../../lib/index.js'
import { assertError, type Saved } from '../helpers/host.js'
import { jwt } from '../helpers/tokens.js'
import { listen } from '../helpers/wire.js'
import { assertWorks, behaviour, photo, type Answer, type Ask, type Sent } from './hosts.js'

const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })
const tls = { key, cert }

const serverOptions = { ...graphServerOptions, forceCloseConnections: true } as const

/** A server of each protocol; that the plugin registers on it without a cast is part of what is tested. */
const servers = {
  https (saved: Saved[], withUs: boolean) {
    const app = Fastify({ ...serverOptions, https: tls })
    if (withUs) app.register(graphPhoto, options(saved))
    app.get('/own', async () => ({ own: true }))
    return app
  },
  'http2 over TLS' (saved: Saved[], withUs: boolean) {
    const app = Fastify({ ...serverOptions, http2: true, https: { ...tls, allowHTTP1: true } })
    if (withUs) app.register(graphPhoto, options(saved))
    app.get('/own', async () => ({ own: true }))
    return app
  },
  http2 (saved: Saved[], withUs: boolean) {
    const app = Fastify({ ...serverOptions, http2: true })
    if (withUs) app.register(graphPhoto, options(saved))
    app.get('/own', async () => ({ own: true }))
    return app
  }
}

function options (saved: Saved[]) {
  return { prefix: '/v1.0', jwt, savePhoto: (photo: Saved['photo'], context: Saved['context']) => { saved.push({ photo, context }) } }
}

interface Closing {
  readonly close: () => PromiseLike<unknown>
}

function served (t: Test, app: Parameters<typeof listen>[0] & Closing): Promise<number> {
  t.teardown(() => app.close())
  return listen(app)
}

/** Node gives some headers as lists; the plugin's are all plain. */
function plain (headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')).map(([name, value]) => [name, String(value)]))
}

function askHttps (port: number): Ask {
  return async ({ method = 'GET', url, headers = {}, body }): Promise<Answer> => {
    const request = https.request({ host: '127.0.0.1', port, path: url, method, ca: cert, servername: 'localhost', checkServerIdentity: () => undefined, headers: { ...headers, ...(body && { 'content-length': body.length }) } })
    request.end(body)
    const [response] = await once(request, 'response') as [IncomingMessage]
    const chunks: Buffer[] = await response.toArray()
    return { statusCode: response.statusCode ?? 0, headers: plain(response.headers), body: Buffer.concat(chunks).toString() }
  }
}

function askHttp2 (t: Test, origin: string): Ask {
  const session = http2.connect(origin, { ca: cert, servername: 'localhost', checkServerIdentity: () => undefined })
  t.teardown(() => { session.destroy() })
  return async ({ method = 'GET', url, headers = {}, body }): Promise<Answer> => {
    const stream = session.request({ ':method': method, ':path': url, ...headers }, { endStream: body === undefined })
    const answered = once(stream, 'response')
    if (body !== undefined) stream.end(body)
    const [response] = await answered as [http2.IncomingHttpHeaders & { ':status'?: number }]
    const chunks: Buffer[] = await stream.toArray()
    return { statusCode: response[':status'] ?? 0, headers: plain(response), body: Buffer.concat(chunks).toString() }
  }
}

const protocols: ReadonlyArray<readonly [name: keyof typeof servers, client: string, connect: (t: Test, port: number) => Ask]> = [
  ['https', 'https', (_t, port) => askHttps(port)],
  ['http2 over TLS', 'http2', (t, port) => askHttp2(t, `https://127.0.0.1:${port}`)],
  ['http2 over TLS', 'https', (_t, port) => askHttps(port)],
  ['http2', 'http2', (t, port) => askHttp2(t, `http://127.0.0.1:${port}`)]
]

// First in this file: Node warns once in a process, and Fastify's own answers to malformed JSON make it warn too.
t.test('on an http2 server no answer of ours has a header that the protocol forbids', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => { warnings.push(warning) }
  process.on('warning', onWarning)
  t.teardown(() => { process.off('warning', onWarning) })
  const saved: Saved[] = []
  await assertWorks(t, askHttp2(t, `http://127.0.0.1:${await served(t, servers.http2(saved, true))}`), saved)
  t.strictSame(warnings, [])
})

for (const [name, client, connect] of protocols) {
  t.test(`an ${name} server with an ${client} client: photos are saved, and the host is as it was`, async (t) => {
    const without = await served(t, servers[name]([], false))
    const expected = await behaviour(connect(t, without))
    const saved: Saved[] = []
    const ask = connect(t, await served(t, servers[name](saved, true)))
    await assertWorks(t, ask, saved)
    t.strictSame(await behaviour(ask), expected)
  })

  t.test(`an ${name} server answers an ${client} client in the envelope before any hook runs`, async (t) => {
    const ask = connect(t, await served(t, servers[name]([], true)))
    assertError(t, await ask(photo({ url: `/v1.0/users/${'x'.repeat(600)}/photo/$value` })), { statusCode: 414, code: 'URITooLong' })
    assertError(t, await ask(photo({ url: '/v1.0/users/%zz/photo/$value' })), { statusCode: 400, code: 'BadRequest' })
  })
}

t.test('on an http2 server several photos are saved over one connection at once', async (t) => {
  const saved: Saved[] = []
  const ask = askHttp2(t, `http://127.0.0.1:${await served(t, servers.http2(saved, true))}`)
  const sent: Sent[] = ['a', 'b', 'c', 'd'].map((id) => photo({ url: `/v1.0/me/contacts/${id}/photo/$value` }))
  const answers = await Promise.all([...sent, photo({ body: 'no picture' })].map(ask))
  t.strictSame(answers.map(({ statusCode }) => statusCode), [200, 200, 200, 200, 400])
  t.equal(saved.length, 4)
})
