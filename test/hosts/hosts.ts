import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { graphPhoto, graphServerOptions, type GraphPhotoOptions } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { assertError, type Saved } from '../helpers/host.js'
import { jwt, token } from '../helpers/tokens.js'
import { listen, type Listening, ownPhoto } from '../helpers/wire.js'

export interface Sent {
  readonly method?: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

export interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Ask = (sent: Sent) => Promise<Answer>

/** Listens until the test ends; what it returns asks over real sockets. */
export async function served (t: Test, app: Listening & { readonly close: () => unknown }): Promise<Ask> {
  t.teardown(() => app.close())
  const port = await listen(app)
  return async ({ method = 'GET', url, headers = {}, body }) => {
    const response = await fetch(`http://127.0.0.1:${port}${url}`, { method, headers, ...(body !== undefined && { body }) })
    return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
  }
}

/** The portrait, put by the signed-in user as their own. */
export function photo ({ headers, ...others }: Partial<Sent> & { readonly token?: string } = {}): Sent {
  const authorization = `Bearer ${others.token ?? token()}`
  return { method: 'PUT', url: ownPhoto, body: portrait, headers: { authorization, 'content-type': 'image/jpeg', ...headers }, ...others }
}

/** A host: how it builds its server, and what it puts there of its own. */
export interface Host {
  readonly server?: FastifyServerOptions
  readonly build?: (app: FastifyInstance) => unknown
  readonly routes?: (app: FastifyInstance) => unknown
  readonly options?: Partial<GraphPhotoOptions>
  /** Where the photo is put; default `ownPhoto`. */
  readonly urls?: readonly string[]
  readonly prefix?: string
}

export type Order = 'before' | 'after' | 'without'

interface Built {
  readonly app: FastifyInstance
  readonly saved: Saved[]
}

/** The host with the plugin registered before what the host puts there, or after it, or not at all. */
export async function build ({ server = graphServerOptions, ...host }: Host, order: Order): Promise<Built> {
  const app = Fastify(server)
  const saved: Saved[] = []
  const register = () => app.register(graphPhoto, {
    prefix: host.prefix ?? '/v1.0',
    ...(host.options?.authenticate === undefined && { jwt }),
    savePhoto: (photo, context) => { saved.push({ photo, context }) },
    ...host.options
  })
  if (order === 'before') await register()
  await host.build?.(app)
  if (order === 'after') await register()
  await (host.routes ?? ownRoutes)(app)
  return { app, saved }
}

/** What a host does of its own. */
export function ownRoutes (app: FastifyInstance): void {
  const body = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } }
  app.get('/own', async () => ({ own: true }))
  app.post('/own', { schema: { body } }, async (request) => request.body)
  app.get('/own/failing', async () => { throw new Error('The host failed.') })
  app.put('/own/upload', async ({ body }) => ({ type: typeof body, isBuffer: Buffer.isBuffer(body) }))
}

const json = { 'content-type': 'application/json' }
const requests: readonly Sent[] = [
  { url: '/own' },
  { url: '/own', method: 'HEAD' },
  { url: '/own', method: 'POST', headers: json, body: '{"name":"Adele"}' },
  { url: '/own', method: 'POST', headers: json, body: '{"name":{}}' },
  { url: '/own', method: 'POST', headers: json, body: '{' },
  { url: '/own', method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'Adele' },
  { url: '/own/failing' },
  { url: '/own/upload', method: 'PUT', headers: { 'content-type': 'image/jpeg' }, body: portrait.subarray(0, 500) },
  { url: '/own/upload', method: 'PUT', headers: { 'content-type': 'application/x-unknown' }, body: 'x' },
  { url: '/nowhere' },
  { url: '/nowhere', method: 'PUT', headers: { 'content-type': 'image/jpeg' }, body: 'x' },
  { url: '/v1.0/nowhere', method: 'PATCH', headers: json, body: '{}' },
  { url: '/v1.0/me/photo' },
  { url: ownPhoto },
  { url: ownPhoto, method: 'DELETE' },
  { url: ownPhoto, method: 'POST', headers: json, body: '{}' },
  { url: ownPhoto, method: 'OPTIONS' }
]

/** All that can be seen of a host from outside, apart from the plugin's fourteen operations. */
export async function behaviour (ask: Ask): Promise<unknown[]> {
  const answers: unknown[] = []
  for (const sent of requests) {
    const { headers: { date, ...headers }, ...answer } = await ask(sent)
    answers.push({ method: sent.method, url: sent.url, ...answer, headers })
  }
  return answers
}

const refusals: ReadonlyArray<readonly [sent: Sent, statusCode: number, code: string]> = [
  [{ method: 'PUT', url: ownPhoto, headers: { 'content-type': 'image/jpeg' }, body: portrait }, 401, 'InvalidAuthenticationToken'],
  [photo({ token: token({}, 'another secret, of 32 characters or more') }), 401, 'InvalidAuthenticationToken'],
  [photo({ url: '/v1.0/users/a%00b/photo/$value' }), 400, 'ErrorInvalidIdMalformed'],
  [photo({ url: '/v1.0/users/someone.else/photo/$value' }), 403, 'ErrorAccessDenied'],
  [photo({ headers: { 'content-type': 'text/plain' } }), 415, 'UnsupportedMediaType'],
  [photo({ headers: { 'content-type': 'application/json' }, body: '{}' }), 415, 'UnsupportedMediaType'],
  [photo({ body: '' }), 400, 'BadRequest'],
  [photo({ body: 'no picture' }), 400, 'BadRequest'],
  [photo({ body: Buffer.alloc(5 * 1024 * 1024) }), 413, 'RequestEntityTooLarge']
]

/** The plugin answers as on a server of its own. */
export async function assertWorks (t: Test, ask: Ask, saved: Saved[], host: Host = {}): Promise<void> {
  const inHost = (url: string) => url.replace('/v1.0', (host.prefix ?? '/v1.0').replace(':tenant', 'contoso'))
  for (const url of host.urls ?? [ownPhoto]) {
    for (const method of ['PUT', 'PATCH']) {
      saved.length = 0
      const answer = await ask(photo({ url: inHost(url), method }))
      t.match({ ...answer, type: answer.headers['content-type'], isWhole: saved.map(({ photo }) => photo.data.equals(portrait)) }, {
        statusCode: 200, body: /^$/, headers: { 'request-id': /./ }, type: undefined, isWhole: [true]
      }, `${method} ${url} saves the bytes that were sent, and no others`)
      t.equal(saved.length, 1)
    }
  }
  saved.length = 0
  for (const [sent, statusCode, code] of refusals) assertError(t, await ask({ ...sent, url: inHost(sent.url) }), { statusCode, code }, sent.url)
  t.equal(saved.length, 0)
}

/** The plugin works in the host, registered before or after what the host puts there, and the host is as it was. */
export async function assertAtHome (t: Test, host: Host, orders: readonly Order[] = ['before', 'after']): Promise<void> {
  const without = await build(host, 'without')
  const expected = await behaviour(await served(t, without.app))
  for (const order of orders) {
    const { app, saved } = await build(host, order)
    const ask = await served(t, app)
    await assertWorks(t, ask, saved, host)
    t.strictSame(await behaviour(ask), expected, `the host is as it was, with the plugin registered ${order}`)
  }
}
