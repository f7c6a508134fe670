import t from 'tap'
import { graphAuthorize, defaultPermissions, type Caller, type GraphPhotoOptions, type PhotoTarget } from '../../lib/index.js'
import { assertError, errorsIn, host, put, type LogLine } from '../helpers/host.js'
import { appClaims, claims, tenantId, userId, userPrincipalName } from '../helpers/tokens.js'

t.test('authorize gets those permissions of the row that the caller holds, and the context', async (t) => {
  const asked: unknown[] = []
  const { app } = await host(t, { authorize: (permissions, { caller, target, request }) => { asked.push([permissions, caller, target, request.method]); return true } })
  await put(app, { claims: claims({ scp: ' Mail.Read User.ReadWrite.All  User.ReadWrite ', roles: ['ProfilePhoto.ReadWrite.All'] }) })
  const caller = {
    kind: 'delegated',
    id: userId,
    appId: 'f6b4f1d2-7f0b-4e0e-8f53-0a2f2cf4a0c1',
    tenantId,
    userPrincipalName,
    permissions: ['Mail.Read', 'User.ReadWrite.All', 'User.ReadWrite']
  }
  t.strictSame(asked, [[['User.ReadWrite', 'User.ReadWrite.All'], caller, { kind: 'user', tenantId, userId }, 'PUT']])
})

t.test("the default table is that of Graph's documentation", async (t) => {
  const everyones = 'ProfilePhoto.ReadWrite.All'
  t.strictSame(defaultPermissions, {
    user: { delegated: ['User.ReadWrite', 'User.ReadWrite.All', everyones], application: ['User.ReadWrite.All', everyones] },
    group: { delegated: ['Group.ReadWrite.All', everyones], application: ['Group.ReadWrite.All', everyones] },
    contact: { delegated: ['Contacts.ReadWrite'], application: ['Contacts.ReadWrite'] }
  })
})

t.test('each row of the table opens its targets, by any one permission', async (t) => {
  const { app } = await host(t)
  const urls = { user: `/v1.0/users/${userId}/photo/$value`, group: '/v1.0/groups/g/photo/$value', contact: `/v1.0/users/${userId}/contacts/c/photo/$value` }
  const every = new Set(Object.values(defaultPermissions).flatMap((row) => [...row.delegated, ...row.application]))
  for (const kind of ['user', 'group', 'contact'] as const) {
    for (const permission of [...every, 'User.Read', 'user.readwrite.all']) {
      const asUser = await put(app, { url: urls[kind], claims: claims({ scp: permission }) })
      t.equal(asUser.statusCode, defaultPermissions[kind].delegated.includes(permission) ? 200 : 403, `${kind}, delegated ${permission}`)
      const asApp = await put(app, { url: urls[kind], claims: appClaims({ roles: [permission] }) })
      t.equal(asApp.statusCode, defaultPermissions[kind].application.includes(permission) ? 200 : 403, `${kind}, application ${permission}`)
    }
  }
})

t.test('the option permissions replaces rows, and leaves the others', async (t) => {
  const { app } = await host(t, { permissions: { group: { delegated: ['Team.Photo'], application: [] } } })
  const url = '/v1.0/groups/g/photo/$value'
  t.equal((await put(app, { url, claims: claims({ scp: 'Team.Photo' }) })).statusCode, 200)
  t.equal((await put(app, { url, claims: claims({ scp: 'Group.ReadWrite.All' }) })).statusCode, 403)
  t.equal((await put(app, { url, claims: appClaims() })).statusCode, 403)
  t.equal((await put(app)).statusCode, 200)
})

t.test('the default table cannot be changed', async (t) => {
  t.ok(Object.isFrozen(defaultPermissions))
  for (const row of Object.values(defaultPermissions)) {
    t.ok(Object.isFrozen(row))
    t.ok(Object.isFrozen(row.delegated) && Object.isFrozen(row.application))
  }
})

