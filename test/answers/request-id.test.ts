import t from 'tap'
import Fastify from 'fastify'
import { graphPhoto, graphServerOptions } from '../../lib/index.js'
import { guid, host, type LogLine, put } from '../helpers/host.js'

const sent = '11111111-AAAA-4bbb-8ccc-222222222222'

t.test('request-id is request.id where that is a GUID', async (t) => {
  const { app } = await host(t, {}, { genReqId: () => sent })
  for (const headers of [{}, { 'content-type': 'text/plain' }]) {
    t.equal((await put(app, { headers })).headers['request-id'], sent)
  }
})

t.test('otherwise it is a new GUID, bound to the request\'s log', async (t) => {
  const { app, logs } = await host(t, { savePhoto: (_photo, { request }) => { request.log.info('in the hook') } }, { routerOptions: { maxParamLength: 512 } })
  const ids = [await put(app), await put(app)].map(({ headers }) => headers['request-id'])
  for (const id of ids) t.match(id, guid)
  t.not(ids[0], ids[1])
  t.strictSame(logs.filter(({ msg }) => msg === 'in the hook').map((line) => line['request-id']), ids)
})

t.test('every id that graphServerOptions generates is a GUID, and another one', (t) => {
  const ids = Array.from({ length: 1000 }, graphServerOptions.genReqId)
  t.strictSame(ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)), [])
  t.equal(new Set(ids).size, ids.length)
  t.end()
})

t.test("it is bound to the log before an error of the host's own hooks is logged", async (t) => {
  const logs: LogLine[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => { logs.push(JSON.parse(line)) } } } })
  t.teardown(() => app.close())
  app.addHook('onRequest', async () => { throw new Error('broken') })
  await app.register(graphPhoto, { authenticate: () => null, savePhoto () {} })
  const { headers } = await app.inject({ method: 'PUT', url: '/me/photo/$value' })
  t.match(headers['request-id'], guid)
  t.match(logs.find(({ level }) => level === 50), { 'request-id': headers['request-id'], err: { message: 'broken' } })
})

t.test('client-request-id is echoed where it is a GUID, else equal to request-id', async (t) => {
  const { app } = await host(t)
  for (const headers of [{}, { 'content-type': 'text/plain' }]) {
    t.equal((await put(app, { headers: { ...headers, 'client-request-id': sent } })).headers['client-request-id'], sent)
    for (const value of ['x', '', `${sent}x`, `x${sent}`, `{${sent}}`, undefined]) {
      const { headers: answered } = await put(app, { headers: { ...headers, 'client-request-id': value } })
      t.equal(answered['client-request-id'], answered['request-id'])
    }
  }
})
