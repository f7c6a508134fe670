// A server of its own over the container that CONNECTION_STRING and CONTAINER name. It prints its address.
import { ContainerClient } from '@azure/storage-blob'
import fastifyJwt from '@fastify/jwt'
import Fastify from 'fastify'
import { graphServerOptions } from '../../../lib/index.js'
import { audience, secret } from '../../helpers/tokens.js'
import { blobPhotos } from './azure-blob.js'

const { CONNECTION_STRING = '', CONTAINER = '' } = process.env
const app = Fastify(graphServerOptions)
await app.register(fastifyJwt, { secret, verify: { allowedAud: audience } })
await app.register(blobPhotos, { prefix: '/v1.0', container: new ContainerClient(CONNECTION_STRING, CONTAINER) })
console.log(await app.listen({ port: 0 }))
