import Fastify from 'fastify'
import t from 'tap'
import { openWire } from '../../lib/wire/index.js'

t.test('a scope inside another has limits of its own, and both know when the server closes', async (t) => {
  const app = Fastify({ requestTimeout: 1000 })
  const outer = openWire(app, 1)
  await app.register(async (scope) => {
    const inner = openWire(scope, 2)
    scope.addHook('onClose', async () => { t.type(inner.closingSince, 'number') })
    t.match([outer, inner], [{ maxRequestBytes: 1, requestTimeout: 1000 }, { maxRequestBytes: 2, requestTimeout: 1000 }])
  })
  await app.ready()
  t.equal(outer.closingSince, undefined)
  await app.close()
  t.type(outer.closingSince, 'number')
})

t.test('a body has five minutes where the server sets no requestTimeout', async (t) => {
  for (const options of [{}, { requestTimeout: 0 }]) {
    const app = Fastify(options)
    t.teardown(() => app.close())
    t.equal(openWire(app, 1).requestTimeout, 300_000)
  }
})
