import t from 'tap'
import { fixture, portrait } from '../fixtures/pictures.js'
import { assertError, host, put } from '../helpers/host.js'

/** What clients say of JPEG bytes, and who says so. */
const contentTypes: ReadonlyArray<readonly [contentType: string | undefined, who: string]> = [
  ['application/json', "Microsoft's client for JavaScript, PnPjs"],
  ['application/octet-stream', "Microsoft's SDKs for TypeScript, .NET, Java, Go and Python"],
  ['image/*', 'scripts'],
  ['application/x-www-form-urlencoded', 'curl without a header'],
  [undefined, 'fetch with a Buffer']
]

for (const [contentType, who] of contentTypes) {
  const headers = { 'content-type': contentType }

  t.test(`${contentType ?? 'no Content-Type'}, as sent by ${who}: refused by default`, async (t) => {
    const { app, saved } = await host(t)
    assertError(t, await put(app, { headers }), { statusCode: 415, code: 'UnsupportedMediaType', message: /image\/jpeg/ })
    t.strictSame(saved, [])
  })

  t.test(`${contentType ?? 'no Content-Type'}, as sent by ${who}: accepted where the host accepts '*'`, async (t) => {
    const { app, saved } = await host(t, { contentTypes: '*' })
    t.equal((await put(app, { headers })).statusCode, 200)
    t.match(saved, [{ photo: { data: portrait, contentType: 'image/jpeg' } }])
  })
}

t.test('a host that lists Content-Types accepts these and no others', async (t) => {
  const { app, saved } = await host(t, { contentTypes: ['image/jpeg', 'application/octet-stream', 'application/json'] })

  for (const contentType of ['image/jpeg', 'application/octet-stream', 'application/json', 'Application/JSON; charset=utf-8']) {
    t.equal((await put(app, { headers: { 'content-type': contentType } })).statusCode, 200, contentType)
  }
  for (const contentType of ['image/png', 'text/plain', undefined]) {
    t.equal((await put(app, { headers: { 'content-type': contentType } })).statusCode, 415, contentType ?? 'no Content-Type')
  }
  t.equal(saved.length, 4)
})

t.test('PNG bytes sent as image/jpeg, as browsers send what a canvas gives them, are for the option imageTypes to accept', async (t) => {
  const payload = fixture('photo.png')
  const byDefault = await host(t)
  const withPng = await host(t, { imageTypes: ['image/jpeg', 'image/png'] })

  assertError(t, await put(byDefault.app, { payload }), { statusCode: 400, code: 'BadRequest', message: 'is image/png' })
  t.equal((await put(withPng.app, { payload })).statusCode, 200)
  t.match(withPng.saved, [{ photo: { data: payload, contentType: 'image/png' } }])
})