t.test('graphAuthorize knows whose photo is whose', async (t) => {
  const user: Caller = { kind: 'delegated', id: 'Ann', permissions: [] }
  const app: Caller = { kind: 'application', id: 'app', permissions: [] }
  const own: PhotoTarget = { kind: 'user', userId: 'ANN' }
  const other: PhotoTarget = { kind: 'user', userId: 'bob' }
  const cases: ReadonlyArray<readonly [caller: Caller, target: PhotoTarget, isAllowed: boolean]> = [
    [user, own, true],
    [user, other, false],
    [user, { ...own, kind: 'contact', contactId: 'c' }, true],
    [user, { ...other, kind: 'contact', contactId: 'c' }, false],
    [user, { kind: 'group', groupId: 'g' }, true],
    [app, other, true],
    [app, { ...other, kind: 'contact', contactId: 'c' }, true],
    [app, { kind: 'group', groupId: 'g' }, true]
  ]
  for (const [caller, target, isAllowed] of cases) {
    t.equal(graphAuthorize(['P'], { caller, target }), isAllowed, `${caller.kind} ${target.kind}`)
    t.equal(graphAuthorize([], { caller, target }), false, 'without a permission nothing is allowed')
    t.equal(graphAuthorize(['P'], { caller, target, isOwn: true }), true, 'isOwn counts, not the ids')
    t.equal(graphAuthorize(['P'], { caller, target, isOwn: false }), user !== caller || target.kind === 'group')
    t.equal(graphAuthorize([], { caller, target, isOwn: true }), false)
  }
})

t.test('a host narrows graphAuthorize to the owners of a group', async (t) => {
  const owners = new Map([['g', userId]])
  const { app, saved } = await host(t, {
    authorize: (permissions, context) => graphAuthorize(permissions, context) &&
      (context.target.kind !== 'group' || owners.get(context.target.groupId) === context.caller.id)
  })
  t.equal((await put(app, { url: '/v1.0/groups/g/photo/$value' })).statusCode, 200)
  assertError(t, await put(app, { url: '/v1.0/groups/h/photo/$value' }), { statusCode: 403, code: 'ErrorAccessDenied' })
  t.equal(saved.length, 1)
})

t.test('resolveTarget maps what is addressed to what the host calls it, /me too', async (t) => {
  const directory = new Map([[userId, userId.toUpperCase()], ['bob@contoso.example', 'id-of-bob']])
  const asked: unknown[] = []
  const { app, saved } = await host(t, {
    resolveTarget (target, { caller, request, ...rest }) {
      asked.push([target, caller.id, request.method, rest])
      if (target.kind === 'group') return target
      const found = directory.get(target.userId)
      return found === undefined ? null : { ...target, userId: found }
    }
  })
  t.equal((await put(app)).statusCode, 200)
  t.strictSame(asked, [[{ kind: 'user', tenantId, userId }, userId, 'PUT', { isOwn: true }]])
  t.strictSame(saved.pop()?.context.target, { kind: 'user', tenantId, userId: userId.toUpperCase() })
  t.equal((await put(app, { claims: appClaims(), url: '/v1.0/users/Bob@Contoso.example/photo/$value' })).statusCode, 200)
  t.strictSame(saved.pop()?.context.target, { kind: 'user', tenantId, userId: 'id-of-bob' })
})

const others = 'bbbbbbbb-0000-4000-8000-000000000000'

/** A host's numbers of the users it knows, whatever they are addressed by. */
const numbers: Readonly<Record<string, string>> = { [userId]: '1', [userPrincipalName]: '1', [others]: '2', 1: '1', 2: '2' }

const byNumber: NonNullable<GraphPhotoOptions['resolveTarget']> = (target) => {
  if (target.kind === 'group') return target
  const known = numbers[target.userId]
  return known === undefined ? null : { ...target, userId: known }
}

t.test("a host with user ids of its own neither locks users out of their own photos nor lets them write others'", async (t) => {
  const { app, saved } = await host(t, { resolveTarget: byNumber })
  const own = ['/me', `/users/${userId}`, `/users/${userId.toUpperCase()}`, `/users/${userPrincipalName}`]
  for (const owner of own) {
    for (const rest of ['', '/contacts/c', '/contactFolders/f/contacts/c']) {
      const url = `/v1.0${owner}${rest}/photo/$value`
      t.equal((await put(app, { url })).statusCode, 200, url)
      t.match(saved.pop()?.context, { isOwn: true, target: { userId: '1' } })
    }
  }
  for (const owner of [others, '1', '2', 'nobody']) {
    for (const rest of ['', '/contacts/c']) {
      assertError(t, await put(app, { url: `/v1.0/users/${owner}${rest}/photo/$value` }), { statusCode: 403, code: 'ErrorAccessDenied' })
    }
  }
  t.equal(saved.length, 0)
})

