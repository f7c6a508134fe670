import t from 'tap'
import { GraphError } from '../../lib/index.js'
import { assertError, host, put } from '../helper.js'
import { errorsIn } from './wire.js'

function withGetter (name: string): Error {
  return Object.defineProperty(new Error('outer'), name, { enumerable: true, get () { throw new Error('the getter failed') } })
}

t.test('an error that cannot be logged as it is still has its answer and one line', async (t) => {
  const busy = Object.freeze(new GraphError(503, 'ServiceUnavailable', 'The store is busy.', { retryAfter: 5 }))
  const { app, logs } = await host(t, { savePhoto () { throw busy } })
  const answer = await put(app)
  assertError(t, answer, { statusCode: 503, code: 'ServiceUnavailable', message: 'The store is busy.' })
  t.equal(answer.headers['retry-after'], '5')
  t.match(errorsIn(logs), [{ msg: 'photo not saved', err: /The store is busy/ }])

  const wrapped = new Error('disk', { cause: Object.freeze(new Error('full')) })
  for (const thrown of [wrapped, Object.freeze(new Error('disk')), withGetter('detail'), withGetter('stack'), withGetter('message')]) {
    const { app, logs } = await host(t, { savePhoto () { throw thrown } })
    assertError(t, await put(app), { statusCode: 500, code: 'ErrorInternalServerError' })
    t.match(errorsIn(logs), [{ msg: 'photo not saved' }])
    t.equal(errorsIn(logs).length, 1)
  }
})
