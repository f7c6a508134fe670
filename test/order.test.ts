import t from 'tap'
import { assertError, type ExpectedError, host, put, type PutOptions } from './helpers/host.js'
import { appClaims, claims } from './helpers/tokens.js'

/** What is wrong with a request, in the order in which it is noticed. */
const faults: ReadonlyArray<readonly [fault: string, request: PutOptions, answer: ExpectedError]> = [
  ['who', { headers: { authorization: 'Bearer x' } }, { statusCode: 401, code: 'InvalidAuthenticationToken' }],
  ['personal account', { claims: claims({ tid: '9188040d-6c67-4c5b-b112-36a304b66dad' }) }, { statusCode: 404, code: 'MailboxNotEnabledForRESTAPI' }],
  ['malformed id', { url: '/v1.0/users/%00/photo/$value' }, { statusCode: 400, code: 'ErrorInvalidIdMalformed' }],
  ['permission', { claims: claims({ scp: 'User.Read' }) }, { statusCode: 403, code: 'ErrorAccessDenied' }],
  ['length', { headers: { 'content-length': '5000000' } }, { statusCode: 413, code: 'RequestEntityTooLarge' }],
  ['Content-Type', { headers: { 'content-type': 'text/plain' } }, { statusCode: 415, code: 'UnsupportedMediaType' }],
  ['body', { payload: 'no image' }, { statusCode: 400, code: 'BadRequest' }]
]

for (const [index, [fault, request, answer]] of faults.entries()) {
  t.test(`"${fault}" is answered before every later fault`, async (t) => {
    const { app, saved } = await host(t)
    for (const [later, other] of faults.slice(index + 1)) {
      t.comment(later)
      const both = { ...other, ...request, headers: { ...other.headers, ...request.headers } }
      if (request.claims && other.claims) both.claims = { ...other.claims, ...request.claims, scp: other.claims['scp'] }
      assertError(t, await put(app, both), answer)
    }
    t.equal(saved.length, 0)
  })
}

t.test('an app that asks for /me is told so before a missing permission is', async (t) => {
  const { app } = await host(t)
  assertError(t, await put(app, { claims: appClaims({ roles: [], tid: '9188040d-6c67-4c5b-b112-36a304b66dad' }) }), { statusCode: 400, code: 'BadRequest' })
})

t.test('the hooks are asked in order, and none after the first refusal', async (t) => {
  const asked: string[] = []
  const caller = { kind: 'delegated', id: 'u', permissions: ['User.ReadWrite'] } as const
  const { app } = await host(t, {
    authenticate: () => { asked.push('authenticate'); return caller },
    resolveTarget: (target) => { asked.push('resolveTarget'); return target },
    authorize: () => { asked.push('authorize'); return true },
    savePhoto: () => { asked.push('savePhoto') }
  })
  await put(app)
  t.strictSame(asked.splice(0), ['authenticate', 'resolveTarget', 'authorize', 'savePhoto'])
  await put(app, { url: '/v1.0/groups/g/photo/$value' })
  t.strictSame(asked.splice(0), ['authenticate'])
  await put(app, { headers: { 'content-type': 'text/plain' } })
  t.strictSame(asked.splice(0), ['authenticate', 'resolveTarget', 'authorize'])
})

t.test('the answer waits for savePhoto', async (t) => {
  let finish = () => {}
  const saving = new Promise<void>((resolve) => { finish = resolve })
  let hasBegun = () => {}
  const begun = new Promise<void>((resolve) => { hasBegun = resolve })
  const { app } = await host(t, { savePhoto: () => { hasBegun(); return saving } })
  let isAnswered = false
  const answer = put(app).then((response) => { isAnswered = true; return response })
  await begun
  await new Promise(setImmediate)
  t.notOk(isAnswered)
  finish()
  t.equal((await answer).statusCode, 200)
})
