import t, { type Test } from 'tap'
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

/** The messages of the process warnings that follow, until the test ends. */
function warnings (t: Test): string[] {
  const messages: string[] = []
  const note = ({ message, code }: NodeJS.ErrnoException) => { if (code === 'FST_GRAPH_PHOTO_UNKNOWN_OPTION') messages.push(message) }
  process.on('warning', note)
  t.teardown(() => process.off('warning', note))
  return messages
}

const warningOf = (names: string) => `fastify-graph-photo does not know these options: ${names}.`

t.test("another plugin's option is one process warning, however often it is given", async (t) => {
  const warned = warnings(t)
  await register({ ...options, cache: true, jwk: 'three letters are too few to tell a slip from another word', unset: undefined })
  await register({ ...options, cache: true })
  await register({ ...options, store: 's3', cache: true })
  t.strictSame(warned, [warningOf('cache, jwk'), warningOf('store')])
})

t.test("a name that is three letters or more from an option is another plugin's", async (t) => {
  const warned = warnings(t)
  const names = ['maxPix', 'explaining', 'suffix', 'theprefix', 'prefixthe', 'logarithm', 'm']
  await register({ ...options, ...Object.fromEntries(names.map((name) => [name, 'x'])) })
  t.strictSame(warned, [warningOf(names.join(', '))])
})

t.test('what Fastify itself reads from the options passes', async (t) => {
  const warned = warnings(t)
  await register({ ...options, prefix: '/v1.0', logLevel: 'warn', logSerializers: {} })
  t.strictSame(warned, [])
})