t.test('a user is their own by a name that the token does not tell, where resolveTarget finds their id by it', async (t) => {
  const ids = new Map([[userPrincipalName, userId.toUpperCase()], ['bob@contoso.example', others]])
  const seen: boolean[] = []
  const { app, saved } = await host(t, {
    resolveTarget (target, { isOwn }) {
      seen.push(isOwn)
      return target.kind === 'group' ? target : { ...target, userId: ids.get(target.userId) ?? target.userId }
    }
  })
  const putBy = (name: string) => put(app, { url: `/v1.0/users/${name}/photo/$value`, claims: claims({ upn: undefined }) })
  t.equal((await putBy(userPrincipalName)).statusCode, 200)
  t.match(saved, [{ context: { isOwn: true } }])
  assertError(t, await putBy('bob@contoso.example'), { statusCode: 403, code: 'ErrorAccessDenied' })
  t.strictSame(seen, [false, false], 'resolveTarget sees what is addressed')
})

t.test("authorize and savePhoto learn whether the target is the caller's own", async (t) => {
  const seen: unknown[] = []
  const { app, saved } = await host(t, { authorize: (_permissions, { isOwn }) => { seen.push(isOwn); return true } })
  await put(app)
  await put(app, { url: `/v1.0/users/${others}/photo/$value` })
  await put(app, { url: '/v1.0/groups/g/photo/$value' })
  t.strictSame(seen, [true, false, false])
  t.strictSame(saved.map(({ context }) => context.isOwn), seen)
})

/** As a host without types may write it. */
function inPlace (change: (target: Record<string, unknown>) => unknown): NonNullable<GraphPhotoOptions['resolveTarget']> {
  return (target) => change(target as unknown as Record<string, unknown>) as PhotoTarget | null
}

t.test('a target that is changed in place cannot leave its tenant or its kind', async (t) => {
  for (const change of [{ tenantId: 'another' }, { kind: 'group', groupId: 'all' }]) {
    const { app, saved } = await host(t, { resolveTarget: inPlace((target) => Object.assign(target, change)) })
    assertError(t, await put(app), { statusCode: 500, code: 'ErrorInternalServerError' })
    t.equal(saved.length, 0)
  }
  const { app, saved } = await host(t, { resolveTarget: inPlace((target) => Object.assign(target, { userId })) })
  t.equal((await put(app)).statusCode, 200)
  t.match(saved, [{ context: { target: { kind: 'user', tenantId, userId } } }])
})

t.test('an unknown user is refused as a known one is, whatever is changed in place before null', async (t) => {
  for (const found of [undefined, userId]) {
    const { app } = await host(t, { resolveTarget: inPlace((target) => { target['userId'] = found; return null }) })
    assertError(t, await put(app, { url: '/v1.0/users/someone@contoso.example/photo/$value' }), { statusCode: 403, code: 'ErrorAccessDenied' })
  }
})

t.test('a 404 names what the request addresses, not a parameter of the prefix', async (t) => {
  for (const prefix of ['/:userId', '/:groupId', '/:groupId/:userId']) {
    const { app } = await host(t, { prefix, resolveTarget: () => null } as Partial<GraphPhotoOptions>)
    for (const [path, id] of [['/me', userId], [`/users/${userId}`, userId], ['/groups/all', 'all']]) {
      const url = `${prefix.replace(/:\w+/g, 'elsewhere')}${path}/photo/$value`
      assertError(t, await put(app, { url }), {
        statusCode: 404,
        code: 'Request_ResourceNotFound',
        message: `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`
      })
    }
  }
})

t.test('a caller without a tenant has targets without one', async (t) => {
  const { app, saved } = await host(t)
  await put(app, { claims: claims({ tid: undefined }) })
  t.strictSame(saved[0]?.context.target, { kind: 'user', userId })
  t.notOk('tenantId' in (saved[0]?.context.caller ?? {}))
})

t.test('a host names its callers itself', async (t) => {
  const caller: Caller = { kind: 'delegated', id: 'U1', permissions: ['User.ReadWrite'] }
  const { app, saved } = await host(t, { authenticate: async () => caller })
  t.equal((await put(app, { headers: { authorization: undefined } })).statusCode, 200)
  t.strictSame(saved[0]?.context.caller, caller)
  t.strictSame(saved[0]?.context.target, { kind: 'user', userId: 'u1' })
})

/** The reason in the line of the only request. */
const whyIn = (logs: readonly LogLine[]): unknown => Object(logs.find(({ photo }) => photo !== undefined)?.['photo']).why

