import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import fastifyCompress from '@fastify/compress'
import fastifyCors from '@fastify/cors'
import fastifyHelmet from '@fastify/helmet'
import fastifyRateLimit from '@fastify/rate-limit'
import fastifyUnderPressure from '@fastify/under-pressure'
import t from 'tap'
import { GraphError, graphServerOptions } from '../../../lib/index.js'
import { assertError, host, put } from '../../helpers/host.js'
import { token } from '../../helpers/tokens.js'
import { portrait } from '../../fixtures/pictures.js'
import { projectFile } from '../../package/project.js'
import { assertAtHome, build, served, photo, type Host, type Order } from '../../hosts/hosts.js'
import { ownPhoto } from '../../helpers/wire.js'

const origin = 'https://app.contoso.example'
const withoutToken = { method: 'PUT', url: ownPhoto, headers: { 'content-type': 'image/jpeg' }, body: portrait }
const orders: readonly Order[] = ['before', 'after']

// As the README says.
const exposedHeaders = ['request-id', 'client-request-id', 'retry-after', 'www-authenticate']
const cors: Host = { build: (app) => app.register(fastifyCors, { origin, methods: ['PUT', 'PATCH'], exposedHeaders }) }

for (const order of orders) {
  t.test(`@fastify/cors, with us ${order} it: a browser's preflight is answered, and our answers can be read`, async (t) => {
    const { app } = await build(cors, order)
    const ask = await served(t, app)
    const preflight = await ask({
      method: 'OPTIONS',
      url: ownPhoto,
      headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization,content-type' }
    })
    t.match(preflight, {
      statusCode: 204,
      headers: {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'PUT, PATCH',
        'access-control-allow-headers': 'authorization,content-type'
      }
    })
    t.match(await ask(photo({ headers: { origin } })), { statusCode: 200, headers: { 'access-control-allow-origin': origin } })
    const refused = await ask({ ...withoutToken, headers: { ...withoutToken.headers, origin } })
    assertError(t, refused, { statusCode: 401, code: 'InvalidAuthenticationToken' })
    t.equal(refused.headers['access-control-allow-origin'], origin, 'a refusal can be read too')
  })
}

t.test("@fastify/cors with the README's exposedHeaders: a page of another origin may read each of them where it is sent", async (t) => {
  const readme = await readFile(projectFile('README.md'), 'utf8')
  const [, named = ''] = /`exposedHeaders: \[(.+?)\]`/.exec(readme) ?? []
  t.strictSame(named.replaceAll("'", '').split(', '), exposedHeaders)

  const savePhoto = () => { throw new GraphError(503, 'ServiceUnavailable', 'Busy.', { retryAfter: 5 }) }
  const { app } = await build({ ...cors, options: { savePhoto } }, 'after')
  const ask = await served(t, app)
  const answers = [
    await ask(photo({ headers: { origin } })),
    await ask({ ...withoutToken, headers: { ...withoutToken.headers, origin } })
  ]
  t.strictSame(answers.map(({ statusCode }) => statusCode), [503, 401])
  const sent = new Set(answers.flatMap(({ headers }) => Object.keys(headers)))
  for (const { headers } of answers) t.equal(headers['access-control-expose-headers'], exposedHeaders.join(', '))
  for (const name of exposedHeaders) t.ok(sent.has(name), name)
})

const helmet: Host = { build: (app) => app.register(fastifyHelmet) }

t.test('@fastify/helmet puts its headers on our answers', async (t) => {
  const { app } = await build(helmet, 'after')
  const ask = await served(t, app)
  const headers = { 'x-content-type-options': 'nosniff', 'content-security-policy': /default-src/ }
  t.match(await ask(photo()), { statusCode: 200, headers })
  const refused = await ask(withoutToken)
  assertError(t, refused, { statusCode: 401, code: 'InvalidAuthenticationToken' })
  t.match(refused.headers, headers)
})

const compress: Host = { build: (app) => app.register(fastifyCompress, { threshold: 0, encodings: ['gzip', 'br'] }) }

