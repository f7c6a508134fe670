import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import Fastify, { type FastifyInstance } from 'fastify'
import createError from 'http-errors'
import { graphAuthorize, graphPhoto, graphServerOptions, type GraphPhotoOptions } from '../../lib/index.js'
import { fixture } from '../fixtures/pictures.js'
import { jwt, token } from '../helpers/tokens.js'
import { listen, ownPhoto } from '../helpers/wire.js'
import { maxRequestBytes, type Abilities, type failures } from './requests.js'

export interface PhotoLine {
  readonly clientRequestId?: string
  readonly status?: number
  readonly bytes: number
}

export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly photo?: PhotoLine
}

/** What one host saw. */
export interface Seen {
  /** How often the photo of each request was saved. */
  readonly saves: Map<string, number>
  readonly lines: LogLine[]
  readonly sockets: Set<Socket>
  /** Connections so far: the kernel takes them before the server does. */
  connections: number
  /** Calls of host hooks that have not returned. */
  running: number
}

export async function turns (count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => { setImmediate(resolve) })
}

interface HostShape extends Partial<Abilities> {
  readonly options?: (slowly: Slowly) => Partial<GraphPhotoOptions>
  readonly setUp?: (app: FastifyInstance, slowly: Slowly) => unknown
  /** Whether the headers of a request make a hook throw. */
  readonly fails?: true
}

/** Gives a value some turns later, as what asks a database or a bucket does. */
type Slowly = <T>(value: T) => Promise<T>

type Failure = typeof failures[number]

function failAt (name: Failure, { headers }: { readonly headers: Readonly<Record<string, unknown>> }): void {
  if (headers['x-fail'] === name) throw new Error(`${name} failed.`)
}

const shapes = {
  sync: {},
  explaining: { anyContentType: true, anyFormat: true, options: () => ({ explain: true }) },
  async: {
    anyContentType: true,
    options: (slowly) => ({
      resolveTarget: (target) => slowly(target),
      authorize: async (permissions, context) => slowly(await graphAuthorize(permissions, context)),
      savePhoto: () => slowly(undefined)
    }),
    setUp: (app, slowly) => app.addHook('onRequest', async () => { await slowly(undefined) })
  },
  'async onSend': {
    anyFormat: true,
    options: (slowly) => ({ explain: true, savePhoto: () => slowly(undefined) }),
    setUp: (app, slowly) => app.addHook('onSend', async (_request, _reply, payload) => slowly(payload))
  },
  listening: {
    // Not async: then the body would be gone before the plugin's hook runs.
    setUp: (app) => app.addHook('preParsing', ({ raw }, _reply, payload, done) => {
      raw.on('data', () => {})
      done(null, payload)
    })
  },
  wrapping: {
    // On an unknown path nobody reads what was piped, and the host alone keeps the connection.
    setUp: (app) => app.addHook('preParsing', ({ is404 }, _reply, payload, done) => {
      done(null, is404 ? payload : payload.pipe(new PassThrough()))
    })
  },
  failing: {
    fails: true,
    options: (slowly) => ({
      resolveTarget (target, { request }) { failAt('resolveTarget', request); return target },
      async authorize (permissions, context) { failAt('authorize', context.request); return graphAuthorize(permissions, context) },
      savePhoto (_photo, { request }) {
        failAt('savePhoto', request)
        if (request.headers['x-fail'] === 'expose') throw createError(409, 'The photo is locked.')
        return slowly(undefined).then(() => failAt('savePhoto later', request))
      }
    }),
    setUp: (app) => app
      .addHook('preHandler', async (request) => { failAt('preHandler', request) })
      .addHook('onSend', async (request, reply) => { if (reply.statusCode === 200) failAt('onSend', request) })
  }
} as const satisfies Record<string, HostShape>

export type HostName = keyof typeof shapes

export interface FuzzHost {
  readonly name: HostName
  readonly abilities: Abilities
  readonly fails: boolean
  readonly app: FastifyInstance
  readonly port: number
  readonly seen: Seen
  /** Uploads a good photo on a connection of its own that is kept; gives the status, and how many listeners the server's socket has. */
  readonly upload: (id: string) => Promise<readonly [status: number | undefined, listeners: number]>
  readonly close: () => Promise<void>
}

const thumbnail = fixture('thumbnail.jpg')

async function start (name: HostName): Promise<FuzzHost> {
  const shape: HostShape = shapes[name]
  const seen: Seen = { saves: new Map(), lines: [], sockets: new Set(), connections: 0, running: 0 }
  const slowly: Slowly = async (value) => {
    seen.running++
    await turns(3)
    seen.running--
    return value
  }
  const { savePhoto, ...options }: Partial<GraphPhotoOptions> = shape.options?.(slowly) ?? {}
  const app = Fastify({
    ...graphServerOptions,
    logger: { level: 'info', stream: { write: (line: string) => { keep(JSON.parse(line)) } } }
  })
  const keep = (line: LogLine) => { if (line.photo !== undefined || line.level >= 40) seen.lines.push(line) }
  app.server.on('connection', (socket: Socket) => {
    seen.connections++
    seen.sockets.add(socket)
    socket.once('close', () => { seen.sockets.delete(socket) })
  })
  await shape.setUp?.(app, slowly)
  await app.register(graphPhoto, {
    prefix: '/v1.0',
    jwt,
    maxRequestBytes,
    ...(shape.anyContentType && { contentTypes: '*' }),
    ...(shape.anyFormat && { imageTypes: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] }),
    ...options,
    async savePhoto (photo, context) {
      await savePhoto?.(photo, context)
      const id = String(context.request.headers['client-request-id'])
      seen.saves.set(id, (seen.saves.get(id) ?? 0) + 1)
    }
  })
  const port = await listen(app)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return {
    name,
    abilities: { anyContentType: shape.anyContentType ?? false, anyFormat: shape.anyFormat ?? false },
    fails: shape.fails ?? false,
    app,
    port,
    seen,
    async upload (id) {
      const headers = {
        authorization: `Bearer ${token()}`,
        'content-type': 'image/jpeg',
        'content-length': thumbnail.length,
        'client-request-id': id
      }
      const sent = request({ host: '127.0.0.1', port, agent, method: 'PUT', path: ownPhoto, headers }).end(thumbnail)
      const [response] = await once(sent, 'response')
      await once(response.resume(), 'close')
      const [socket] = [...seen.sockets].filter(({ remotePort }) => remotePort === sent.socket?.localPort)
      const listeners = socket?.eventNames().map((event) => socket.listenerCount(event)) ?? []
      return [response.statusCode, listeners.reduce((sum, count) => sum + count, 0)]
    },
    async close () {
      agent.destroy()
      await app.close()
    }
  }
}

/** Every host, by its name. */
export const hosts: Readonly<Record<HostName, () => Promise<FuzzHost>>> = Object.fromEntries(
  Object.keys(shapes).map((name) => [name, () => start(name as HostName)])
) as Record<HostName, () => Promise<FuzzHost>>
