import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createVerifier } from 'fast-jwt'
import { audience, hasScope, issuer, isWholeJpeg, maxBytes, mediaType, path, secret } from '../checks.js'
import { serve } from '../server-process.js'

/** Nothing but node:http and a token library: what the checks cost at least. */
interface Claims {
  readonly oid: string
  readonly scp?: unknown
}

const verify = createVerifier({ key: secret, allowedAud: audience, allowedIss: issuer, requiredClaims: ['exp', 'aud'] })
const photos = new Map<string, Buffer>()

function claimsOf ({ headers }: IncomingMessage): Claims | undefined {
  const [scheme, token] = (headers.authorization ?? '').split(' ')
  if (scheme !== 'Bearer' || token === undefined) return undefined
  try {
    return verify(token)
  } catch {
    return undefined
  }
}

function refuse (response: ServerResponse, status: number, message: string): void {
  const body = JSON.stringify({ error: message })
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
}

// As long as Fastify's.
const server = createServer({ keepAliveTimeout: 72_000 }, (request, response) => {
  if (request.method !== 'PUT' || request.url !== path) return refuse(response, 404, 'not found')
  const claims = claimsOf(request)
  if (claims === undefined) return refuse(response, 401, 'unauthorized')
  if (!hasScope(claims.scp)) return refuse(response, 403, 'forbidden')
  if (Number(request.headers['content-length']) > maxBytes) return refuse(response, 413, 'too large')
  if (request.headers['content-type'] !== mediaType) return refuse(response, 415, 'unsupported')

  const chunks: Buffer[] = []
  let length = 0
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > maxBytes) request.destroy()
    chunks.push(chunk)
  })
  request.on('end', () => {
    const body = Buffer.concat(chunks, length)
    if (!isWholeJpeg(body)) return refuse(response, 400, 'not a JPEG')
    photos.set(claims.oid, body)
    response.writeHead(200, { 'content-length': 0 }).end()
  })
})

server.listen(0, '127.0.0.1', () => {
  // It listens on a port, not on a pipe.
  serve({ port: (server.address() as AddressInfo).port })
})
