import { parseArgs } from 'node:util'
import fastifyJwt from '@fastify/jwt'
import Fastify from 'fastify'
import { identities } from './identities.js'
import { keptSecret } from './kept-secret.js'
import { readSettings } from './settings.js'
import { jwtOptions } from './tokens.js'

const names = identities.map(({ name }) => name).join('|')
const usage = `Say whose token: npm run --silent token -- --as ${names} [permissions…]`

/** The token that `--as NAME [permissions…]` asks for, good for the server with the same environment. */
export async function askedToken (words: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { as, permissions } = read(words)
  const identity = identities.find(({ name }) => name === as)
  if (identity === undefined) throw new Error(as === undefined ? usage : `There is no ${as}. ${usage}`)

  const { jwtSecret, photoDir } = readSettings(env)
  const app = Fastify()
  await app.register(fastifyJwt, jwtOptions(jwtSecret ?? await keptSecret(photoDir)))
  return app.jwt.sign({ ...identity.claims(permissions.length === 0 ? undefined : permissions) })
}

function read (words: string[]) {
  try {
    const { values: { as }, positionals } = parseArgs({ args: words, options: { as: { type: 'string' } }, allowPositionals: true })
    return { as, permissions: positionals }
  } catch {
    throw new Error(usage)
  }
}
