import { createServer } from 'node:http'
import { connect, type Server } from 'node:net'
import Fastify, { type FastifyPluginAsync } from 'fastify'
import { generate } from 'selfsigned'
import { graphEnvelope, GraphError, graphPhoto, graphServerOptions, type PhotoTarget } from '../../../lib/index.js'
import type { Certificate } from '../../demo/certificate.js'
import { appClaims, claims, jwt, token } from '../../helpers/tokens.js'
import { portOf } from '../../helpers/wire.js'
import { goneContact, nobody, retryable, type Case } from './cases.js'

export type Protocol = 'HTTP/1.1' | 'HTTP/2.0'

/** A request as it came, and what it was answered. */
export interface Arrival {
  readonly protocol: string
  readonly chunked: boolean
  readonly requestId: unknown
  readonly clientRequestId: unknown
}

export interface Saved {
  readonly target: PhotoTarget
  readonly data: Buffer
}

export interface Host {
  /** As `https://localhost:1234/v1.0`. */
  readonly baseUrl: string
  /** A proxy that connects its clients to this server, wherever they want to go; as `http://localhost:1234`. */
  readonly proxy: URL
  readonly arrivals: (tested: Case) => readonly Arrival[]
  readonly saved: (tested: Case) => readonly Saved[]
  readonly close: () => Promise<void>
}

/** A certificate of this run, for this machine and for Microsoft Graph, which nobody trusts who is not told to. */
export async function certificate (): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + 24 * 60 * 60 * 1000),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, { type: 2, value: 'graph.microsoft.com' }] }
    ]
  })
  return { key, cert }
}

/** A token that says which case it is for: the one thing that every SDK sends as it was given. */
export function tokenFor ({ name, caller }: Case): string {
  if (caller === 'app') return token(appClaims({ jti: name }))
  return token(claims({ jti: name, ...(caller === 'expired' && { exp: 1_700_000_000 }) }))
}

function caseOf (authorization = ''): string {
  const [, payload = ''] = authorization.split('.')
  return payload && JSON.parse(Buffer.from(payload, 'base64url').toString()).jti
}

const prefix = '/v1.0'

const servers = {
  'HTTP/1.1' (tls: Certificate, graph: FastifyPluginAsync) {
    const app = Fastify({ ...graphServerOptions, https: tls })
    app.register(graph, { prefix })
    return app
  },
  'HTTP/2.0' (tls: Certificate, graph: FastifyPluginAsync) {
    const app = Fastify({ ...graphServerOptions, http2: true, https: { ...tls, allowHTTP1: true } })
    app.register(graph, { prefix })
    return app
  }
} as const satisfies Record<Protocol, unknown>

/** A server as the README's first example composes it, over https or HTTP/2, and a record of what it saw. */
export async function startHost (protocol: Protocol, tls: Certificate, cases: readonly Case[]): Promise<Host> {
  const arrivals = new Map<string, Arrival[]>(cases.map(({ name }) => [name, []]))
  const saved = new Map<string, Saved[]>(cases.map(({ name }) => [name, []]))
  const busy = new Map(cases.map(({ name, busy = [] }) => [name, [...busy]]))

  const graph: FastifyPluginAsync = async (scope) => {
    scope.addHook('onResponse', async ({ headers, raw }, reply) => {
      arrivals.get(caseOf(headers.authorization))?.push({
        protocol: `HTTP/${raw.httpVersion}`,
        chunked: headers['transfer-encoding'] !== undefined,
        requestId: reply.getHeader('request-id'),
        clientRequestId: reply.getHeader('client-request-id')
      })
    })
    await scope.register(graphEnvelope)
    await scope.register(graphPhoto, {
      contentTypes: '*',
      jwt,
      resolveTarget: (target) => doesNotExist(target) ? null : target,
      savePhoto ({ data }, { target, request }) {
        const name = caseOf(request.headers.authorization)
        const refusal = busy.get(name)?.shift()
        if (refusal) throw graphError(refusal)
        saved.get(name)?.push({ target, data })
      }
    })
  }

  const app = servers[protocol](tls, graph)
  await app.listen({ port: 0, host: 'localhost' })
  const port = portOf(app.server)
  const proxy = await startProxy(port)

  return {
    baseUrl: `https://localhost:${port}${prefix}`,
    proxy: new URL(`http://localhost:${portOf(proxy)}`),
    arrivals: ({ name }) => arrivals.get(name) ?? [],
    saved: ({ name }) => saved.get(name) ?? [],
    async close () {
      proxy.close()
      await app.close()
    }
  }
}

function graphError (refusal: keyof typeof retryable): GraphError {
  const { status, code, message } = retryable[refusal]
  return new GraphError(status, code, message, { retryAfter: 1 })
}

function doesNotExist (target: PhotoTarget): boolean {
  if (target.kind === 'contact') return target.contactId === goneContact
  return target.kind === 'user' && target.userId === nobody
}

async function startProxy (port: number): Promise<Server> {
  const proxy = createServer().on('connect', (_request, client) => {
    const server = connect(port, 'localhost', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      client.pipe(server).pipe(client)
    })
    server.on('error', () => client.destroy())
    client.on('error', () => server.destroy())
  })
  await new Promise<void>((resolve) => { proxy.listen(0, 'localhost', resolve) })
  return proxy
}
