import t from 'tap'
import { assertError, host, put } from '../helpers/host.js'
import { appClaims, claims, tenantId, userId } from '../helpers/tokens.js'
import { onlyOwners } from './group-owners.js'

const appId = '0b9cfb5c-3a53-4e2b-8d5a-0f7a1c0d9f11'
const owners: Readonly<Record<string, readonly string[]>> = { designers: [userId.toUpperCase()], readers: [appId] }
const authorize = onlyOwners(async (groupId) => owners[groupId] ?? [])
const accessDenied = { statusCode: 403, code: 'ErrorAccessDenied' }
const urlOf = (group: string) => `/v1.0/groups/${group}/photo/$value`

t.test("an owner changes a group's photo, in whatever case their id is written", async (t) => {
  const { app, saved } = await host(t, { authorize })
  t.equal((await put(app, { url: urlOf('Designers') })).statusCode, 200)
  t.strictSame(saved[0]?.context.target, { tenantId, kind: 'group', groupId: 'designers' })
})

t.test('an app may own a group too', async (t) => {
  const { app } = await host(t, { authorize })
  t.equal((await put(app, { url: urlOf('readers'), claims: appClaims() })).statusCode, 200)
})

t.test('no other caller does, whatever permission they hold', async (t) => {
  const { app, saved } = await host(t, { authorize })
  assertError(t, await put(app, { url: urlOf('readers') }), accessDenied)
  assertError(t, await put(app, { url: urlOf('unknown') }), accessDenied)
  assertError(t, await put(app, { url: urlOf('designers'), claims: appClaims() }), accessDenied)
  t.equal(saved.length, 0)
})

t.test('an owner without the permission does not', async (t) => {
  const { app } = await host(t, { authorize })
  assertError(t, await put(app, { url: urlOf('designers'), claims: claims({ scp: 'User.ReadWrite' }) }), accessDenied)
})

t.test("one's own photo and no one else's, as without it", async (t) => {
  const { app } = await host(t, { authorize })
  t.equal((await put(app)).statusCode, 200)
  assertError(t, await put(app, { url: '/v1.0/users/somebody/photo/$value' }), accessDenied)
})

t.test('where the owners are not available, every write is refused', async (t) => {
  const { app, saved } = await host(t, { authorize: onlyOwners(async () => { throw new Error('the directory is down') }) })
  assertError(t, await put(app, { url: urlOf('designers') }), { statusCode: 500, code: 'ErrorInternalServerError' })
  t.equal(saved.length, 0)
})
