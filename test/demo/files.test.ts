import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { portrait } from '../fixtures/pictures.js'
import { assertError } from '../helpers/host.js'
import { hostileIds } from '../helpers/ids.js'
import { listen, sender, type Received } from '../helpers/wire.js'
import { buildHost } from './app.js'
import { ada, designers, maeve, tenantId } from './directory.js'
import { applicationToken, delegatedToken } from './tokens.js'

/** What only the wrong file holds. */
const canary = 'not for anybody here'

/** The demo host in a folder of its own, between neighbours; paths go over the wire as they are written here. */
async function demo (t: Test) {
  const folder = t.testdir({ 'secret.jpg': canary, photos2: { 'user-a.jpg': canary }, etc: { passwd: canary } })
  const photoDir = join(folder, 'photos')
  await mkdir(photoDir)
  const app = await buildHost({ photoDir, jwtSecret: 'a secret of 32 characters or more' })
  t.teardown(() => app.close())
  const send = sender(t, await listen(app))

  function ask (method: 'GET' | 'PUT', path: string, token: string, body?: Buffer): Promise<Received> {
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'image/jpeg' }) }
    return send({ method, path, headers, ...(body && { body }) })
  }

  async function filesIn (where: string): Promise<string[]> {
    const entries = await readdir(where, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name)).sort()
  }

  const neighbours = await filesIn(folder)
  return {
    app,
    ask,
    photos: () => filesIn(photoDir),
    /** Everything but the photos, which must never change. */
    async assertNothingOutside (t: Test): Promise<void> {
      const outside = (await filesIn(folder)).filter((file) => !file.startsWith(`${photoDir}/`))
      t.strictSame(outside, neighbours, 'no file outside')
      for (const file of outside) t.equal(await readFile(file, 'latin1'), canary)
      t.strictSame((await readdir(join(folder, '..'))).filter((name) => name === 'etc' || name.endsWith('.jpg')), [])
    }
  }
}

