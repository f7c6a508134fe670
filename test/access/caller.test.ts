import { types } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { readCaller } from '../../lib/access/caller.js'
import { callerFromClaims, GraphError, type Caller } from '../../lib/index.js'

type Claims = Record<string, unknown>

const base = { aud: 'https://graph.microsoft.com', exp: 1_900_000_000 }
const user = { ...base, oid: 'u', scp: 'A B' }
const app = { ...base, oid: 'a', idtyp: 'app', roles: ['A', 'B'] }

function read (claims: unknown): Caller | 'refused' {
  try {
    // Whatever JSON is; a token's payload has no type.
    return callerFromClaims(claims as Claims)
  } catch (error) {
    if (error instanceof GraphError && error.statusCode === 401 && error.message === 'Access token validation failure.') return 'refused'
    throw error
  }
}

t.test('what callerFromClaims throws is an error as any other, with a stack', async (t) => {
  try {
    callerFromClaims({})
    t.fail('it throws')
  } catch (error) {
    t.ok(types.isNativeError(error))
    t.match(error, { statusCode: 401, code: 'InvalidAuthenticationToken', stack: /callerFromClaims/ })
  }
})

t.test('the claims of step 1 say who calls', async (t) => {
  const rows: ReadonlyArray<readonly [name: string, claims: Claims, caller: Caller]> = [
    ['a user', user, { kind: 'delegated', id: 'u', permissions: ['A', 'B'] }],
    ['a user, by idtyp', { ...base, oid: 'u', idtyp: 'user' }, { kind: 'delegated', id: 'u', permissions: [] }],
    ['a user, by both', { ...user, idtyp: 'user' }, { kind: 'delegated', id: 'u', permissions: ['A', 'B'] }],
    ['a user with roles', { ...user, roles: ['C'] }, { kind: 'delegated', id: 'u', permissions: ['A', 'B'] }],
    ['a user, by idtyp, with roles', { ...base, oid: 'u', idtyp: 'user', roles: ['C'] }, { kind: 'delegated', id: 'u', permissions: [] }],
    ['a user, sub equal to oid', { ...user, sub: 'u' }, { kind: 'delegated', id: 'u', permissions: ['A', 'B'] }],
    ['a user of version 2.0', { ...user, tid: 't', azp: 'c', upn: 'u@x' }, { kind: 'delegated', id: 'u', appId: 'c', tenantId: 't', userPrincipalName: 'u@x', permissions: ['A', 'B'] }],
    ['a user of version 1.0', { ...user, appid: 'c' }, { kind: 'delegated', id: 'u', appId: 'c', permissions: ['A', 'B'] }],
    ['a user whose preferred name may change', { ...user, preferred_username: 'u@x' }, { kind: 'delegated', id: 'u', permissions: ['A', 'B'] }],
    ['spaces before, between and behind', { ...user, scp: '  A   B ' }, { kind: 'delegated', id: 'u', permissions: ['A', 'B'] }],
    ['other white space, which is part of a name', { ...user, scp: 'A\tB \r\nC \u00a0D' },
      { kind: 'delegated', id: 'u', permissions: ['A\tB', '\r\nC', '\u00a0D'] }],
    ['a user with directory roles', { ...user, wids: ['w'] }, { kind: 'delegated', id: 'u', permissions: ['A', 'B'], directoryRoles: ['w'] }],
    ['an empty scp', { ...user, scp: '' }, { kind: 'delegated', id: 'u', permissions: [] }],
    ['an app', app, { kind: 'application', id: 'a', permissions: ['A', 'B'] }],
    ['an app, sub equal to oid', { ...app, idtyp: undefined, azp: 'c', sub: 'a', wids: ['w'] },
      { kind: 'application', id: 'a', appId: 'c', permissions: ['A', 'B'] }],
    ['an app without roles', { ...app, roles: undefined }, { kind: 'application', id: 'a', permissions: [] }],
    ['an app without oid', { ...app, oid: undefined, azp: 'c' }, { kind: 'application', id: 'c', appId: 'c', permissions: ['A', 'B'] }],
    ['an app without oid, version 1.0', { ...app, oid: undefined, appid: 'c' }, { kind: 'application', id: 'c', appId: 'c', permissions: ['A', 'B'] }],
    ['an app with both ids', { ...app, azp: 'c', appid: 'd', tid: 't', upn: 'x' }, { kind: 'application', id: 'a', appId: 'c', tenantId: 't', permissions: ['A', 'B'] }],
    ['several audiences', { ...user, aud: ['x', 'y'] }, { kind: 'delegated', id: 'u', permissions: ['A', 'B'] }]
  ]
  for (const [name, claims, caller] of rows) t.strictSame(read(claims), caller, name)
})

