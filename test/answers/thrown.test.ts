import { runInNewContext } from 'node:vm'
import t from 'tap'
import { GraphError, type Caller, type GraphPhotoOptions } from '../../lib/index.js'
import { host, put } from '../helpers/host.js'
import { part, secret, token, userId } from '../helpers/tokens.js'

const someoneElse = '/v1.0/users/0b1b0d5e-1a67-4f0a-9a4c-3c2f1d3c9e55/photo/$value'

/** A caller whose permissions throw when they are read for the n-th time. */
function lazyCaller (thrown: unknown, reads: number): Caller {
  let count = 0
  return { kind: 'delegated', id: userId, get permissions () { if (++count >= reads) throw thrown; return [] } }
}

for (const thrown of [undefined, null, 0, '', false, 'text', new Error('broken')]) {
  t.test(`no caller is admitted where the value that a hook returned throws ${String(thrown)} once it is looked at`, async (t) => {
    const cases: ReadonlyArray<Partial<GraphPhotoOptions>> = [
      ...[1, 2].flatMap((reads) => [
        { authenticate: () => lazyCaller(thrown, reads) },
        { authenticate: async () => lazyCaller(thrown, reads) }
      ]),
      { resolveTarget: () => ({ kind: 'user', get userId (): string { throw thrown } }) }
    ]
    for (const options of cases) {
      const { app, saved } = await host(t, options)
      for (const url of ['/v1.0/me/photo/$value', someoneElse]) t.match(await put(app, { url }), { statusCode: /^(403|500)$/ })
      t.strictSame(saved, [])
    }
  })
}

t.test('a token whose header is deeper than the stack is a 401 like any other, and no error of the server', async (t) => {
  const deep = `{"alg":${'['.repeat(5500)}${']'.repeat(5500)}}`
  const { app, logs } = await host(t)
  const { statusCode } = await put(app, { headers: { authorization: `Bearer ${part(deep)}.${part({})}.c2ln` } })
  t.equal(statusCode, 401)
  t.strictSame(logs.filter(({ level }) => level >= 50), [])
})

t.test('what frames a message is not a GraphError\'s to say, over HTTP/2 either, where Node refuses it', async (t) => {
  const headers = { 'Proxy-Connection': 'x', TE: 'x', 'HTTP2-Settings': 'x', Connection: 'x', 'Keep-Alive': 'x', Upgrade: 'x', Trailer: 'x', 'X-Own': 'kept' }
  const { app } = await host(t, { savePhoto: () => { throw new GraphError(503, 'Busy', 'Busy.', { headers }) } })
  const answer = await put(app)
  t.strictSame(Object.keys(headers).filter((name) => answer.headers[name.toLowerCase()] === (name === 'X-Own' ? 'kept' : 'x')), ['X-Own'])
})

t.test('whatever savePhoto throws, a photo that is not saved is not answered 200', async (t) => {
  const Foreign = runInNewContext(`(class extends Error {
    constructor () { super('m'); this.statusCode = 409; this.code = 'c' }
    get [Symbol.for('fastify-graph-photo.GraphError')] () { return true }
  })`)
  const unwritable = {
    [Symbol.for('nodejs.util.inspect.custom')] () { throw Object.assign(Object.create(null), { toString () { throw new Error('again') } }) },
    toJSON () { throw new Error('no') },
    get stack () { throw new Error('no') }
  }
  const proxy = new Proxy(new Error('hidden'), { getPrototypeOf () { throw new Error('no') } })
  for (const thrown of [new Foreign(), unwritable, proxy, { [Symbol.for('fastify-graph-photo.GraphError')]: true }, 5n, Symbol('x')]) {
    const { app, logs } = await host(t, { savePhoto: () => { throw thrown } })
    t.equal((await put(app)).statusCode, 500)
    t.equal(logs.filter(({ msg }) => msg === 'photo refused').length, 1, 'and the line is there')
  }
})

t.test('a cause that cannot be looked at costs a refusal neither its answer nor its line', async (t) => {
  const cause = new Proxy(new Error('hidden'), { getPrototypeOf () { throw new Error('no') }, get () { throw new Error('no') } })
  const { app, logs } = await host(t, { savePhoto: () => { throw new GraphError(409, 'Conflict', 'Not now.', { cause }) } })
  t.equal((await put(app)).statusCode, 409)
  t.equal(logs.filter(({ msg }) => msg === 'photo refused').length, 1)
})

t.test('a key that jwt.secret returns at once verifies as one that it promises', async (t) => {
  const { app } = await host(t, { jwt: { secret: () => secret } })
  t.equal((await put(app)).statusCode, 200)
})

t.test('the log has the ids of a target, and nothing else that resolveTarget returned', async (t) => {
  const { app, logs } = await host(t, { resolveTarget: (target) => ({ ...target, passwordHash: 'secret row' }) })
  await put(app)
  t.notMatch(JSON.stringify(logs), 'secret row')
})

t.test('a token that a provider quotes is not logged, wherever the request had it', async (t) => {
  const sent = token()
  const { app, logs } = await host(t, {
    jwt: {
      secret: async () => { throw Object.assign(new Error('refused'), { body: `${'z'.repeat(11_000)} ${sent}` }) },
      verify: { extractToken: ({ headers }) => String(headers['x-token']) }
    }
  })
  t.equal((await put(app, { headers: { authorization: undefined, 'x-token': sent } })).statusCode, 401)
  t.notMatch(JSON.stringify(logs), sent.split('.')[2])
})