/** The name of a test cannot hold a line separator. */
const readable = (id: string): string => JSON.stringify(id.slice(0, 20)).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`)

/** A picture that nobody else sends: what follows the end of the portrait says whose it is. */
const pictureOf = (whose: unknown): Buffer => Buffer.concat([portrait, Buffer.from(JSON.stringify(whose))])

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

const asMuchAsFits = 512
const isWellFormed = (id: string): boolean => !/[\ud800-\udfff]/u.test(id)
// eslint-disable-next-line no-control-regex -- control characters are what the plugin refuses
const isAccepted = (id: string): boolean => id !== '' && !/[\u0000-\u001f\u007f-\u009f]/.test(id) && id.length <= asMuchAsFits
const isSafePath = (path: string): boolean => path.split('/').every((name) => /^[a-z]+[.-][a-z0-9_-]*(\.jpg)?$/.test(name) && name.length <= 255)

t.test('whatever a contact is called, its photo lies in PHOTO_DIR, in a file of its own', async (t) => {
  const { app, ask, photos, assertNothingOutside } = await demo(t)
  const token = delegatedToken(app.jwt)
  const ids = hostileIds.filter(isWellFormed)
  const paths = [
    (id: string) => `/v1.0/me/contacts/${id}/photo/$value`,
    (id: string) => `/v1.0/users/${ada.id.toUpperCase()}/contacts/${id}/photo/%24value`,
    (id: string) => `/v1.0/me/contactFolders/${id}/contacts/z${id}/photo/$value`
  ] as const

  const expected = new Map<string, Buffer>()
  for (const id of ids) {
    const encoded = encodeURIComponent(id)
    for (const [index, path] of paths.entries()) {
      const picture = pictureOf([index, id])
      const answer = await ask('PUT', path(encoded), token, picture)
      if (isAccepted(id)) {
        if (answer.statusCode !== 200) t.fail(`${index} ${readable(id)}: ${answer.statusCode}`)
        // The first two are the same contact; whoever comes last has the photo.
        if (index !== 0) expected.set(path(encoded), picture)
      } else assertError(t, answer, { statusCode: 400, code: 'ErrorInvalidIdMalformed', reason: 'idMalformed' }, readable(id))
    }
  }

  const files = await photos()
  t.equal(files.length, expected.size, 'as many files as contacts')
  for (const [path, picture] of expected) {
    if (!(await ask('GET', path, token)).bytes.equals(picture)) t.fail('the photo of another', { path })
  }
  const stored = await Promise.all(files.map(async (file) => digest(await readFile(file))))
  t.strictSame(stored.sort(), [...expected.values()].map(digest).sort())
  const relative = files.map((file) => file.slice(file.indexOf('/photos/') + '/photos/'.length))
  t.strictSame(relative.filter((path) => !isSafePath(path)), [])
  t.equal(new Set(relative.map((path) => path.toLowerCase().normalize('NFC'))).size, files.length, 'where case is ignored too')
  await assertNothingOutside(t)
})

t.test('a path that means to leave PHOTO_DIR gets nowhere, however it is encoded', async (t) => {
  const { app, ask, photos, assertNothingOutside } = await demo(t)
  const token = delegatedToken(app.jwt)
  const parts = [
    '..', '../..', '../../secret', '.', './x', '..;', '..;/..', '..\\..', '/', '//', '/..', 'x/../..',
    '%2e%2e', '%2E%2E', '.%2e', '%2e.', '%2e%2e%2f%2e%2e%2fsecret', '..%2f..%2fsecret.jpg', '..%5c..%5csecret', '%2fetc%2fpasswd', '%5c%5chost%5cshare',
    '%252e%252e%252f', '%25252e', '%c0%ae%c0%ae%c0%af', '%e0%80%ae', '%ed%a0%bd', '%ff', '%', '%2', '%zz', '%u002e%u002e', '%00', 'a%00.jpg', '%0a', '%0d%0aX:%20y', '%7f', '%c2%85',
    '%EF%BC%8E%EF%BC%8E%EF%BC%8F', '~', '~root', 'C:', 'c:%5cx', 'CON', 'nul.jpg', '$value', '%24value', 'photo', '*', '?', '#', "('..')", "('..%2f..')", "'%2e%2e'", 'x'.repeat(513), '%2e'.repeat(513)
  ]
  const frames = [
    (part: string) => `/v1.0/me/contacts/${part}/photo/$value`,
    (part: string) => `/v1.0/me/contacts${part}/photo/$value`,
    (part: string) => `/v1.0/me/contactfolders/${part}/contacts/x/photo/$value`,
    (part: string) => `/v1.0/users/${part}/contacts/x/photo/$value`,
    (part: string) => `/v1.0/users/${part}/photo/$value`,
    (part: string) => `/v1.0/groups/${part}/photo/$value`,
    (part: string) => `/v1.0/${part}/me/photo/$value`,
    (part: string) => `/v1.0/me/photo/${part}`,
    (part: string) => `/v1.0/me/photo/$value/${part}`
  ]
  const strays: string[] = []
  for (const frame of frames) {
    for (const part of parts) {
      const path = frame(part)
      const put = await ask('PUT', path, token, portrait)
      const get = await ask('GET', path, token)
      if (![200, 400, 403, 404, 414].includes(put.statusCode)) strays.push(`PUT ${path.slice(0, 60)}: ${put.statusCode}`)
      if (![200, 301, 302, 400, 403, 404, 414].includes(get.statusCode)) strays.push(`GET ${path.slice(0, 60)}: ${get.statusCode}`)
      if ([put.body, get.body].some((body) => body.includes(canary) || body.includes('root:'))) strays.push(`what ${path} answers`)
    }
  }
  t.strictSame(strays, [])
  t.strictSame((await photos()).filter((file) => !isSafePath(file.slice(file.indexOf('/photos/') + '/photos/'.length))), [])
  await assertNothingOutside(t)
})

t.test('a user, a group and a contact of one id, and the same in another tenant, have a file each', async (t) => {
  const { app, ask, photos, assertNothingOutside } = await demo(t)
  const claims = { idtyp: 'user', oid: ada.id, upn: ada.userPrincipalName, scp: 'User.ReadWrite Contacts.ReadWrite Group.ReadWrite.All' }
  const tenants = [tenantId, tenantId.toUpperCase(), ...hostileIds.filter((id) => id !== '')]
  const paths = ['/me', `/groups/${designers.id}`, `/me/contacts/${ada.id}`, `/me/contacts/${designers.id}`, `/me/contacts/${ada.id.toUpperCase()}`]
  const sent: Array<readonly [token: string, path: string, picture: Buffer]> = []
  for (const tid of tenants) {
    const token = app.jwt.sign({ ...claims, tid })
    for (const path of tid === tenantId ? paths : paths.slice(0, 1)) {
      const picture = pictureOf([tid, path])
      const { statusCode } = await ask('PUT', `/v1.0${path}/photo/$value`, token, picture)
      if (statusCode !== 200) t.fail(`${readable(tid)}: ${statusCode}`)
      sent.push([token, path, picture])
    }
  }
  t.equal((await photos()).length, sent.length)
  for (const [token, path, picture] of sent) {
    if (!(await ask('GET', `/v1.0${path}/photo/$value`, token)).bytes.equals(picture)) t.fail('the photo of another', { path })
  }
  await assertNothingOutside(t)
})

t.test('a user id that does not exist has no file, whatever user the token names', async (t) => {
  const { app, ask, photos } = await demo(t)
  for (const oid of hostileIds.filter((id) => id !== '')) {
    const token = app.jwt.sign({ idtyp: 'user', oid, scp: 'User.ReadWrite', tid: tenantId })
    assertError(t, await ask('PUT', '/v1.0/me/photo/$value', token, portrait), { statusCode: 404, code: 'Request_ResourceNotFound', reason: 'targetUnknown' })
  }
  const asApp = applicationToken(app.jwt)
  for (const id of hostileIds.filter(isWellFormed).filter(isAccepted)) {
    assertError(t, await ask('PUT', `/v1.0/users/${encodeURIComponent(id)}/photo/$value`, asApp, portrait), { statusCode: 404, code: 'Request_ResourceNotFound', reason: 'targetUnknown' })
    assertError(t, await ask('PUT', `/v1.0/groups/${encodeURIComponent(id)}/photo/$value`, asApp, portrait), { statusCode: 404, code: 'Request_ResourceNotFound', reason: 'targetUnknown' })
    assertError(t, await ask('PUT', `/v1.0/users/${encodeURIComponent(id)}/contacts/x/photo/$value`, delegatedToken(app.jwt), portrait), { statusCode: 403, code: 'ErrorAccessDenied', reason: 'notOwn' })
  }
  t.strictSame(await photos(), [])
})

t.test('a user has one file, under whatever name and in whatever case', async (t) => {
  const { app, ask, photos } = await demo(t)
  const token = delegatedToken(app.jwt, maeve)
  const names = [maeve.id, maeve.id.toUpperCase(), maeve.userPrincipalName, maeve.userPrincipalName.toUpperCase(), "MAEVE.O'Brien@contoso.example"]
  const paths = ['/me', ...names.map((name) => `/users/${name}`), ...names.map((name) => `/users/${encodeURIComponent(name).replaceAll("'", '%27')}`), `/users('${maeve.id}')`, "/users('maeve.o''brien@contoso.example')"]
  for (const path of paths) {
    t.equal((await ask('PUT', `/v1.0${path}/photo/$value`, token, pictureOf(path))).statusCode, 200, path)
    t.strictSame((await ask('GET', '/v1.0/me/photo/$value', token)).bytes, pictureOf(path))
  }
  t.equal((await photos()).length, 1)
})

t.test('a file in PHOTO_DIR that is not a photo is never served', async (t) => {
  const { app, ask, photos } = await demo(t)
  const token = delegatedToken(app.jwt)
  await ask('PUT', '/v1.0/me/contacts/x/photo/$value', token, portrait)
  const [photo = ''] = await photos()
  await writeFile(`${photo}.1`, canary)
  await writeFile(photo.replace('contact-x.jpg', 'contact-y'), canary)
  for (const id of ['x.jpg', 'x.jpg.1', 'x.1', 'y', 'x%2f..%2fcontact-y', '..', 'y%00']) {
    const { statusCode, body } = await ask('GET', `/v1.0/me/contacts/${id}/photo/$value`, token)
    t.equal(statusCode, 404)
    t.notOk(body.includes(canary))
  }
})
