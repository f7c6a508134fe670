import fastifyJwt from '@fastify/jwt'
import Fastify, { LogController, type FastifyServerOptions } from 'fastify'
import graphPhoto, { graphEnvelope, graphServerOptions } from '../../lib/index.js'
import { mayWrite } from './access.js'
import type { Certificate } from './certificate.js'
import { resolveTarget } from './directory.js'
import { addDocumentation } from './documentation.js'
import { getPhoto } from './get-photo.js'
import { addPage } from './page.js'
import { openStore } from '../recipes/plain-files.js'
import { jwtOptions } from './tokens.js'

export interface HostOptions {
  /** The folder of the photos; it is made where it is missing. */
  readonly photoDir: string
  /** The key that signs and verifies tokens. */
  readonly jwtSecret: string
  /** Serves https with this certificate, else http. */
  readonly https?: Certificate
  readonly logger?: FastifyServerOptions['logger']
}

/** A complete server over real files, ready to listen. */
export async function buildHost ({ photoDir, jwtSecret, https, logger = false }: HostOptions) {
  const photos = await openStore(photoDir)
  const app = Fastify({
    ...graphServerOptions,
    https: https ?? null,
    logger,
    // The plugin writes one line for each of its requests; Fastify's own two would say less.
    logController: new LogController({ disableRequestLogging: true })
  })

  await app.register(fastifyJwt, jwtOptions(jwtSecret))
  await addDocumentation(app)

  await app.register(async (scope) => {
    await scope.register(graphEnvelope)
    await scope.register(graphPhoto, {
      contentTypes: '*', // Microsoft's SDKs send the wrong Content-Type
      resolveTarget,
      authorize: mayWrite,
      explain: true, // the page shows the reason of a refusal
      savePhoto: (photo, { target }) => photos.save(target, photo.data)
    })
    await scope.register(getPhoto, { photos })
  }, { prefix: '/v1.0' })
  await addPage(app)
  return app
}
