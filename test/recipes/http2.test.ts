import { EventEmitter, once } from 'node:events'
import type { ClientHttp2Session } from 'node:http2'
import type { FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { portrait } from '../fixtures/pictures.js'
import { host } from '../helpers/host.js'
import { userId } from '../helpers/tokens.js'
import { listen, openHttp2, serverOptions, statusOf, uploadHttp2 } from '../helpers/wire.js'
import { settings, widenWindows } from './http2.js'

// Bytes after a picture's end are let be.
const photo = Buffer.concat([portrait, Buffer.alloc(3_900_000)])

/** The options of a server as the recipe has them. */
async function recipeOptions (): Promise<FastifyServerOptions> {
  const { https, ...options }: { https?: object } & FastifyServerOptions = await serverOptions({ tls: true, http2: true })
  return { ...options, https: { ...https, settings } } as FastifyServerOptions
}

const open = async (t: Test, options: Parameters<typeof host>[1] = {}): Promise<ClientHttp2Session> => {
  const { app } = await host(t, options, await recipeOptions(), (app) => { widenWindows(app.server) })
  const session = await openHttp2(t, await listen(app), { tls: true })
  if (session.remoteSettings.initialWindowSize !== settings.initialWindowSize) await once(session, 'remoteSettings')
  return session
}

t.test('a client sends all of a photo of 3.9 MB before the server reads any of it', async (t) => {
  const events = new EventEmitter()
  const sent = once(events, 'sent')
  const session = await open(t, {
    async authenticate () {
      await sent
      return { kind: 'delegated', id: userId, permissions: ['User.ReadWrite'] }
    }
  })
  const stream = uploadHttp2(session)
  const status = statusOf(stream)
  await once(stream.end(photo), 'finish')
  events.emit('sent')
  t.equal(await status, 200)
})

t.test('a connection takes four photos at once', async (t) => {
  const session = await open(t)
  t.equal(await statusOf(uploadHttp2(session).end(portrait)), 200)
  t.ok(Number(session.state.remoteWindowSize) + portrait.length >= 4 * photo.length)
})
