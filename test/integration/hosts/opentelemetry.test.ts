import { FastifyOtelInstrumentation } from '@fastify/otel'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import t from 'tap'
import { assertAtHome, build, photo, served, type Host } from '../../hosts/hosts.js'

interface Instrumented extends Host {
  readonly spans: () => readonly ReadableSpan[]
}

function instrumented (): Instrumented {
  const exporter = new InMemorySpanExporter()
  const instrumentation = new FastifyOtelInstrumentation()
  instrumentation.setTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
  return { build: (app) => app.register(instrumentation.plugin()), spans: () => exporter.getFinishedSpans() }
}

t.test('@fastify/otel: photos are saved, and the host is as it was', async (t) => {
  await assertAtHome(t, instrumented())
})

t.test('@fastify/otel has a span for each upload, with its route and status', async (t) => {
  const host = instrumented()
  const { app } = await build(host, 'after')
  const ask = await served(t, app)
  t.equal((await ask(photo())).statusCode, 200)
  t.equal((await ask(photo({ body: 'no picture' }))).statusCode, 400)
  const requests = host.spans().filter(({ attributes }) => attributes['http.response.status_code'] !== undefined)
  t.match(requests.map(({ attributes }) => attributes), [200, 400].map((status) => ({
    'http.route': '/v1.0/me/photo/$value',
    'http.response.status_code': status
  })))
})
