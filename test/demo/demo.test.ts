import t, { type Test } from 'tap'
import { portrait } from '../fixtures/pictures.js'
import { assertError, guid } from '../helpers/host.js'
import { buildHost } from './app.js'
import { ada, designers, demoApp, maeve, readers } from './directory.js'
import { applicationToken, delegatedToken } from './tokens.js'

/** The demo host, and how a person of it asks. */
async function demo (t: Test) {
  const app = await buildHost({ photoDir: t.testdir(), jwtSecret: 'a secret of 32 characters or more' })
  t.teardown(() => app.close())
  const ask = (method: 'GET' | 'PUT', path: string, token?: string) => app.inject({
    method,
    url: `/v1.0${path}/photo/$value`,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...(method === 'PUT' && { 'content-type': 'image/jpeg' }) },
    ...(method === 'PUT' && { payload: portrait })
  })
  return { app, ask, asAda: delegatedToken(app.jwt), asMaeve: delegatedToken(app.jwt, maeve), asApp: applicationToken(app.jwt) }
}

t.test('what was put is got again, typed by its bytes, and inert in a browser', async (t) => {
  const { ask, asAda } = await demo(t)
  for (const path of ['/me', `/users/${ada.userPrincipalName}`, `/groups/${designers.id}`, '/me/contacts/AbC=', '/me/contactFolders/F/contacts/x', `/users/${ada.id}/contactfolders/F/contacts/y`]) {
    t.equal((await ask('GET', path, asAda)).statusCode, path === `/users/${ada.userPrincipalName}` ? 200 : 404, `GET ${path} before`)
    t.equal((await ask('PUT', path, asAda)).statusCode, 200, `PUT ${path}`)
    const { statusCode, headers, rawPayload } = await ask('GET', path, asAda)
    t.equal(statusCode, 200, `GET ${path}`)
    t.match(headers, { 'content-type': 'image/jpeg', 'x-content-type-options': 'nosniff', 'content-security-policy': 'sandbox' })
    t.strictSame(rawPayload, portrait)
  }
})

t.test('a photo is shown to callers with a token, contacts to their owner only', async (t) => {
  const { ask, asAda, asMaeve, asApp } = await demo(t)
  await ask('PUT', '/me', asAda)
  await ask('PUT', '/me/contacts/x', asAda)
  t.equal((await ask('GET', `/users/${ada.id}`)).statusCode, 401)
  t.equal((await ask('GET', `/users/${ada.id}`, `${asAda}x`)).statusCode, 401)
  t.equal((await ask('GET', `/users/${ada.id}`, asMaeve)).statusCode, 200)
  t.equal((await ask('GET', '/users/nobody', asMaeve)).statusCode, 404)
  t.equal((await ask('GET', `/users/${ada.id}/contacts/x`, asMaeve)).statusCode, 403)
  const contact = await ask('GET', `/users/${ada.id}/contacts/x`, asApp)
  t.equal(contact.statusCode, 200)
  const missing = await ask('GET', `/users/${maeve.id}`, asAda)
  t.match(missing.json(), { error: { code: 'ImageNotFound', innerError: { 'request-id': guid } } })
})

t.test('only owners change the photo of a group', async (t) => {
  const { ask, asAda, asMaeve, asApp } = await demo(t)
  t.equal((await ask('PUT', `/groups/${designers.id}`, asAda)).statusCode, 200)
  t.equal((await ask('PUT', `/groups/${readers.id}`, asMaeve)).statusCode, 200)
  t.ok(readers.ownerIds.includes(demoApp.id))
  t.equal((await ask('PUT', `/groups/${readers.id}`, asApp)).statusCode, 200)
  const refused = { statusCode: 403, code: 'ErrorAccessDenied', reason: 'authorizeRefused' }
  assertError(t, await ask('PUT', `/groups/${designers.id}`, asMaeve), refused)
  assertError(t, await ask('PUT', `/groups/${readers.id}`, asAda), refused)
  assertError(t, await ask('PUT', `/groups/${designers.id}`, asApp), refused)
  assertError(t, await ask('PUT', '/groups/none', asAda), { statusCode: 404, code: 'Request_ResourceNotFound', reason: 'targetUnknown' })
})

t.test('the documentation shows GET beside PUT and PATCH, for people and for tools', async (t) => {
  const { app } = await demo(t)
  t.equal((await app.inject('/documentation/')).statusCode, 200)
  const { paths } = (await app.inject('/documentation/json')).json()
  t.equal(Object.keys(paths).length, 7)
  for (const [path, operations] of Object.entries(paths)) t.strictSame(Object.keys(operations as object).sort(), ['get', 'patch', 'put'], path)
})
