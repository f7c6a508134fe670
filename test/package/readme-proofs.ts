import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Test } from 'tap'
import { fixture, portrait } from '../fixtures/pictures.js'
import { appClaims, claims, token, userId, userPrincipalName } from '../helpers/tokens.js'
import { audience, block, issuer, jwtSecret, runHooks, runServer, type RunOptions } from './readme.js'

/** What a block of the README does, shown by pasting it into a project and asking it over HTTP. */
export interface Proof {
  readonly what: string
  readonly prove: (t: Test, consumer: string, options?: RunOptions) => Promise<void>
}

interface Sent {
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly claims?: Readonly<Record<string, unknown>>
  readonly data?: Buffer
}

const forReadme = { iss: issuer, aud: audience }

export async function send (url: string, { path = '/me/photo/$value', headers, claims: own, data = portrait }: Sent = {}): Promise<Response> {
  const authorization = `Bearer ${token(claims({ ...forReadme, ...own }), jwtSecret)}`
  return fetch(url + path, { method: 'PUT', headers: { authorization, 'content-type': 'image/jpeg', ...headers }, body: new Uint8Array(data) })
}

/** What any JSON of ours is, to whoever reads it. */
interface GraphEnvelope {
  readonly error: { readonly code: string, readonly innerError: Readonly<Record<string, string>> }
}

/** An error, with zeros for what is another one each time. */
function shape ({ innerError, ...rest }: GraphEnvelope['error']): unknown {
  return [rest, Object.entries(innerError).map(([name, value]) => [name, value.replace(/[0-9a-f]/g, '0')])]
}

const ownedGroup = '/groups/02bd9fd6-8f93-4758-87c3-1fb73740a315/photo/$value'

export const proofs: readonly Proof[] = [
  {
    what: 'Usage: photos are saved and read back, for the named issuer and audience, of groups by their owners only, under any Content-Type',
    async prove (t, consumer, options) {
      const { url, printed } = await runServer(t, consumer, block('Usage', 'js'), options)
      t.equal((await send(url)).status, 200)
      t.equal((await send(url, { headers: { 'content-type': 'application/json' } })).status, 200)
      t.equal((await send(url, { claims: { iss: 'https://login.fabrikam.example' } })).status, 401)
      t.equal((await send(url, { claims: { iss: undefined } })).status, 401)
      t.equal((await send(url, { claims: { aud: 'https://fabrikam.example' } })).status, 401)
      t.equal((await send(url, { path: ownedGroup })).status, 200)
      t.equal((await send(url, { path: ownedGroup, claims: { oid: '2af1c5a6-0f0e-4c35-9c0b-7d8f6d0b8a11' } })).status, 403)
      t.equal((await send(url, { path: `/users('${userPrincipalName}')/photo/$value` })).status, 200, 'graphServerOptions are spread')

      const [, authorization = '', path = ''] = /curl -i -T photo\.jpg -H 'Authorization: ([^']+)' 'http:\/\/localhost:3000(.+)'/.exec(printed()) ?? []
      const own = new URL(path, url)
      t.equal((await fetch(own, { headers: { authorization } })).status, 404)
      t.equal((await fetch(own, { method: 'PUT', headers: { authorization }, body: new Uint8Array(portrait) })).status, 200, 'the printed command')
      const answer = await fetch(own, { headers: { authorization } })
      t.strictSame([answer.headers.get('content-type'), Buffer.from(await answer.arrayBuffer())], ['image/jpeg', portrait])
      t.equal((await (await fetch(`${url}/me/drive`)).json() as GraphEnvelope).error.code, 'ResourceNotFound')

      const { error } = await (await send(url, { claims: { scp: 'User.Read' } })).json() as GraphEnvelope
      t.strictSame(shape(error), shape(JSON.parse(block('When it says no', 'json')).error), 'errors look as shown')
    }
  },
  {
    what: 'authenticate: the user of a session is the caller, and without one the answer is 401',
    async prove (t, consumer, options) {
      const { url } = await runHooks(t, consumer, block('`authenticate', 'js'), options)
      t.equal((await send(url, { headers: { 'x-user': userId } })).status, 200)
      t.equal((await send(url)).status, 401)
    }
  },
  {
    what: 'resolveTarget: known users and any group are found, others are unknown to apps and denied to users',
    async prove (t, consumer, options) {
      const { url } = await runHooks(t, consumer, block('`resolveTarget', 'js'), options)
      const app = appClaims({ upn: undefined, scp: undefined })
      t.equal((await send(url)).status, 200)
      t.equal((await send(url, { path: `/users/${userPrincipalName}/photo/$value`, claims: app })).status, 200)
      t.equal((await send(url, { path: '/users/nobody@contoso.example/photo/$value', claims: app })).status, 404)
      t.equal((await send(url, { path: '/users/nobody@contoso.example/photo/$value' })).status, 403)
      t.equal((await send(url, { path: ownedGroup })).status, 200)
    }
  },
  {
    what: 'authorize: the tenant of the prefix is the one of the caller',
    async prove (t, consumer, options) {
      const env = { PREFIX: '/:tenant/v1.0' }
      const { url } = await runHooks(t, consumer, block('`authorize', 'js'), { ...options, env })
      const { tid } = claims()
      t.equal((await send(url.replace('/v1.0', `/${String(tid)}/v1.0`))).status, 200)
      t.equal((await send(url.replace('/v1.0', '/another/v1.0'))).status, 403)
    }
  },
  {
    what: 'savePhoto: the store gets the bytes and their type under a key of the target, and a busy store becomes 503 and Retry-After',
    async prove (t, consumer, options) {
      const stored: unknown[] = []
      let status = 201
      const store = createServer(async (request, response) => {
        stored.push([request.method, request.url, request.headers['content-type'], await buffer(request)])
        response.writeHead(status).end()
      })
      t.teardown(() => { store.close() })
      await new Promise<void>((resolve) => { store.listen(0, '127.0.0.1', resolve) })
      const { port } = store.address() as AddressInfo // it listens on a port, not on a pipe
      const env = { STORE_URL: `http://127.0.0.1:${port}` }
      const { url } = await runHooks(t, consumer, block('`savePhoto', 'js'), { ...options, env })
      t.equal((await send(url, { claims: { tid: undefined } })).status, 200)
      t.strictSame(stored, [['PUT', `/user-${userId}`, 'image/jpeg', portrait]])
      status = 500
      const busy = await send(url)
      t.equal(busy.status, 503)
      t.equal(busy.headers.get('retry-after'), '5')
    }
  },
  {
    what: 'TypeScript: the options take JPEG and PNG, and their hook runs',
    async prove (t, consumer, options) {
      const { url, printed } = await runHooks(t, consumer, block('TypeScript', 'ts'), options)
      t.equal((await send(url, { data: fixture('photo.png') })).status, 200)
      t.equal((await send(url, { data: fixture('photo.gif') })).status, 400)
      t.equal((await send(url, { path: ownedGroup })).status, 200)
      t.match(printed(), `${userId} sends ${portrait.length} bytes for group 02bd9fd6`)
    }
  }
]
