import t from 'tap'
import { once } from 'node:events'
import { warnOfShortParams } from '../../lib/server-options.js'

t.test('a router that does not say how long an id may be takes 100 characters, and that is warned of once', async (t) => {
  const warnings: Error[] = []
  const warned = once(process, 'warning')
  process.on('warning', (warning) => warnings.push(warning))
  warnOfShortParams({ routerOptions: { maxParamLength: 152 } })
  warnOfShortParams({ maxParamLength: 152 })
  warnOfShortParams({})
  warnOfShortParams({ maxParamLength: 151 })
  await warned
  await new Promise(setImmediate)
  t.match(warnings, [{ code: 'FST_GRAPH_PHOTO_MAX_PARAM_LENGTH', message: /takes 100\./ }])
})
