import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { demo, type Demo } from '../../clients/demo.js'
import { ada, designers, lin, maeve } from '../../demo/directory.js'
import { fixture, portrait } from '../../fixtures/pictures.js'
import { launch, open, overflow, skip } from './browser.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url))
const hasCurl = await run('curl', ['--version']).then(() => true, () => false)
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8')

const browser: Browser | undefined = skip === false ? await launch() : undefined
t.teardown(() => browser?.close())

const desktop = { width: 1280, height: 900 }
const phone = { width: 360, height: 740 }

interface Visit {
  readonly page: Page
  readonly server: Demo
}

/** A test on the page of a demo server of its own, which must leave nothing in the console. */
function onPage (name: string, use: (t: Test, visit: Visit) => Promise<void>, options: BrowserContextOptions = { viewport: desktop }): void {
  t.test(name, { skip }, async (t) => {
    if (browser === undefined) return
    const server = await demo(t)
    const { page, problems } = await open(t, browser, `${server.origin}/`, { reducedMotion: 'reduce', ...options })
    await page.locator('html[data-ready]').waitFor()
    await use(t, { page, server })
    t.strictSame(problems, [], 'nothing in the console')
  })
}

/** Clicks, and waits for the answer to what is sent thereby. */
async function answerTo (page: Page, button: string): Promise<string> {
  await page.getByRole('button', { name: button, exact: true }).click()
  await page.locator('#answer:not([aria-busy]) #shown:is(.good, .bad)').waitFor()
  return page.locator('#status').innerText()
}

const sizeOfPhoto = (page: Page) => page.evaluate<unknown>("[document.getElementById('photo').naturalWidth, document.getElementById('photo').naturalHeight]")

const who = [
  ['Ada Lovelace', 'Me', '/me'],
  ["Maeve O'Brien", 'Me', `/users/${maeve.id}`],
  ['Lin, a guest', 'Me', `/users/${lin.id}`],
  ['The app', 'A user', `/users/${maeve.id}`]
] as const

onPage('everybody uploads with one click, and sees the photo that comes back', async (t, { page, server }) => {
  for (const [name, whose, path] of who) {
    await page.getByRole('radio', { name }).check()
    await page.getByLabel(whose, { exact: true }).check()
    t.equal(await answerTo(page, 'Send'), '200 OK', name)
    await page.getByRole('img', { name: /^The photo at / }).waitFor()
    t.strictSame(await sizeOfPhoto(page), [648, 648])
    t.strictSame(await server.photo(path), portrait)
  }
})

interface Choice {
  readonly path: string
  readonly whose: string
  readonly fields?: Readonly<Record<string, string>>
}

const choices: readonly Choice[] = [
  { path: '/me', whose: 'Me' },
  { path: `/users/${encodeURIComponent(lin.userPrincipalName)}`, whose: 'A user', fields: { User: lin.displayName } },
  { path: '/users/maeve.o%27brien%40contoso.example', whose: 'A user', fields: { User: maeve.displayName } },
  { path: `/groups/${designers.id}`, whose: 'A group', fields: { Group: designers.displayName } },
  { path: '/me/contacts/a%20%2F%20b', whose: 'A contact', fields: { 'Contact id': 'a / b' } },
  { path: '/users/ada%40contoso.example/contacts/AAMkAGI2%3D', whose: 'A contact', fields: { 'Whose contact': ada.displayName, 'Contact id': 'AAMkAGI2=' } },
  { path: '/me/contactFolders/family/contacts/AAMkAGI2%3D', whose: 'A contact in a folder', fields: { 'Whose contact': 'Mine' } },
  { path: '/users/ada%40contoso.example/contactFolders/%C3%A9/contacts/x', whose: 'A contact in a folder', fields: { 'Whose contact': ada.displayName, 'Folder id': 'é', 'Contact id': 'x' } }
]

onPage('every target is addressed as Graph addresses it, by PUT and by PATCH', async (t, { page }) => {
  for (const [index, { path, whose, fields = {} }] of choices.entries()) {
    const method = index % 2 === 0 ? 'PUT' : 'PATCH'
    await page.getByLabel(whose, { exact: true }).check()
    await page.getByLabel(method, { exact: true }).check()
    for (const [label, value] of Object.entries(fields)) {
      if (label.endsWith(' id')) await page.getByRole('textbox', { name: label }).fill(value)
      else await page.getByRole('combobox', { name: label, exact: true }).selectOption(value)
    }
    const [sent, status] = await Promise.all([page.waitForRequest((request) => request.method() === method), answerTo(page, 'Send')])
    t.equal(new URL(sent.url()).pathname, `/v1.0${path}/photo/$value`)
    t.equal(status, /lin|maeve/.test(path) ? '403 Forbidden' : '200 OK', path)
  }
})

