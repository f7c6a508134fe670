import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { portrait } from '../fixtures/pictures.js'
import { assertError, host, put, type Host } from '../helpers/host.js'
import { head, listen, portOf, RawClient, type Answer } from '../helpers/wire.js'

/** Sends the portrait with these lines in its head, and gives what is answered. */
async function send (t: Test, { app }: Host, ...lines: readonly string[]): Promise<Answer | undefined> {
  const client = await RawClient.open(t, app.server.listening ? portOf(app.server) : await listen(app))
  const bare = head({ 'Content-Type': undefined, 'Content-Length': String(portrait.length) })
  await client.write(bare.replace('\r\n\r\n', `\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`))
  await client.write(portrait)
  const answer = await client.answer()
  client.socket.destroy()
  return answer
}

/** The codes of the reasons in the log, one for each request. */
const whysIn = ({ logs }: Host) => logs.flatMap(({ photo }) => photo === undefined ? [] : [Object(photo).why.code])

const types = (...values: readonly string[]) => values.map((value) => `Content-Type: ${value}`)

/** What clients make of a Content-Type: nothing at all, something else, two in one line, two lines. */
const oddities: ReadonlyArray<readonly string[]> = [
  [],
  types(''),
  types('garbage'),
  types('image/'),
  types('/jpeg'),
  types('image jpeg'),
  types('image/jpeg image/png'),
  types('image/jp\u00e9g'),
  types('application/octet-stream, image/jpeg'),
  types('application/octet-stream', 'image/jpeg'),
  types('image/jpeg', 'image/jpeg'),
  types('garbage', ''),
  types('image/jpeg; charset'),
  types('*/*'),
  types('undefined')
]

t.test("contentTypes '*' takes anything or nothing, malformed or repeated", async (t) => {
  const hosted = await host(t, { contentTypes: '*' })
  for (const lines of oddities) t.equal((await send(t, hosted, ...lines))?.statusCode, 200, lines.join())
  t.equal(hosted.saved.length, oddities.length)
})

t.test("contentTypes '*' takes a Content-Type that a host hook has looked at", async (t) => {
  const looked: unknown[] = []
  const hosted = await host(t, { contentTypes: '*' }, {}, (app) => {
    app.addHook('onRequest', async (request) => { looked.push(request.mediaType) })
  })
  for (const lines of oddities) t.equal((await send(t, hosted, ...lines))?.statusCode, 200, lines.join())
  t.equal(looked.length, oddities.length)
})

t.test('of a Content-Type that is sent more than once, each must be accepted', async (t) => {
  const hosted = await host(t, { contentTypes: ['image/jpeg', 'application/octet-stream'] })
  for (const lines of [types('image/jpeg', 'Image/JPEG; q=1'), types('application/octet-stream', 'image/jpeg', 'image/jpeg')]) {
    t.equal((await send(t, hosted, ...lines))?.statusCode, 200, lines.join())
  }
  t.equal(hosted.saved.length, 2)
  for (const sent of [['image/jpeg', 'text/html'], ['text/html', 'image/jpeg'], ['image/jpeg', 'image/jpeg', 'image/png']]) {
    const answer = await send(t, hosted, ...types(...sent))
    const wrong = sent.find((type) => type !== 'image/jpeg')
    assertError(t, answer, {
      statusCode: 415,
      code: 'UnsupportedMediaType',
      message: `The Content-Type '${wrong}' is not accepted. Accepted: image/jpeg, application/octet-stream.`
    })
  }
  t.equal(hosted.saved.length, 2)
})

t.test('a list takes no Content-Type that is malformed, wherever it stands', async (t) => {
  const hosted = await host(t)
  for (const sent of [['garbage'], ['image/jpeg', 'garbage'], ['image/jpeg, image/jpeg'], ['']]) {
    const malformed = sent.find((type) => type !== 'image/jpeg')
    assertError(t, await send(t, hosted, ...types(...sent)), {
      statusCode: 415,
      code: 'UnsupportedMediaType',
      message: `The Content-Type '${malformed}' is malformed. Accepted: image/jpeg.`
    })
  }
  t.equal(hosted.saved.length, 0)
})

t.test('a Content-Type that a host hook has set counts as sent', async (t) => {
  const hosted = await host(t, {}, {}, (app) => {
    app.addHook('onRequest', async ({ raw }) => { raw.headers['content-type'] = 'image/jpeg' })
  })
  for (const lines of [[], types('text/plain')]) t.equal((await send(t, hosted, ...lines))?.statusCode, 200)
})