t.test('the reason of a claim names it, and what it must be', async (t) => {
  const rows: ReadonlyArray<readonly [claims: Claims, message: string]> = [
    [{ ...user, aud: undefined }, "has no claim 'aud'"],
    [{ ...user, exp: undefined }, "has no claim 'exp'"],
    [{ ...user, oid: undefined }, "has no claim 'oid'"],
    [{ ...user, exp: '1' }, "claim 'exp' must be a number"],
    [{ ...user, scp: ['A'] }, "claim 'scp' must be a string"],
    [{ ...user, oid: '' }, "claim 'oid' must be a string that is not empty"],
    [{ ...app, roles: 'A' }, "claim 'roles' must be an array of strings"],
    [{ ...user, aud: [] }, "claim 'aud' must be a string or an array of strings that is not empty"],
    [{ ...user, idtyp: 'app' }, "claims to be an app's own (`idtyp`) and a user's (`scp`)"],
    [base, "is neither a user's (`scp`) nor an app's own"]
  ]
  for (const [claims, message] of rows) {
    const found = readCaller(claims)
    t.equal('reason' in found && found.reason.message, `The token${message.startsWith('claim ') ? "'s" : ''} ${message}.`)
  }
})

t.test('whatever JSON a token holds, it is a caller or a 401', async () => {
  fc.assert(fc.property(fc.jsonValue(), (json) => { read(json) }))
  fc.assert(fc.property(fc.constantFrom(undefined, null, true, 1, 'x', [], [user]), (json) => read(json) === 'refused'))
})

/** The values of each claim, those of the right type first; the number says how many these are. */
const values: Readonly<Record<string, readonly [right: number, ...values: unknown[]]>> = {
  aud: [2, 'x', ['x', 'y'], '', [], [1], 1, null, {}],
  exp: [2, 1_900_000_000, -0.5, '1', null, true, [], Infinity, NaN],
  nbf: [1, 1, '1', null],
  iat: [1, 1, '1', null],
  iss: [1, 'x', '', 1, null],
  scp: [4, 'A B', ' A  B\n', '', 'A', ['A'], 1, null, { split: 1 }, true],
  roles: [3, ['A', 'B'], [], ['C'], 'A', [1], ['A', null], null, { 0: 'A', length: 1 }, 1],
  wids: [2, ['w'], [], 'w', [1], ['w', null], null, { 0: 'w', length: 1 }, 1],
  idtyp: [5, 'app', 'user', 'App', 'device', '', 1, null, ['app']],
  oid: [2, 'a', 'b', '', 1, null, ['a']],
  sub: [4, 'a', 'b', 'c', 'd', '', 1, null],
  tid: [1, 't', '', 1, null],
  azp: [1, 'c', '', 1, null],
  appid: [1, 'd', '', 1, null],
  upn: [1, 'n', '', 1, null]
}

/** Claims that are read only for their presence. */
const present = Object.fromEntries(['scope', 'nonce', 'at_hash', 'c_hash', 'name', 'email', 'preferred_username', 'unique_name'].map((name) =>
  [name, fc.oneof({ weight: 30, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom('x', '', null, 1) })]))

/** Any of these claims, each missing or with a value of the right type mostly, of a wrong one sometimes. */
const anyClaims: fc.Arbitrary<Claims> = fc.record({
  ...present,
  ...Object.fromEntries(Object.entries(values).map(([name, [right, ...all]]) => [name, fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...all.slice(0, right)) },
    { weight: name === 'aud' || name === 'exp' ? 1 : 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...all.slice(right)) }
  )]))
})

function isRight (claims: Claims): boolean {
  return Object.entries(values).every(([name, [right, ...all]]) => claims[name] === undefined || all.slice(0, right).includes(claims[name]))
}

