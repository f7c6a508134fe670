import { once } from 'node:events'
import t from 'tap'
import Fastify from 'fastify'
import { graphPhoto, type GraphPhotoOptions } from '../../lib/index.js'
import { secret } from '../helpers/tokens.js'

const options = { jwt: { secret }, savePhoto () {} }

async function register (given: object): Promise<void> {
  const app = Fastify()
  try {
    // What a host writes in JavaScript, where nobody checks the names.
    await app.register(graphPhoto, given as GraphPhotoOptions)
  } finally {
    await app.close()
  }
}

for (const [written, meant] of [
  ['imageType', 'imageTypes'], ['maxRequestByte', 'maxRequestBytes'], ['savephoto', 'savePhoto'], ['contentType', 'contentTypes'],
  ['resolveTargets', 'resolveTarget'], ['authorise', 'authorize'], ['permission', 'permissions'], ['maxPixel', 'maxPixels'],
  ['explian', 'explain'], ['authenticates', 'authenticate'], ['JWT', 'jwt'], ['prefx', 'prefix'], ['loglevel', 'logLevel']
] as const) {
  t.test(`the option ${written} is refused, and the message says ${meant}`, async (t) => {
    const message = `The option ${written} is not known. Did you mean ${meant}?`
    await t.rejects(register({ ...options, [written]: 'x' }), { code: 'FST_GRAPH_PHOTO_UNKNOWN_OPTION', message })
  })
}

t.test('an option of somebody else is one process warning, however often it is given', async (t) => {
  const warned = once(process, 'warning')
  await register({ ...options, cache: true, jwk: 'three letters are too few to tell a slip from another word', unset: undefined })
  await register({ ...options, cache: true })
  const [warning] = await warned
  t.match(warning, { code: 'FST_GRAPH_PHOTO_UNKNOWN_OPTION', message: 'fastify-graph-photo does not know these options: cache, jwk.' })
  const later = once(process, 'warning')
  await register({ ...options, store: 's3' })
  t.match(await later, [{ message: /these options: store\.$/ }], 'and the next warning is about something else')
})

t.test('what Fastify itself reads from the options passes', async (t) => {
  await t.resolves(register({ ...options, prefix: '/v1.0', logLevel: 'warn', logSerializers: {} }))
})