t.test('a Content-Encoding other than identity, gzip or x-gzip, once, is refused, and told what is accepted', async (t) => {
  const hosted = await host(t, { contentTypes: '*' })
  const encodings = ['deflate', 'br', 'zstd', 'compress', 'identity, gzip', 'gzip, gzip', 'gzip,', 'y-gzip', '*', 'utf-8', '']
  for (const encoding of encodings) {
    const answer = await send(t, hosted, `Content-Encoding: ${encoding}`)
    assertError(t, answer, { statusCode: 415, code: 'UnsupportedMediaType', message: `The Content-Encoding '${encoding}' is not accepted. It must be gzip or none.` })
    t.equal(answer?.headers['accept-encoding'], 'gzip', encoding)
  }
  for (const twice of [['identity', 'gzip'], ['gzip', 'gzip'], ['identity', 'identity']]) {
    const answer = await send(t, hosted, ...twice.map((encoding) => `Content-Encoding: ${encoding}`))
    t.equal(answer?.statusCode, 415, twice.join())
  }
  t.equal(hosted.saved.length, 0)
})

t.test('only the refusal of an encoding names encodings', async (t) => {
  const hosted = await host(t)
  t.equal((await send(t, hosted, ...types('text/plain')))?.headers['accept-encoding'], undefined)
})

t.test('a Content-Encoding of identity, however written, is none', async (t) => {
  const hosted = await host(t)
  for (const encoding of ['identity', 'Identity', ' identity ']) {
    t.equal((await send(t, hosted, ...types('image/jpeg'), `Content-Encoding: ${encoding}`))?.statusCode, 200)
  }
})

t.test('a body that is said not to be encoded is not decoded', async (t) => {
  const hosted = await host(t)
  for (const encoding of ['identity', 'IDENTITY']) {
    assertError(t, await put(hosted.app, { payload: gzipSync(portrait), headers: { 'content-encoding': encoding } }), { statusCode: 400, code: 'BadRequest' })
  }
  t.match(whysIn(hosted), ['notAnImage', 'notAnImage'])
})

t.test('a host sees the Content-Type of a body where it is one, and no Content-Encoding', async (t) => {
  const seen: unknown[] = []
  const hosted = await host(t, {
    contentTypes: '*',
    savePhoto: (_photo, { request: { headers } }) => { seen.push([headers['content-type'], headers['content-encoding']]) }
  })
  for (const type of ['image/jpeg', 'garbage', undefined]) {
    const headers = { 'content-type': type, 'content-encoding': 'gzip' }
    t.equal((await put(hosted.app, { payload: gzipSync(portrait), headers })).statusCode, 200)
  }
  t.strictSame(seen, [['image/jpeg', undefined], [undefined, undefined], [undefined, undefined]])
})

t.test('the refusal of a Content-Type says what was sent, as far as 100 characters, and what is accepted', async (t) => {
  const hosted = await host(t, { contentTypes: ['image/jpeg', 'image/png'] })
  for (const type of [undefined, `image/${'x'.repeat(94)}`, `image/${'x'.repeat(95)}`]) await put(hosted.app, { headers: { 'content-type': type } })
  const longest = `image/${'x'.repeat(94)}`
  t.strictSame(hosted.logs.flatMap(({ photo }) => photo === undefined ? [] : [Object(photo).why]), [
    { code: 'contentTypeMissing', message: 'The request has no Content-Type; accepted: image/jpeg, image/png.' },
    { code: 'contentTypeNotAccepted', message: `The Content-Type is '${longest}'; accepted: image/jpeg, image/png.` },
    { code: 'contentTypeNotAccepted', message: `The Content-Type is '${longest}'; accepted: image/jpeg, image/png.` }
  ])
})

t.test('a header is known by its name, not by its length, nor by what it says', async (t) => {
  const hosted = await host(t)
  const lines = ['X-Twelve-Abc: text/html', 'X-Said: Content-Type', 'X-Is: Authorization', 'X-Thirteen-Ab: Basic x']
  t.equal((await send(t, hosted, ...types('image/jpeg'), ...lines))?.statusCode, 200)
})

t.test('two Authorization headers are refused', async (t) => {
  const hosted = await host(t)
  assertError(t, await send(t, hosted, ...types('image/jpeg'), 'Authorization: Bearer x'), { statusCode: 401, code: 'InvalidAuthenticationToken' })
  t.strictSame(whysIn(hosted), ['tokenRepeated'])
})
