// A server of its own over the bucket `photos` of ENDPOINT. It prints its address.
import fastifyJwt from '@fastify/jwt'
import Fastify from 'fastify'
import { graphServerOptions } from '../../../lib/index.js'
import { audience, secret } from '../../helpers/tokens.js'
import { s3Photos } from './s3.js'
import { clientOf } from './versitygw.js'

const app = Fastify(graphServerOptions)
await app.register(fastifyJwt, { secret, verify: { allowedAud: audience } })
await app.register(s3Photos, { prefix: '/v1.0', client: clientOf(process.env['ENDPOINT'] ?? ''), bucket: 'photos' })
console.log(await app.listen({ port: 0 }))
