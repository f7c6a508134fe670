// Run by microsoft-graph-client.test.ts, which names the certificate and its key in the environment.
import { Client, GraphError } from '@microsoft/microsoft-graph-client'
import Fastify from 'fastify'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { GraphError as HostError, graphPhoto, graphServerOptions } from '../../../lib/index.js'
import { fixture, portrait } from '../../fixtures/pictures.js'
import { designers, lin, maeve } from '../../demo/directory.js'
import { guid } from '../../helpers/host.js'
import { demo, type Demo } from '../../clients/demo.js'
import { listen } from '../../helpers/wire.js'

const { NODE_EXTRA_CA_CERTS: certFile = '', TLS_KEY_FILE: keyFile = '' } = process.env
const certificate = { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') }

/** The client at its defaults; it sends a token to hosts that it is told of, and over https only. */
function clientOf ({ origin, userToken }: Demo, token = userToken): Client {
  return Client.init({
    baseUrl: `${origin}/`,
    customHosts: new Set(['localhost']),
    authProvider: (done) => { done(null, token) }
  })
}

for (const method of ['put', 'patch'] as const) {
  t.test(`${method} without a Content-Type header, which the client then calls JSON`, async (t) => {
    const server = await demo(t, certificate)

    await clientOf(server).api('/me/photo/$value')[method](portrait)

    t.match(server.requests, [{ method: method.toUpperCase(), headers: { 'content-type': 'application/json' } }])
    t.ok(portrait.equals(await server.photo('/me')))
  })

  t.test(`${method} with a Content-Type header`, async (t) => {
    const server = await demo(t, certificate)

    await clientOf(server).api('/me/photo/$value').header('Content-Type', 'image/jpeg')[method](portrait)

    t.match(server.requests, [{ headers: { 'content-type': 'image/jpeg' } }])
    t.ok(portrait.equals(await server.photo('/me')))
  })
}

const bodies: ReadonlyArray<readonly [name: string, body: unknown]> = [
  ['Blob', new Blob([portrait], { type: 'image/jpeg' })],
  ['File', new File([portrait], 'portrait.jpg', { type: 'image/jpeg' })],
  ['ArrayBuffer', Uint8Array.from(portrait).buffer],
  ['Uint8Array', Uint8Array.from(portrait)]
]

for (const [name, body] of bodies) {
  t.test(`the photo is a ${name}`, async (t) => {
    const server = await demo(t, certificate)

    await clientOf(server).api('/me/photo/$value').put(body)

    t.ok(portrait.equals(await server.photo('/me')))
  })
}

t.test('users, groups and contacts, addressed as its callers write them', async (t) => {
  const server = await demo(t, certificate)
  const paths = [
    `/users/${maeve.userPrincipalName}`,
    `/users/${encodeURIComponent(lin.userPrincipalName)}`,
    `/users/${maeve.id}/contacts/AAMkAGI2Tm_B-=`,
    `/users/${maeve.id}/contactFolders/AAMkAGI2TG=/contacts/AAMkAGI2To==`
  ]
  for (const path of paths) {
    await clientOf(server, server.appToken).api(`${path}/photo/$value`).put(portrait)
    t.ok(portrait.equals(await server.photo(path)), path)
  }

  await clientOf(server).api(`/groups/${designers.id}/photo/$value`).patch(portrait)
  t.ok(portrait.equals(await server.photo(`/groups/${designers.id}`)))
})

const refusals: ReadonlyArray<readonly [name: string, path: string, body: Buffer, expected: { statusCode: number, code: string }]> = [
  ['somebody else', `/users/${maeve.id}`, portrait, { statusCode: 403, code: 'ErrorAccessDenied' }],
  ['an unknown group', '/groups/00000000-0000-4000-8000-000000000000', portrait, { statusCode: 404, code: 'Request_ResourceNotFound' }],
  ['bytes of another format', '/me', fixture('photo.png'), { statusCode: 400, code: 'BadRequest' }],
  ['more than 4 MB', '/me', Buffer.concat([portrait], 4 * 1024 * 1024), { statusCode: 413, code: 'RequestEntityTooLarge' }]
]

for (const [name, path, body, expected] of refusals) {
  t.test(`a refusal arrives as a GraphError: ${name}`, async (t) => {
    const server = await demo(t, certificate)
    const error = await clientOf(server).api(`${path}/photo/$value`).put(body).catch((error: unknown) => error)

    if (!(error instanceof GraphError)) throw new TypeError('no GraphError', { cause: error })
    t.match(error, { ...expected, message: /\w/, requestId: guid, date: Date })
    t.equal(error.headers?.get('request-id'), error.requestId)
  })
}

t.test('a refused token arrives as a GraphError', async (t) => {
  const server = await demo(t, certificate)
  const error = await clientOf(server, `${server.userToken}x`).api('/me/photo/$value').put(portrait).catch((error: unknown) => error)

  t.match(error, { statusCode: 401, code: 'InvalidAuthenticationToken', requestId: guid })
})

t.test('a claims challenge reaches a client of Continuous Access Evaluation, which comes again with a better token', async (t) => {
  const claims = JSON.stringify({ access_token: { nbf: { essential: true, value: '1767225600' } } })
  const challenge = `Bearer realm="", error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`
  const app = Fastify({ ...graphServerOptions, https: certificate })
  t.teardown(() => app.close())
  await app.register(graphPhoto, {
    prefix: '/v1.0',
    contentTypes: '*',
    authenticate ({ headers }) {
      if (headers.authorization === 'Bearer better') return { kind: 'delegated', id: 'u', permissions: ['User.ReadWrite'] }
      throw new HostError(401, 'InvalidAuthenticationToken', 'Continuous access evaluation resulted in challenge.', {
        headers: { 'WWW-Authenticate': challenge }
      })
    },
    savePhoto () {}
  })
  const origin = `https://localhost:${await listen(app)}`
  const clientWith = (token: string) => Client.init({
    baseUrl: `${origin}/`, customHosts: new Set(['localhost']), authProvider: (done) => { done(null, token) }
  })

  const error = await clientWith('revoked').api('/me/photo/$value').put(portrait).catch((error: unknown) => error)
  if (!(error instanceof GraphError)) throw new TypeError('no GraphError', { cause: error })
  t.match(error, { statusCode: 401, code: 'InvalidAuthenticationToken', message: 'Continuous access evaluation resulted in challenge.' })
  const [, sent = ''] = /claims="([^"]+)"/.exec(error.headers?.get('www-authenticate') ?? '') ?? []
  t.equal(Buffer.from(sent, 'base64').toString(), claims, 'what the client sends to the token endpoint')

  await clientWith('better').api('/me/photo/$value').put(portrait)
})
