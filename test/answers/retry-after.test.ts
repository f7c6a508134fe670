import { mock } from 'node:test'
import createHttpError from 'http-errors'
import t, { type Test } from 'tap'
import { GraphError } from '../../lib/index.js'
import { assertError, host, put } from '../helpers/host.js'

// A date without a zone is one in UTC, wherever the server stands.
process.env['TZ'] = 'America/New_York'

const now = Date.UTC(1994, 10, 6, 8, 49, 30)

const values: ReadonlyArray<readonly [what: string, value: unknown, sent: string | undefined]> = [
  ['seconds', '9', '9'],
  ['a number', 9, '9'],
  ['none', 0, '0'],
  ['a date', 'Sun, 06 Nov 1994 08:49:37 GMT', '7'],
  ['a date as RFC 850 writes it', 'Sunday, 06-Nov-94 08:49:37 GMT', '7'],
  ['a date as asctime writes it', 'Sun Nov  6 08:49:37 1994', '7'],
  ['a date in the past', 'Sun, 06 Nov 1994 08:49:29 GMT', '0'],
  ['a date that no client can wait for', 'Fri, 31 Dec 9999 23:59:59 GMT', undefined],
  ['a date that there is not', 'Sun, 99 Nov 1994 08:49:37 GMT', undefined],
  ['a date behind words', 'on Sun, 06 Nov 1994 08:49:37 GMT', undefined],
  ['a date before words', 'Sun, 06 Nov 1994 08:49:37 GMT (or so)', undefined],
  ['another kind of date', '1994-11-06T08:49:37Z', undefined],
  ['words', 'soon', undefined],
  ['words with a number', 'May 5', undefined],
  ['a fraction', 1.5, undefined],
  ['less than none', -1, undefined],
  ['as many as 32 bits hold', '2147483647', '2147483647'],
  ['one more', '2147483648', undefined],
  ['400 digits', '9'.repeat(400), undefined],
  ['nothing', '', undefined],
  ['an object', {}, undefined],
  ['a list', ['9'], undefined]
]

async function answerTo (t: Test, raise: Parameters<typeof host>[3]) {
  // Tokens of today are not valid yet, which does not matter: the host refuses before it looks at them.
  mock.timers.enable({ apis: ['Date'], now })
  t.teardown(() => mock.timers.reset())
  const { app } = await host(t, {}, undefined, raise)
  return put(app)
}

for (const [what, value, sent] of values) {
  t.test(`Retry-After of ${what} is answered in seconds or not at all`, async (t) => {
    const carried = await answerTo(t, (app) => app.addHook('onRequest', async () => {
      throw createHttpError(429, 'Slow down.', { headers: { 'Retry-After': value } })
    }))
    assertError(t, carried, { statusCode: 429, code: 'TooManyRequests', message: 'Slow down.' })
    t.equal(carried.headers['retry-after'], sent, 'carried by the error')
    mock.timers.reset()
    if (typeof value !== 'string') return

    const set = await answerTo(t, (app) => app.addHook('onRequest', async (_request, reply) => {
      reply.header('retry-after', value)
      throw createHttpError(503, 'Busy.')
    }))
    assertError(t, set, { statusCode: 503, code: 'ServiceUnavailable', message: 'Busy.' })
    t.equal(set.headers['retry-after'], sent, 'set on the reply')
    mock.timers.reset()
    const given = await answerTo(t, (app) => app.addHook('onRequest', async () => {
      throw new GraphError(503, 'ServiceUnavailable', 'Busy.', { headers: { 'Retry-After': value } })
    }))
    t.equal(given.headers['retry-after'], sent, "in a GraphError's headers")
  })
}
