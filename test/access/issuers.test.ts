import t from 'tap'
import type { GraphPhotoJwtVerifyOptions } from '../../types/index.js'
import { errorsIn } from '../helpers/host.js'
import { served } from '../helpers/served.js'
import { audience, claims, part, secret, token } from '../helpers/tokens.js'
import { claimSets } from './claim-sets.js'

const exp = Math.floor(Date.now() / 1000) + 3600

t.test('which caller a token names, or why none, whatever issued it', async (t) => {
  const { send, saved, logs } = await served(t, { jwt: { secret } })
  for (const [issuedTo, claims, expected] of claimSets) {
    saved.length = logs.length = 0
    const isApp = typeof expected !== 'string' && expected.kind === 'application'
    const { statusCode } = await send(token({ ...claims, exp }), isApp ? '/v1.0/users/someone/photo/$value' : undefined)
    const [line] = logs.flatMap(({ photo }) => photo === undefined ? [] : [Object(photo)])
    if (typeof expected === 'string') {
      t.match({ statusCode, why: line.why, saved }, { statusCode: 401, why: { code: expected }, saved: [] }, issuedTo)
    } else if (expected.permissions.length === 0) {
      t.match({ statusCode, caller: line.caller }, { statusCode: 403, caller: { kind: expected.kind, id: expected.id } }, issuedTo)
    } else {
      t.strictSame({ statusCode, caller: saved[0]?.context.caller }, { statusCode: 200, caller: expected }, issuedTo)
    }
    t.strictSame(errorsIn(logs), [])
  }
})

t.test('none of the claims that only users and ID tokens have lets a token pass for an app', async (t) => {
  const { send, saved } = await served(t, { jwt: { secret } })
  const [, app] = claimSets.find(([issuedTo]) => issuedTo === 'Entra ID 2.0, an app with a secret') ?? ['', {}]
  const url = '/v1.0/users/someone/photo/$value'
  t.equal((await send(token({ ...app, exp }), url)).statusCode, 200)
  saved.length = 0
  const names = ['scope', 'nonce', 'at_hash', 'c_hash', 'name', 'email', 'upn', 'preferred_username', 'unique_name']
  for (const name of names) {
    for (const value of ['x', '', null, 0, false, []]) {
      t.equal((await send(token({ ...app, exp, [name]: value }), url)).statusCode, 401, `${name}: ${JSON.stringify(value)}`)
    }
    const told = { ...app, exp, [name]: 'x', idtyp: 'app' }
    t.equal((await send(token(told), url)).statusCode, 200, `${name}, where idtyp says app`)
  }
  t.equal(saved.length, names.length)
})

t.test('the reason of a token that is not for this host says what the host accepts, as it wrote it', async (t) => {
  const rows: ReadonlyArray<readonly [verify: GraphPhotoJwtVerifyOptions, code: string, says: string]> = [
    [{ allowedAud: ['https://api.example', /^api:/] }, 'audienceInvalid', `audience "${audience}"; accepted: "https://api.example", /^api:/.`],
    [{ allowedAud: 'https://api.example' }, 'audienceInvalid', `audience "${audience}"; accepted: "https://api.example".`],
    [{ allowedIss: /^https:.*\/v2$/ }, 'issuerInvalid', 'issuer "https://op.example"; accepted: /^https:.*\\/v2$/.'],
    [{ algorithms: ['HS384', 'HS512'] }, 'algorithmNotAccepted', 'signed with "HS256"; accepted: HS384, HS512.']
  ]
  for (const [verify, code, says] of rows) {
    const { send, logs } = await served(t, { jwt: { secret, verify } })
    t.equal((await send(token(claims({ iss: 'https://op.example' })))).statusCode, 401)
    const [line] = logs.flatMap(({ photo }) => photo === undefined ? [] : [Object(photo)])
    t.match(line.why, { code, message: says })
  }
})

t.test('a reason is the same whether @fastify/jwt is asked or its verifier, which is quicker', async (t) => {
  const [header = '', payload = '', signature = ''] = token().split('.')
  const sent = [
    `${header}.${payload}.${signature} ${header}.${payload}.${signature}`, `${header}.${payload}.x`, `${header}.${payload}`, 'opaque',
    token(claims({ exp: 1 })), `${part({ alg: 'RS256', typ: 'JWT' })}.${payload}.${signature}`
  ]
  const [quick, asked] = await Promise.all([{ secret }, { secret, trusted: () => true }].map(async (jwt) => {
    const { send, logs } = await served(t, { jwt })
    for (const value of sent) await send(value)
    return logs.flatMap(({ photo }) => photo === undefined ? [] : [Object(photo).why])
  }))
  t.strictSame(quick, asked)
  t.match(quick?.at(-1), { code: 'algorithmNotAccepted', message: 'The token is signed with "RS256"; accepted: those that fit the key.' })
})
