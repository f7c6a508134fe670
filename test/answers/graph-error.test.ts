import t from 'tap'
import { GraphError } from '../../lib/index.js'

t.test('a GraphError carries what is answered', async (t) => {
  const cause = new Error('why')
  const error = new GraphError(503, 'ServiceUnavailable', 'Busy.', { retryAfter: 5, cause })
  t.match(error, { name: 'GraphError', statusCode: 503, code: 'ServiceUnavailable', message: 'Busy.', retryAfter: 5, cause })
  t.ok(error instanceof Error)
  t.notOk('cause' in new GraphError(404, 'itemNotFound', 'No.'))
})

t.test('a status that is no error is refused', async (t) => {
  for (const statusCode of [200, 399, 600, 404.5, NaN]) {
    t.throws(() => new GraphError(statusCode, 'x', 'y'), { name: 'RangeError', message: /statusCode/ })
  }
})

t.test('a retryAfter that is no whole number of seconds is refused', async (t) => {
  for (const retryAfter of [-1, 1.5, NaN, Infinity]) {
    t.throws(() => new GraphError(503, 'x', 'y', { retryAfter }), { name: 'RangeError', message: /retryAfter/ })
  }
  t.equal(new GraphError(503, 'x', 'y', { retryAfter: 0 }).retryAfter, 0)
})