t.test('what a hook returns is whole, or the host learns from its log which it was', async (t) => {
  const whole: readonly Caller[] = [
    { kind: 'delegated', id: 'u', permissions: ['User.ReadWrite.All'] }, { kind: 'application', id: 'a', permissions: ['User.ReadWrite.All'] }]
  for (const caller of whole) {
    const { app } = await host(t, { authenticate: () => caller })
    t.equal((await put(app, { url: `/v1.0/users/${caller.id}/photo/$value` })).statusCode, 200, caller.kind)
  }
  const wrong: ReadonlyArray<readonly [hook: string, why: string, cause: string, values: readonly unknown[]]> = [
    ['authenticate', 'callerInvalid', 'authenticate returned no valid caller', [
      true, {}, ...whole.flatMap((caller) => [{ kind: 'user' }, { id: '' }, { id: 5 }, { permissions: 'all' }].map((part) => ({ ...caller, ...part })))
    ]],
    ['resolveTarget', 'targetInvalid', 'resolveTarget must keep the kind and the tenant', [
      true, {}, ...[{ kind: 'group', groupId: 'g' }, { kind: 'group' }, { userId: '' }, { userId: 5 }, { tenantId: 't' }].map((part) => (
        { kind: 'user', userId: 'u', tenantId, ...part }))
    ]]
  ]
  for (const [hook, why, cause, values] of wrong) {
    for (const value of values) {
      const { app, logs } = await host(t, { [hook]: () => value })
      t.equal((await put(app)).statusCode, 500)
      t.match([errorsIn(logs), whyIn(logs)], [[{ err: { message: cause } }], { code: why }], JSON.stringify(value))
    }
  }
})

t.test('a target that resolveTarget returns has the ids of its kind', async (t) => {
  const kinds: ReadonlyArray<readonly [path: string, whole: PhotoTarget, lacking: readonly string[]]> = [
    ['me', { kind: 'user', userId: 'u' }, ['userId']],
    ['groups/g', { kind: 'group', groupId: 'g' }, ['groupId']],
    ['me/contacts/c', { kind: 'contact', userId: 'u', contactId: 'c' }, ['userId', 'contactId']]
  ]
  for (const [path, whole, lacking] of kinds) {
    const url = `/v1.0/${path}/photo/$value`
    const answers = async (resolved: object | null | undefined) => {
      const { app } = await host(t, { resolveTarget: () => resolved as PhotoTarget })
      return (await put(app, { url })).statusCode
    }
    t.equal(await answers({ ...whole, tenantId }), 200, whole.kind)
    for (const nothing of [null, undefined]) t.equal(await answers(nothing), 404, `no ${whole.kind}`)
    for (const id of lacking) t.equal(await answers({ ...whole, tenantId, [id]: undefined }), 500, `${whole.kind} without ${id}`)
  }
})

t.test('who may know is told that a target is unknown, with the code of its kind', async (t) => {
  const { app } = await host(t, { resolveTarget: () => null })
  const rows: ReadonlyArray<readonly [path: string, claims: Record<string, unknown>, statusCode: number, code: string]> = [
    ['users/someone', claims({ scp: 'User.ReadWrite.All' }), 403, 'ErrorAccessDenied'],
    ['users/someone', appClaims(), 404, 'Request_ResourceNotFound'],
    ['users/someone/contacts/c', appClaims(), 404, 'ErrorItemNotFound'],
    ['me/contacts/c', claims(), 404, 'ErrorItemNotFound'],
    ['groups/g', claims(), 404, 'Request_ResourceNotFound']
  ]
  for (const [path, claims, statusCode, code] of rows) {
    assertError(t, await put(app, { url: `/v1.0/${path}/photo/$value`, claims }), { statusCode, code })
  }
})

t.test('the reason of a failure names the hook that failed', async (t) => {
  for (const hook of ['authenticate', 'resolveTarget', 'authorize', 'savePhoto']) {
    const { app, logs } = await host(t, { [hook]: () => { throw new Error('down') } })
    t.equal((await put(app)).statusCode, 500)
    t.match(whyIn(logs), { code: 'hookFailed', message: new RegExp(`\\b${hook}\\b`) })
  }
})

t.test("a host's authenticate may verify with @fastify/jwt: its errors are the 401 answers", async (t) => {
  const expired = Object.assign(new Error('Authorization token expired'), { code: 'FST_JWT_AUTHORIZATION_TOKEN_EXPIRED', statusCode: 401 })
  const { app } = await host(t, { authenticate: () => { throw expired } })
  assertError(t, await put(app), { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Lifetime validation failed, the token is expired.' })
})
