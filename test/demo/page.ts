import { readFile } from 'node:fs/promises'
import type { JWT } from '@fastify/jwt'
import type { FastifyInstance, FastifySchema } from 'fastify'
import { groups } from './directory.js'
import { identities } from './identities.js'

const hidden: FastifySchema = { hide: true }

const contentSecurityPolicy = [
  "default-src 'none'", "script-src 'unsafe-inline'", "style-src 'unsafe-inline'", "connect-src 'self'", 'img-src blob: data:',
  "form-action 'none'", "frame-ancestors 'none'", "base-uri 'none'"
].join('; ')

/** What there is to send before anybody has chosen a file. */
const pictures = [['portrait.jpg', 'image/jpeg'], ['photo.png', 'image/png']] as const

/** The page at `/`, what it needs to know, and the way to it from the base URL. */
export async function addPage (app: FastifyInstance): Promise<void> {
  const html = await file('page.html')

  app.get('/', { schema: hidden }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', contentSecurityPolicy).send(html))
  for (const [name, type] of pictures) {
    const picture = await file(`../fixtures/${name}`)
    app.get(`/pictures/${name}`, { schema: hidden }, async (_request, reply) => reply.type(type).send(picture))
  }
  app.get('/directory', { schema: hidden }, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ identities: identities.map((identity) => ({ ...identity, tokens: tokensOf(identity, app.jwt) })), groups }))

  for (const baseUrl of ['/v1.0', '/v1.0/']) app.get(baseUrl, { schema: hidden }, async (_request, reply) => reply.redirect('/'))
}

function file (path: string): Promise<Buffer> {
  return readFile(new URL(path, import.meta.url))
}

/** A good token, and those for the ready mistakes. */
function tokensOf ({ claims }: (typeof identities)[number], jwt: JWT) {
  return {
    valid: jwt.sign({ ...claims() }),
    expired: jwt.sign({ ...claims(), iat: 0 }),
    withoutPermission: jwt.sign({ ...claims(['Mail.Read']) })
  }
}
