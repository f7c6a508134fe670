import { parseArgs } from 'node:util'
import fastifyJwt from '@fastify/jwt'
import Fastify from 'fastify'
import { identities } from './identities.js'
import { keptSecret } from './kept-secret.js'
import { readSettings } from './settings.js'
import { jwtOptions } from './tokens.js'

const names = identities.map(({ name }) => name).join('|')

/** The token that `--as NAME [permissions…]` asks for, good for the server with the same environment. */
export async function askedToken (words: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { values: { as }, positionals } = parseArgs({ args: words, options: { as: { type: 'string' } }, allowPositionals: true })
  const identity = identities.find(({ name }) => name === as)
  if (identity === undefined) throw new Error(`Say whose token: npm run token -- --as ${names} [permissions…]`)

  const { jwtSecret, photoDir } = readSettings(env)
  const app = Fastify()
  await app.register(fastifyJwt, jwtOptions(jwtSecret ?? await keptSecret(photoDir)))
  return app.jwt.sign({ ...identity.claims(positionals.length === 0 ? undefined : positionals) })
}
