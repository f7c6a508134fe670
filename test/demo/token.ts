// npm run --silent token -- user|app [permissions…]
import fastifyJwt from '@fastify/jwt'
import Fastify from 'fastify'
import { ada } from './directory.js'
import { applicationToken, delegatedToken, jwtOptions } from './tokens.js'

const [kind, ...permissions] = process.argv.slice(2)
const secret = process.env.JWT_SECRET

if (!secret) fail('JWT_SECRET is not set. Set it to the one that the server runs with.')
if (kind !== 'user' && kind !== 'app') fail('Say whose token: npm run token -- user|app [permissions…]')

const app = Fastify()
await app.register(fastifyJwt, jwtOptions(secret))
const asked = permissions.length > 0 ? permissions : undefined
console.log(kind === 'user' ? delegatedToken(app.jwt, ada, asked) : applicationToken(app.jwt, asked))

function fail (message: string): never {
  console.error(message)
  process.exit(2)
}
