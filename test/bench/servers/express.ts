import type { AddressInfo } from 'node:net'
import express, { type ErrorRequestHandler } from 'express'
import { auth, claimCheck } from 'express-oauth2-jwt-bearer'
import { fileTypeFromBuffer } from 'file-type'
import { audience, endsAsJpeg, hasScope, issuer, maxBytes, mediaType, path, secret } from '../checks.js'
import { serve } from '../server-process.js'

/** Express by hand, as the documents of its parts would have it. */
const photos = new Map<string, Buffer>()
const app = express()

app.put(
  path,
  auth({ audience, issuer, secret, tokenSigningAlg: 'HS256' }),
  claimCheck(({ scp }) => hasScope(scp)),
  express.raw({ type: mediaType, limit: maxBytes }),
  async (request, response) => {
    const body: unknown = request.body
    if (!Buffer.isBuffer(body)) return response.status(415).json({ error: 'unsupported' })
    const type = await fileTypeFromBuffer(body)
    if (type?.mime !== mediaType || !endsAsJpeg(body)) return response.status(400).json({ error: 'not a JPEG' })
    photos.set(String(request.auth?.payload['oid']), body)
    return response.status(200).end()
  }
)

const answerError: ErrorRequestHandler = (error: { status?: number, message: string }, _request, response, _next) => {
  response.status(error.status ?? 500).json({ error: error.message })
}
app.use(answerError)

const server = app.listen(0, '127.0.0.1', () => {
  // As long as Fastify's.
  server.keepAliveTimeout = 72_000
  // It listens on a port, not on a pipe.
  serve({ port: (server.address() as AddressInfo).port })
})
