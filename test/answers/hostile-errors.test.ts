import Fastify from 'fastify'
import t from 'tap'
import { graphEnvelope, graphServerOptions, type GraphPhotoOptions } from '../../lib/index.js'
import { assertError, errorsIn, host, put } from '../helpers/host.js'

function refuseToTell (): never {
  throw new Error('a getter')
}

const trap = { get: refuseToTell }
const names = ['statusCode', 'status', 'code', 'message', 'expose', 'headers', 'cause', 'stack', 'name']

function trapped (names: readonly string[], error: object = new Error('x')): object {
  // V8 writes the stack of an error when it is first read, and would read the traps for it.
  if ('stack' in error) String(error.stack)
  return Object.defineProperties(error, Object.fromEntries(names.map((name) => [name, trap])))
}

const untold = { toString: refuseToTell, toJSON: refuseToTell }

/** What may be thrown, and is the server's fault. */
const hostile: ReadonlyArray<readonly [what: string, error: () => unknown]> = [
  ['whose getters throw', () => trapped(names)],
  ...names.map((name) => [`whose ${name} throws`, () => trapped([name])] as const),
  ['that is no Error, and whose getters throw', () => trapped(names, {})],
  ["whose code is 'constructor'", () => Object.assign(new Error('x'), { code: 'constructor' })],
  ["whose code is '__proto__'", () => Object.assign(new Error('x'), { code: '__proto__' })],
  ['whose code is an object, not a string', () => Object.assign(new Error('x'), { code: untold })],
  ['whose message is not a string', () => Object.assign(new Error('x'), { message: untold })],
  ['whose status is none', () => Object.assign(new Error('x'), { statusCode: 42, status: 999 })],
  ['whose status is that of a success', () => Object.assign(new Error('x'), { statusCode: 200, expose: true })],
  ['whose status is a fraction', () => Object.assign(new Error('x'), { statusCode: 404.5, expose: true })],
  ['whose status is text', () => Object.assign(new Error('x'), { statusCode: '404', expose: true })],
  ['that is frozen', () => Object.freeze(new Error('x'))],
  ['without a prototype', () => Object.create(null)],
  ['that is undefined', () => undefined],
  ['that is a symbol', () => Symbol('x')]
]

const internal = { statusCode: 500, code: 'ErrorInternalServerError', message: 'An internal server error occurred. The operation failed.' }

const hooks: ReadonlyArray<readonly [name: string, options: (raise: () => never) => Partial<GraphPhotoOptions>]> = [
  ['authenticate', (raise) => ({ authenticate: raise })],
  ['resolveTarget', (raise) => ({ resolveTarget: raise })],
  ['authorize', (raise) => ({ authorize: async () => raise() })],
  ['savePhoto', (raise) => ({ savePhoto: async () => raise() })]
]

for (const [name, options] of hooks) {
  t.test(`whatever ${name} throws costs neither the envelope nor the line`, async (t) => {
    let error: unknown
    const { app, logs } = await host(t, options(() => { throw error }))
    for (const [what, make] of hostile) {
      error = make()
      logs.length = 0
      assertError(t, await put(app), internal)
      const lines = logs.filter(({ msg }) => msg.startsWith('photo')).map(({ level, msg }) => [level, msg])
      t.strictSame(lines, [[50, 'photo not saved'], [30, 'photo refused']], `an error ${what}`)
    }
  })
}

t.test('whatever a host hook throws costs neither', async (t) => {
  let error: unknown
  const { app, logs } = await host(t, {}, graphServerOptions, (app) => app.addHook('preHandler', (_request, _reply, done) => { done(error as Error) }))
  // Fastify takes what is not there for no error.
  for (const [what, make] of hostile.filter(([, make]) => make() !== undefined)) {
    error = make()
    logs.length = 0
    assertError(t, await put(app), internal)
    t.strictSame([errorsIn(logs).length, logs.filter(({ msg }) => msg === 'photo refused').length], [1, 1], `an error ${what}`)
  }
})

t.test('whatever is thrown beside the plugin costs not the envelope', async (t) => {
  let error: unknown
  const app = Fastify(graphServerOptions)
  t.teardown(() => app.close())
  await app.register(graphEnvelope)
  app.get('/beside', async () => { throw error })
  for (const [, make] of hostile.filter(([, make]) => make() !== undefined)) {
    error = make()
    assertError(t, await app.inject('/beside'), internal)
  }
})