for (const order of orders) {
  t.test(`@fastify/compress, with us ${order} it: whatever a client accepts, it reads our answers`, async (t) => {
    const { app, saved } = await build(compress, order)
    const ask = await served(t, app)
    for (const encoding of ['gzip', 'br', 'gzip, deflate, br', 'identity', '*']) {
      const accept = { 'accept-encoding': encoding }
      const answer = await ask(photo({ headers: accept }))
      t.match(answer, { statusCode: 200, body: '' }, encoding)
      t.equal(answer.headers['content-type'], undefined)
      t.equal(answer.headers['content-encoding'], undefined, 'there is nothing to encode')
      assertError(t, await ask({ ...withoutToken, headers: { ...withoutToken.headers, ...accept } }), { statusCode: 401, code: 'InvalidAuthenticationToken' })
    }
    t.equal(saved.length, 5)
    t.equal((await ask({ url: '/own', headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding'], 'gzip', 'the host compresses its own')
    assertError(t, await ask(photo({ headers: { 'content-encoding': 'br' } })), { statusCode: 415, code: 'UnsupportedMediaType' })
    t.equal((await ask(photo({ headers: { 'content-encoding': 'identity' } }))).statusCode, 200)
  })
}

t.test('@fastify/compress does not decode the body first', async (t) => {
  const decoded: unknown[] = []
  const { app, saved } = await host(t, {}, graphServerOptions, async (app) => {
    await app.register(fastifyCompress, { global: true, onInvalidRequestPayload: () => { decoded.push('seen'); return undefined } })
    app.addHook('preValidation', async ({ headers }) => { decoded.push(headers['content-encoding']) })
  })
  const headers = { 'content-encoding': 'gzip' }
  for (const payload of [gzipSync(portrait), portrait]) t.equal((await put(app, { payload, headers })).statusCode, 200)
  t.strictSame(decoded, [undefined, undefined])
  t.strictSame(saved.map(({ photo }) => photo.data.equals(portrait)), [true, true])
  // Decoded in vain, its 413 would be a 200.
  const small = await host(t, { maxRequestBytes: 40_000 }, graphServerOptions, (app) => app.register(fastifyCompress, { global: true }))
  t.equal((await put(small.app, { payload: gzipSync(Buffer.alloc(100_000)), headers })).statusCode, 413)
})

const limiters: ReadonlyArray<readonly [name: string, options: object]> = [
  ['for all routes', { max: 2, timeWindow: '1 minute' }],
  ['in another hook', { max: 2, timeWindow: '1 minute', hook: 'preParsing' }]
]

for (const [name, options] of limiters) {
  t.test(`@fastify/rate-limit ${name}: beyond the limit a client reads our envelope and Retry-After`, async (t) => {
    const { app, saved } = await build({ build: (app) => app.register(fastifyRateLimit, options) }, 'after')
    const ask = await served(t, app)
    t.equal((await ask(photo())).statusCode, 200)
    t.equal((await ask(photo())).statusCode, 200)
    const limited = await ask(photo())
    assertError(t, limited, { statusCode: 429, code: 'TooManyRequests', message: 'Rate limit exceeded, retry in 1 minute' })
    t.match(limited.headers['retry-after'], /^(?:60|59)$/)
    t.equal(saved.length, 2)
  })
}

t.test('@fastify/rate-limit counts requests that we refuse, those without a token too', async (t) => {
  const { app } = await build({ build: (app) => app.register(fastifyRateLimit, { max: 3 }) }, 'after')
  const ask = await served(t, app)
  const refused = [withoutToken, photo({ token: token({}, 'another secret, of 32 characters or more') }), photo({ body: 'no picture' })]
  const statuses: number[] = []
  for (const sent of [...refused, withoutToken]) statuses.push((await ask(sent)).statusCode)
  t.strictSame(statuses, [401, 401, 400, 429])
})

t.test("@fastify/rate-limit's own error has the envelope on our routes, and is as built on the host's", async (t) => {
  const errorResponseBuilder = () => Object.assign(new Error('Slow down.'), { statusCode: 429, code: 'HOST_SLOW' })
  const { app } = await build({ build: (app) => app.register(fastifyRateLimit, { max: 1, errorResponseBuilder }) }, 'after')
  const ask = await served(t, app)
  t.equal((await ask(photo())).statusCode, 200)
  assertError(t, await ask(photo()), { statusCode: 429, code: 'TooManyRequests', message: 'Slow down.' })
  const own = await ask({ url: '/own' })
  t.match({ statusCode: own.statusCode, body: JSON.parse(own.body) }, { statusCode: 429, body: { code: 'HOST_SLOW', message: 'Slow down.' } })
})

for (const order of orders) {
  t.test(`@fastify/under-pressure, with us ${order} it: a client reads our envelope and Retry-After`, async (t) => {
    let isHealthy = true
    const host: Host = {
      async build (app) {
        await app.register(fastifyUnderPressure, { healthCheck: async () => isHealthy, healthCheckInterval: 5, retryAfter: 50, message: 'Too busy.' })
      }
    }
    const { app, saved } = await build(host, order)
    const ask = await served(t, app)
    t.equal((await ask(photo())).statusCode, 200)
    isHealthy = false
    // It notices at its next check.
    while (!app.isUnderPressure()) await ask({ url: '/own' })
    const busy = await ask(photo())
    assertError(t, busy, { statusCode: 503, code: 'ServiceUnavailable', message: 'Too busy.' })
    t.equal(busy.headers['retry-after'], '50')
    t.equal(saved.length, 1)
    t.match(JSON.parse((await ask({ url: '/own' })).body), { code: 'FST_UNDER_PRESSURE' }, "the host's own answer is as it was")
  })
}

const all: Host = {
  async build (app) {
    await cors.build?.(app)
    await helmet.build?.(app)
    await compress.build?.(app)
    await app.register(fastifyRateLimit, { max: 1000, addHeadersOnExceeding: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false } })
    await app.register(fastifyUnderPressure, { maxEventLoopDelay: 10_000 })
  }
}

t.test('with all of them photos are saved, and the host is as it was', async (t) => {
  await assertAtHome(t, all)
})
