import fastifyMiddie from '@fastify/middie'
import fastifyMultipart from '@fastify/multipart'
import express from 'express'
import type { FastifyInstance } from 'fastify'
import fastifyRawBody from 'fastify-raw-body'
import t, { type Test } from 'tap'
import { acceptedJpegs, portrait } from '../../fixtures/pictures.js'
import { assertError } from '../../helpers/host.js'
import { assertAtHome, build, photo, served, type Ask, type Host } from '../../hosts/hosts.js'

const [, large = portrait] = acceptedJpegs.find(([name]) => name.startsWith('600 KB')) ?? []
/** Larger than what Fastify takes by default. */
const twoMegabytes = Buffer.concat([portrait, Buffer.alloc(2_000_000)])
const tooLarge = Buffer.alloc(4 * 1024 * 1024)

async function assertSizes (t: Test, host: Host): Promise<void> {
  for (const order of ['before', 'after'] as const) {
    const { app, saved } = await build(host, order)
    const ask = await served(t, app)
    for (const body of [portrait, large, twoMegabytes]) {
      t.equal((await ask(photo({ body }))).statusCode, 200, `${body.length} bytes, with us ${order}`)
      t.ok(saved.pop()?.photo.data.equals(body), 'are saved as they were sent')
    }
    assertError(t, await ask(photo({ body: tooLarge })), { statusCode: 413, code: 'RequestEntityTooLarge' })
    t.equal(saved.length, 0)
  }
}

const rawBodies: ReadonlyArray<readonly [name: string, options: object]> = [
  ['as text', {}],
  ['as bytes', { encoding: false }],
  ['before other hooks', { encoding: false, runFirst: true }]
]

for (const [name, options] of rawBodies) {
  const host: Host = { build: (app) => app.register(fastifyRawBody, { global: true, ...options }) }

  t.test(`fastify-raw-body for all routes, ${name}: photos are saved, and the host is as it was`, async (t) => {
    await assertAtHome(t, host)
  })

  t.test(`fastify-raw-body for all routes, ${name}: photos of any size are answered`, async (t) => {
    await assertSizes(t, host)
  })
}

async function ownForm (app: FastifyInstance): Promise<void> {
  app.post('/own/form', async (request) => {
    const file = await request.file()
    return { name: file?.filename, bytes: (await file?.toBuffer())?.length }
  })
}

async function sendForm (ask: Ask): Promise<string> {
  const body = [
    '--x', 'Content-Disposition: form-data; name="file"; filename="a.jpg"', 'Content-Type: image/jpeg', '', 'four', '--x--', ''
  ].join('\r\n')
  return (await ask({ url: '/own/form', method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body })).body
}

t.test('@fastify/multipart: photos are saved, the host is as it was', async (t) => {
  await assertAtHome(t, { build: (app) => app.register(fastifyMultipart) })
  await assertAtHome(t, { build: (app) => app.register(fastifyMultipart, { attachFieldsToBody: true }) })
})

t.test("@fastify/multipart reads the host's forms, and a form sent to us is told what to send", async (t) => {
  for (const order of ['before', 'after'] as const) {
    const { app, saved } = await build({ build: (app) => app.register(fastifyMultipart), options: { contentTypes: '*' } }, order)
    await ownForm(app)
    const ask = await served(t, app)
    t.equal(await sendForm(ask), '{"name":"a.jpg","bytes":4}')
    const form = await ask(photo({ headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x\r\n\r\nfour\r\n--x--\r\n' }))
    assertError(t, form, { statusCode: 400, code: 'BadRequest', message: /must be the photo's bytes themselves/ })
    t.equal(saved.length, 0)
  }
})

t.test("@fastify/middie with Express's JSON parser: photos are saved, and the host is as it was", async (t) => {
  await assertAtHome(t, {
    async build (app) {
      await app.register(fastifyMiddie)
      app.use('/elsewhere', express.json())
    }
  })
})

t.test("@fastify/middie with a parser that reads every body: photos are saved as they were sent, up to the parser's limit", async (t) => {
  const { app, saved } = await build({
    async build (app) {
      await app.register(fastifyMiddie)
      app.use('/v1.0', express.raw({ type: () => true, limit: '5mb' }))
    }
  }, 'after')
  const ask = await served(t, app)
  for (const body of [portrait, twoMegabytes]) {
    t.equal((await ask(photo({ body }))).statusCode, 200)
    t.ok(saved.pop()?.photo.data.equals(body))
  }
  assertError(t, await ask(photo({ body: tooLarge })), { statusCode: 413, code: 'RequestEntityTooLarge' })
  t.equal(saved.length, 0)
})
