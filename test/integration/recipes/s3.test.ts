import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { CreateBucketCommand, GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import fastifyJwt from '@fastify/jwt'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { graphServerOptions, photoKey } from '../../../lib/index.js'
import { afterSoi, marker, segment } from '../../fixtures/jpeg-segments.js'
import { portrait } from '../../fixtures/pictures.js'
import { assertError, put } from '../../helpers/host.js'
import { appClaims, audience, secret, tenantId, token, userId } from '../../helpers/tokens.js'
import { start } from './azurite.js'
import { s3Photos } from './s3.js'
import { buildVersitygw, clientOf, freePort, startVersitygw } from './versitygw.js'

const authorization = `Bearer ${token(appClaims())}`
const urlOf = (user: string) => `/v1.0/users/${user}/photo/$value`
const get = (app: FastifyInstance, user = userId) => app.inject({ url: urlOf(user), headers: { authorization } })

async function server (t: Test, client: S3Client, patience?: number): Promise<FastifyInstance> {
  const app = Fastify(graphServerOptions)
  t.teardown(async () => {
    await app.close()
    client.destroy()
  })
  await app.register(fastifyJwt, { secret, verify: { allowedAud: audience } })
  await app.register(s3Photos, { prefix: '/v1.0', client, bucket: 'photos', ...(patience !== undefined && { patience }) })
  return app
}

/** A store that answers as the test says. */
async function store (t: Test, answer: RequestListener): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    answer(request, response)
  }).listen(0)
  t.teardown(() => { server.close().closeAllConnections() })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // a server on a port, not on a pipe
}

const busy = { statusCode: 503, code: 'ServiceUnavailable', message: 'The photo store is busy. Please try again.' }

const badStores: Readonly<Record<string, RequestListener>> = {
  'is busy': (_request, response) => { response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>') },
  'gives up in the middle': (request, response) => {
    if (request.method === 'PUT') return request.socket.destroy()
    response.writeHead(200, { 'content-length': 1000 }).write('the beginning', () => response.destroy())
  },
  'says nothing': () => {},
  'falls silent in the middle': (request, response) => {
    if (request.method === 'GET') response.writeHead(200, { 'content-length': 1000 }).write('the beginning')
  }
}

for (const [what, answer] of Object.entries(badStores)) {
  t.test(`a store that ${what} is answered 503 with Retry-After, in bounded time`, async (t) => {
    const app = await server(t, clientOf(await store(t, answer), { maxAttempts: 2 }), 500)
    const saved = await put(app)
    assertError(t, saved, busy)
    t.equal(saved.headers['retry-after'], '5')
    t.equal((await get(app)).statusCode, 503)
  })
}

t.test('so is a store that is out of reach', async (t) => {
  const app = await server(t, clientOf(`http://127.0.0.1:${await freePort()}`, { maxAttempts: 2 }))
  assertError(t, await put(app), busy)
  t.equal((await get(app)).statusCode, 503)
})

// A build takes minutes where the machine has none of its parts yet.
t.setTimeout(20 * 60_000)
const program = await buildVersitygw().catch((error) => {
  if (error.code !== 'ENOENT') throw error
  return undefined
})

t.test('with an S3 server', { skip: program === undefined && 'Go is not installed, which builds versitygw' }, async (t) => {
  const endpoint = await startVersitygw(t, program ?? '')
  const client = clientOf(endpoint)
  t.teardown(() => client.destroy())
  await client.send(new CreateBucketCommand({ Bucket: 'photos' }))

  await t.test('a photo is one object under its key, with its type, and is read again as it was sent', async (t) => {
    const app = await server(t, clientOf(endpoint))
    t.equal((await put(app, { headers: { 'content-type': 'application/json' } })).statusCode, 200)
    const Key = photoKey({ kind: 'user', tenantId, userId })
    const { ContentType, Body } = await client.send(new GetObjectCommand({ Bucket: 'photos', Key }))
    t.equal(ContentType, 'image/jpeg')
    t.ok(portrait.equals(await Body?.transformToByteArray() ?? Buffer.alloc(0)))

    const read = await get(app, userId.toUpperCase())
    t.equal(read.headers['content-type'], 'image/jpeg')
    t.ok(portrait.equals(read.rawPayload))
  })

  await t.test('who has no photo is answered 404, who has no token 401', async (t) => {
    const app = await server(t, clientOf(endpoint))
    t.equal((await get(app, 'nobody')).statusCode, 404)
    t.equal((await app.inject(urlOf(userId))).statusCode, 401)
  })

  await t.test('what the store refuses is not a client error, and its message is not sent', async (t) => {
    const app = await server(t, clientOf(endpoint, { credentials: { accessKeyId: 'photos', secretAccessKey: 'wrong' } }))
    assertError(t, await put(app), { statusCode: 500, code: 'ErrorInternalServerError', message: 'An internal server error occurred.' })
    const read = await get(app)
    t.equal(read.statusCode, 500)
    t.notMatch(read.body, /signature/i)
  })

  await t.test('two servers share a bucket: each reads what the other saved, and always one whole photo', async (t) => {
    const startServer = () => start(t, ['--import', 'tsx', fileURLToPath(new URL('s3-server.ts', import.meta.url))], {
      env: { ...process.env, ENDPOINT: endpoint }
    })
    const [one, other] = await Promise.all([startServer(), startServer()])
    const headers = { authorization, 'content-type': 'image/jpeg' }
    const save = async (address: string, user: string, photo: Buffer) => {
      t.equal((await fetch(address + urlOf(user), { method: 'PUT', headers, body: new Uint8Array(photo) })).status, 200)
    }
    const read = async (address: string, user: string) => Buffer.from(await (await fetch(address + urlOf(user), { headers })).arrayBuffer())

    await Promise.all(Array.from({ length: 8 }, async (_, index) => {
      const [writer, reader] = index % 2 === 0 ? [one.address, other.address] : [other.address, one.address]
      for (let round = 0; round < 5; round++) {
        const photo = photoOf(`user ${index}`, round)
        await save(writer, `user-${index}`, photo)
        t.ok(photo.equals(await read(reader, `user-${index}`)), 'the photo that the other server saved')
        await save(writer, 'everybody', photoOf('everybody', round))
        const shared = await read(reader, 'everybody')
        t.ok([0, 1, 2, 3, 4].some((round) => photoOf('everybody', round).equals(shared)), `a whole photo of everybody, not ${shared.length} other bytes`)
      }
    }))
  })
})

/** Another photo for each user and round, of 30 to 90 KB. */
function photoOf (user: string, round: number): Buffer {
  return afterSoi(portrait, segment(marker.COM, Buffer.alloc(20 + (round * 7919) % 60_000, `${user}, photo ${round} `)))
}
