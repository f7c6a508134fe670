import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { jws, rsa, type Claims } from '../helpers/tokens.js'
import { portOf } from '../helpers/wire.js'

/** What becomes of a request for the published keys. */
const moods = {
  up: (response: ServerResponse, keys: string) => { response.end(keys) },
  resets: ({ socket }: ServerResponse) => { socket?.resetAndDestroy() },
  'is silent': () => {},
  'falls silent after the head': (response: ServerResponse) => { response.writeHead(200, { 'content-length': 1000 }).flushHeaders() },
  'falls silent within the keys': (response: ServerResponse, keys: string) => { response.write(keys.slice(0, 10)) },
  'answers 503 in HTML': (response: ServerResponse) => { response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>Down</h1>') },
  'answers 200 in HTML': (response: ServerResponse) => { response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>') },
  'answers 429': (response: ServerResponse) => { response.writeHead(429, { 'retry-after': '60' }).end() },
  'answers with something else': (response: ServerResponse) => { response.end('{"error":"invalid_tenant"}') },
  'leads elsewhere': (response: ServerResponse) => { response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end() }
}

export type Mood = keyof typeof moods

interface SigningKey {
  readonly privateKey: KeyObject
  readonly jwk: Readonly<Record<string, unknown>>
}

/** By the first word of their ids. A key pair takes longer to make than a test to run, so all issuers share them. */
const keys = new Map<string, SigningKey>()

function keyOf (kid: string): SigningKey {
  const [word = ''] = kid.split(' ')
  const key = keys.get(word) ?? signingKey()
  keys.set(word, key)
  return key
}

function signingKey (): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    privateKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }
  }
}

export interface Issuer {
  readonly origin: string
  mood: Mood
  /** The key ids that are published from now on; the last one signs. */
  publish: (...kids: readonly string[]) => void
  /** Signs with a key, published or not; the type of an access token unless the header says otherwise. */
  readonly token: (claims: Claims, header?: { readonly kid?: string | undefined, readonly typ?: string }) => string
  /** How often the keys were asked for. */
  readonly reads: () => number
  /** Refuses every connection until `start`. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
}

/** Whoever issues tokens, as far as a server that accepts them can see: an address with public keys, and tokens signed with them. */
export async function issuer (t: Test): Promise<Issuer> {
  let published = ['1']
  let reads = 0
  const sockets = new Set<Socket>()
  const server = createServer((_request, response) => {
    reads++
    moods[state.mood](response, JSON.stringify({ keys: published.map((kid) => ({ ...keyOf(kid).jwk, kid })) }))
  })
  server.on('connection', (socket) => { sockets.add(socket) })

  async function stop (): Promise<void> {
    server.close()
    for (const socket of sockets) socket.destroy()
    if (server.listening) await once(server, 'close')
  }
  async function start (port = portOf(server)): Promise<void> {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }

  await start(0)
  t.teardown(stop)
  const port = portOf(server)
  const state: Issuer = {
    origin: `http://127.0.0.1:${port}`,
    mood: 'up',
    publish (...kids) { published = [...kids] },
    token (claims, { kid = String(published.at(-1)), typ = 'at+jwt' } = {}) {
      return jws({ alg: 'RS256', typ, kid }, claims, rsa(keyOf(kid).privateKey))
    },
    reads: () => reads,
    stop,
    start: () => start(port)
  }
  return state
}