const notOfApps = ['scope', 'nonce', 'at_hash', 'c_hash', 'name', 'email', 'upn', 'preferred_username', 'unique_name']

/** Step 1 of the rules, said once more and another way: as what every caller must fulfil. */
function mayBe (kind: Caller['kind'], claims: Claims): boolean {
  const { aud, exp, scp, idtyp, oid, sub, azp, appid } = claims
  if (aud === undefined || exp === undefined) return false
  const saysUser = scp !== undefined || idtyp === 'user'
  if (kind === 'delegated') return saysUser && idtyp !== 'app' && oid !== undefined
  if (scp !== undefined) return false
  if (idtyp !== undefined) return idtyp === 'app' && [oid, azp, appid].some((id) => id !== undefined)
  const isOfApp = oid === undefined ? sub === (azp ?? appid) : sub === oid
  return isOfApp && sub !== undefined && (azp ?? appid) !== undefined && !notOfApps.some((name) => claims[name] !== undefined)
}

t.test('no mixture of claims makes a caller that step 1 does not name, and none is refused that it names', async (t) => {
  const counts = { delegated: 0, application: 0, refused: 0 }
  fc.assert(fc.property(anyClaims, (claims) => {
    const caller = read(claims)
    counts[caller === 'refused' ? caller : caller.kind]++
    const kinds = (['delegated', 'application'] as const).filter((kind) => isRight(claims) && mayBe(kind, claims))
    return caller === 'refused' ? kinds.length === 0 : kinds.length === 1 && kinds[0] === caller.kind
  }), { numRuns: 20_000 })
  for (const [outcome, count] of Object.entries(counts)) t.ok(count > 200, outcome)
})

t.test('a claim of a wrong type spoils any token, whatever else is right', async (t) => {
  for (const [name, [right, ...all]] of Object.entries(values)) {
    for (const value of all.slice(right)) {
      for (const claims of [user, app]) t.equal(read({ ...claims, [name]: value }), 'refused', `${name}: ${JSON.stringify(value)}`)
    }
  }
})

t.test('a caller has no permission that is not a whole word of scp, or a whole role', async () => {
  fc.assert(fc.property(anyClaims, (claims) => {
    const caller = read(claims)
    if (caller === 'refused') return true
    const { scp = '', roles = [] } = claims
    const held: unknown = caller.kind === 'delegated' ? String(scp).split(/ +/).filter((word) => word !== '') : roles
    return JSON.stringify(caller.permissions) === JSON.stringify(held)
  }), { numRuns: 5000 })
  fc.assert(fc.property(fc.array(fc.string({ unit: fc.constantFrom(...'AB. \t\n\r,') })), (words) => {
    const caller = read({ ...user, scp: words.join(' ') })
    return caller !== 'refused' && caller.permissions.every((permission) => /^[^ ]+$/.test(permission)) &&
      caller.permissions.join('') === words.join('').replaceAll(' ', '')
  }))
})

t.test("a caller's id is the token's oid, and for an app without one the app's id", async () => {
  fc.assert(fc.property(anyClaims, (claims) => {
    const caller = read(claims)
    if (caller === 'refused') return true
    const { oid, azp, appid, tid } = claims
    const id = caller.kind === 'delegated' ? oid : oid ?? azp ?? appid
    const { upn: userPrincipalName, wids: directoryRoles } = caller.kind === 'delegated' ? claims : {}
    return caller.id === id && caller.appId === (azp ?? appid) && caller.tenantId === tid &&
      caller.userPrincipalName === userPrincipalName && caller.directoryRoles === directoryRoles
  }), { numRuns: 5000 })
})

t.test('a property that every object inherits is not a claim', async (t) => {
  t.equal(read(JSON.parse(`{"__proto__":${JSON.stringify(app)}}`)), 'refused')
  t.equal(read(Object.assign([], user)) === 'refused', false, 'own claims count, whatever carries them')
  t.strictSame(read({ ...user, constructor: 1, toString: 2 }), { kind: 'delegated', id: 'u', permissions: ['A', 'B'] })
})

t.test('the claims given are not changed', async (t) => {
  const claims = Object.freeze({ ...app, roles: Object.freeze(['A']) })
  t.match(callerFromClaims(claims), { permissions: ['A'] })
})
