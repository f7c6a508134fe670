import { readFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { fixture, portrait } from '../fixtures/pictures.js'
import { assertError } from '../helpers/host.js'
import { buildHost } from './app.js'
import { groups, maeve } from './directory.js'

async function demo (t: Test) {
  const app = await buildHost({ photoDir: t.testdir(), jwtSecret: 'a secret of 32 characters or more' })
  t.teardown(() => app.close())
  return app
}

t.test('the page is one file that loads nothing from elsewhere', async (t) => {
  const app = await demo(t)
  const { headers, body } = await app.inject('/')
  t.equal(body, await readFile(new URL('page.html', import.meta.url), 'utf8'))
  t.equal(headers['content-type'], 'text/html; charset=utf-8')
  t.match(headers['content-security-policy'], /^default-src 'none';.*connect-src 'self'/)
  t.notMatch(body, /(?:src|href)="(?!\/|data:)/)
})

t.test('the base URL leads to the page', async (t) => {
  const app = await demo(t)
  for (const url of ['/v1.0', '/v1.0/']) {
    const { statusCode, headers } = await app.inject(url)
    t.equal(statusCode, 302)
    t.equal(headers.location, '/')
  }
})

t.test('the page is given pictures, groups, and tokens of every user: a good one, an expired one and one without the permission', async (t) => {
  const app = await demo(t)
  t.strictSame((await app.inject('/pictures/portrait.jpg')).rawPayload, portrait)
  t.strictSame((await app.inject('/pictures/photo.png')).rawPayload, fixture('photo.png'))
  const directory = (await app.inject('/directory')).json()
  t.strictSame(directory.groups, groups)
  t.equal(directory.identities.length, 4)
  for (const { name, id, tokens } of directory.identities) {
    const url = `/v1.0/users/${name === 'app' ? maeve.id : id}/photo/$value`
    const as = (token: string) => app.inject({ method: 'PUT', url, headers: { authorization: `Bearer ${token}` }, payload: portrait })
    t.equal((await as(tokens.valid)).statusCode, 200)
    assertError(t, await as(tokens.expired), { statusCode: 401, code: 'InvalidAuthenticationToken', message: /expired/, reason: 'tokenExpired' })
    assertError(t, await as(tokens.withoutPermission), { statusCode: 403, code: 'ErrorAccessDenied', reason: 'permissionMissing' })
  }
})
