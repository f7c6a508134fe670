import t from 'tap'
import type { FastifyInstance } from 'fastify'
import { shortParams } from '../../lib/server-options.js'

const roomy: ReadonlyArray<FastifyInstance['initialConfig']> = [
  { routerOptions: { maxParamLength: 152 } },
  { maxParamLength: 152 },
  { maxParamLength: 100, routerOptions: { maxParamLength: 512 } },
  { maxParamLength: 512, routerOptions: { maxParamLength: 100 } }
]

t.test('a router that takes real contact ids is not warned of, wherever the host says so', async (t) => {
  t.strictSame(roomy.map((initialConfig) => shortParams({ initialConfig, version: '5.12.8' })), roomy.map(() => undefined))
})

t.test('a router that does not say how long an id may be takes 100 characters, and is warned of', async (t) => {
  t.match(shortParams({ initialConfig: {}, version: '5.12.8' }), /takes 100\./)
  t.match(shortParams({ initialConfig: { maxParamLength: 151 }, version: '5.12.8' }), /takes 151\./)
})

t.test('the warning names the option where this Fastify has it', async (t) => {
  const adviceTo = (version: string) => shortParams({ initialConfig: {}, version })
  for (const version of ['5.0.0', '5.4.9']) t.match(adviceTo(version), /Set maxParamLength to 512 in the options of Fastify\.$/, version)
  for (const version of ['5.5.0', '5.12.8', '6.0.0']) t.match(adviceTo(version), /Set routerOptions\.maxParamLength to 512, or spread graphServerOptions/, version)
})