onPage('a file is chosen or dropped, and is what the server then has', async (t, { page, server }) => {
  await page.getByLabel('Choose a file').setInputFiles({ name: 'my photo.jpg', mimeType: 'image/jpeg', buffer: fixture('baseline.jpg') })
  await page.getByText('my photo.jpg').waitFor()
  t.equal(await answerTo(page, 'Send'), '200 OK')
  t.strictSame(await server.photo('/me'), fixture('baseline.jpg'))
  t.strictSame(await sizeOfPhoto(page), [96, 64])
  t.match(await page.locator('#curl').textContent(), "--data-binary '@my photo.jpg'")

  await page.evaluate(`{
    const transfer = new DataTransfer()
    transfer.items.add(new File([Uint8Array.from(atob('${fixture('progressive.jpg').toString('base64')}'), (c) => c.charCodeAt(0))], 'dropped.jpg', { type: 'image/jpeg' }))
    document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
  }`)
  await page.getByText('dropped.jpg').waitFor()
  await answerTo(page, 'Send')
  t.strictSame(await server.photo('/me'), fixture('progressive.jpg'))
})

onPage('the photo is got, and where there is none the answer says so', async (t, { page }) => {
  t.equal(await answerTo(page, 'Get the photo'), '404 Not Found')
  t.match(await page.locator('#body').innerText(), '"code": "ImageNotFound"')
  await answerTo(page, 'Send')
  t.equal(await answerTo(page, 'Get the photo'), '200 OK')
  t.strictSame(await sizeOfPhoto(page), [648, 648])
})

const mistakes = [
  ['No token', '401 Unauthorized', 'tokenMissing'],
  ['Expired token', '401 Unauthorized', 'tokenExpired'],
  ['Wrong permission', '403 Forbidden', 'permissionMissing'],
  ['Too large', '413 Payload Too Large', 'requestTooLarge'],
  ['A PNG', '400 Bad Request', 'formatNotAccepted'],
  ['A cut JPEG', '400 Bad Request', 'endMissing']
] as const

onPage('each mistake is a click, the answer says why, and the curl command gets the same answer', async (t, { page }) => {
  for (const [name, status, reason] of mistakes) {
    t.equal(await answerTo(page, name), status, name)
    t.match(await page.locator('#why').innerText(), new RegExp(`^Why\\s.*\\. ${reason}$`, 's'))
    t.match(await page.locator('#body').innerText(), `"code": "${reason}"`)
    t.match(await page.locator('#headers').innerText(), /request-id/)
    if (!hasCurl) continue
    const { stdout } = await run('bash', ['-c', await page.locator('#curl').textContent() ?? ''], { cwd: root })
    t.match(stdout, new RegExp(`^HTTP/1.1 ${status}\\r?$`, 'm'))
    t.match(stdout, reason)
  }
})

onPage('what is copied is the whole command, token included', async (t, { page, server }) => {
  await answerTo(page, 'Send')
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  const command = await page.evaluate<string>('navigator.clipboard.readText()')
  if (!hasCurl) return
  const before = server.requests.length
  t.match((await run('bash', ['-c', command], { cwd: root })).stdout, /^HTTP\/1.1 200 OK/)
  t.equal(server.requests.length, before + 1)
}, { viewport: desktop, permissions: ['clipboard-read', 'clipboard-write'] })

onPage('it works by keyboard alone, and a screen reader hears the answer', async (t, { page, server }) => {
  const focused = () => page.evaluate<string>('document.activeElement.value || document.activeElement.textContent')
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 12 && await focused() !== name; presses++) await page.keyboard.press('Tab')
    t.equal(await focused(), name)
  }
  await tabTo('ada')
  await page.keyboard.press('ArrowRight')
  t.equal(await focused(), 'maeve')
  await tabTo('PUT')
  await tabTo('Send')
  await page.keyboard.press('Enter')
  await page.getByRole('status').filter({ hasText: '200 OK' }).waitFor()
  t.equal(await focused(), 'Send', 'the focus stays')
  t.strictSame(await server.photo(`/users/${maeve.id}`), portrait)
  await tabTo('No token')
  await page.keyboard.press('Space')
  await page.getByRole('status').filter({ hasText: '401 Unauthorized' }).filter({ hasText: 'tokenMissing' }).waitFor()
})

interface AxeResult {
  readonly violations: ReadonlyArray<{ readonly id: string, readonly nodes: ReadonlyArray<{ readonly html: string, readonly failureSummary: string }> }>
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const viewport of [desktop, phone]) {
    onPage(`axe finds nothing, and nothing lies beyond the edge: ${colorScheme}, ${viewport.width} px`, async (t, { page }) => {
      await page.evaluate(axe)
      const check = async (state: string) => {
        const { violations } = await page.evaluate<AxeResult>('axe.run()')
        t.strictSame(violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => [html, failureSummary])]), [], state)
        t.equal(await overflow(page), 0, state)
      }
      await check('at first')
      await page.getByLabel('A contact in a folder').check()
      await answerTo(page, 'Send')
      await check('a photo')
      await answerTo(page, 'Wrong permission')
      await check('a refusal')
    }, { viewport, colorScheme })
  }
}
