import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { ContainerClient } from '@azure/storage-blob'
import fastifyJwt from '@fastify/jwt'
import { Client, HTTPMessageHandler, RetryHandler, type Middleware } from '@microsoft/microsoft-graph-client'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { graphServerOptions, photoKey } from '../../../lib/index.js'
import { afterSoi, marker, segment } from '../../fixtures/jpeg-segments.js'
import { portrait } from '../../fixtures/pictures.js'
import { assertError, put } from '../../helpers/host.js'
import { appClaims, audience, secret, tenantId, token, userId } from '../../helpers/tokens.js'
import { blobPhotos } from './azure-blob.js'
import { connectionString, start, startAzurite, type Running } from './azurite.js'

const authorization = `Bearer ${token(appClaims())}`
const azurite = await startAzurite(t)
const container = new ContainerClient(connectionString(azurite.address), 'photos')
await container.create()

async function server (t: Test, container: ContainerClient, patience?: number): Promise<FastifyInstance> {
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  await app.register(fastifyJwt, { secret, verify: { allowedAud: audience } })
  await app.register(blobPhotos, { prefix: '/v1.0', container, ...(patience !== undefined && { patience }) })
  return app
}

const urlOf = (user: string) => `/v1.0/users/${user}/photo/$value`
const get = (app: FastifyInstance, user = userId) => app.inject({ url: urlOf(user), headers: { authorization } })

t.test('a photo is one blob under its key, with its type, and is read again as it was sent', async (t) => {
  const app = await server(t, container)
  t.equal((await put(app, { headers: { 'content-type': 'application/json' } })).statusCode, 200)

  const blob = container.getBlobClient(photoKey({ kind: 'user', tenantId, userId }))
  t.equal((await blob.getProperties()).contentType, 'image/jpeg')
  t.ok(portrait.equals(await blob.downloadToBuffer()))

  const read = await get(app, userId.toUpperCase())
  t.equal(read.headers['content-type'], 'image/jpeg')
  t.ok(portrait.equals(read.rawPayload))
})

t.test('who has no photo is answered 404, who has no token 401', async (t) => {
  const app = await server(t, container)
  t.equal((await get(app, 'nobody')).statusCode, 404)
  t.equal((await app.inject(urlOf(userId))).statusCode, 401)
})

t.test('photos of tokens without a tenant are read again too', async (t) => {
  const app = await server(t, container)
  const claims = appClaims({ tid: undefined })
  t.equal((await put(app, { url: urlOf('ann'), claims })).statusCode, 200)
  const read = await app.inject({ url: urlOf('ann'), headers: { authorization: `Bearer ${token(claims)}` } })
  t.ok(portrait.equals(read.rawPayload))
  t.equal((await get(app, 'ann')).statusCode, 404, 'and are none of another tenant')
})

const busy = { statusCode: 503, code: 'ServiceUnavailable', message: 'The photo store is busy. Please try again.' }

t.test('a store that is out of reach is answered 503 with Retry-After', async (t) => {
  const closed = createServer().listen(0)
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo // a server on a port, not on a pipe
  await once(closed.close(), 'close')

  const nowhere = new ContainerClient(connectionString(`http://127.0.0.1:${port}`), 'photos', { retryOptions: { maxTries: 2 } })
  const app = await server(t, nowhere)
  const saved = await put(app)
  assertError(t, saved, busy)
  t.equal(saved.headers['retry-after'], '5')
  t.equal((await get(app)).statusCode, 503)
})

t.test('a busy store is answered 503, also where it gives up in the middle of a photo', async (t) => {
  const store = createServer((request, response) => {
    request.resume()
    if (request.method === 'PUT') return response.writeHead(503, { 'x-ms-error-code': 'ServerBusy' }).end()
    response.writeHead(200, { 'content-length': 1000, etag: '"1"' }).write('the beginning', () => response.destroy())
  }).listen(0)
  t.teardown(() => { store.close().closeAllConnections() })
  await once(store, 'listening')
  const { port } = store.address() as AddressInfo // a server on a port, not on a pipe

  const options = { retryOptions: { maxTries: 2 } }
  const app = await server(t, new ContainerClient(connectionString(`http://127.0.0.1:${port}`), 'photos', options), 2000)
  assertError(t, await put(app), busy)
  t.equal((await get(app)).statusCode, 503)
})

t.test('what the store refuses is not a client error, and its message is not sent', async (t) => {
  const app = await server(t, new ContainerClient(connectionString(azurite.address, 'd3Jvbmc='), 'photos'))
  assertError(t, await put(app), { statusCode: 500, code: 'ErrorInternalServerError', message: 'An internal server error occurred.' })
  const read = await get(app)
  t.equal(read.statusCode, 500)
  t.notMatch(read.body, /authenti/i)
})

t.test("Microsoft's client tries again by itself while the store says nothing", async (t) => {
  const app = await server(t, container, 300)
  const statuses: number[] = []
  app.addHook('onResponse', async (_request, reply) => {
    statuses.push(reply.statusCode)
    azurite.child.kill('SIGCONT')
  })
  const baseUrl = await app.listen({ port: 0 })
  const middleware: Middleware = new RetryHandler()
  middleware.setNext?.(new HTTPMessageHandler())
  const client = Client.initWithMiddleware({ baseUrl: `${baseUrl}/`, middleware })

  t.teardown(() => azurite.child.kill('SIGCONT'))
  azurite.child.kill('SIGSTOP')
  await client.api('/users/patient/photo/$value').header('authorization', authorization).put(portrait)
  t.strictSame(statuses, [503, 200])
  t.ok(portrait.equals((await get(app, 'patient')).rawPayload))
})

t.test('two servers share the store: each reads what the other saved, also when one is killed under load', async (t) => {
  const startServer = () => start(t, ['--import', 'tsx', fileURLToPath(new URL('azure-blob-server.ts', import.meta.url))], {
    env: { ...process.env, CONNECTION_STRING: connectionString(azurite.address), CONTAINER: 'photos' }
  })
  const [one, other] = await Promise.all([startServer(), startServer()])
  const isAlive = ({ child }: Running) => !child.killed
  const users = 8
  const rounds = 10
  let sent = 0
  let saved = 0
  let cutOff = 0
  const ofEverybody = new Set<string>()

  /** Whether the photo was acknowledged; only a killed server may leave that open. */
  async function save (server: Running, user: string, photo: Buffer): Promise<boolean> {
    const request = { method: 'PUT', headers: { authorization, 'content-type': 'image/jpeg' }, body: new Uint8Array(photo) }
    const answer = fetch(server.address + urlOf(user), request)
    if (++sent >= users * rounds && server === other) other.child.kill('SIGKILL')
    try {
      const { status } = await answer
      if (status !== 200) throw new Error(`${user}: ${status}`)
      saved++
      return true
    } catch (error) {
      if (isAlive(server)) throw error
      cutOff++
      return false
    }
  }

  async function read (server: Running, user: string): Promise<string | undefined> {
    try {
      const response = await fetch(server.address + urlOf(user), { headers: { authorization } })
      return response.status === 200 ? hashOf(Buffer.from(await response.arrayBuffer())) : String(response.status)
    } catch (error) {
      if (isAlive(server)) throw error
      cutOff++
      return undefined
    }
  }

  /** One user's photos, one after the other; beside them everybody writes the photo of one more user, at the same time. */
  async function oneUser (user: string, shift: number): Promise<Set<string>> {
    let possible = new Set<string>()
    for (let round = 0; round < rounds; round++) {
      const [writer, reader] = (round + shift) % 2 === 0 || !isAlive(other) ? [one, other] : [other, one]
      const photo = photoOf(user, round)
      const isSaved = await save(writer, user, photo)
      possible = isSaved ? new Set([hashOf(photo)]) : possible.add(hashOf(photo))
      const found = await read(isAlive(reader) ? reader : one, user)
      if (found !== undefined) t.ok(possible.has(found), `${user} has photo ${round}`)

      const shared = photoOf(`everybody, by ${user}`, round)
      ofEverybody.add(hashOf(shared))
      await save(isAlive(reader) ? reader : one, 'everybody', shared)
      const foundShared = await read(isAlive(writer) ? writer : one, 'everybody')
      if (foundShared !== undefined) t.ok(ofEverybody.has(foundShared), 'everybody has one of their photos')
    }
    return possible
  }

  const names = Array.from({ length: users }, (_, index) => `user-${index}`)
  const last = await Promise.all(names.map(oneUser))
  t.equal(other.child.signalCode, 'SIGKILL')
  t.ok(cutOff > 0, `${saved} photos were saved, ${cutOff} requests cut off`)
  for (const [index, user] of names.entries()) t.ok(last[index]?.has(await read(one, user) ?? ''), `${user} has the last photo`)
})

/** Another photo for each user and round, of 30 to 90 KB. */
function photoOf (user: string, round: number): Buffer {
  return afterSoi(portrait, segment(marker.COM, Buffer.alloc(20 + (round * 7919) % 60_000, `${user}, photo ${round} `)))
}

function hashOf (data: Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
