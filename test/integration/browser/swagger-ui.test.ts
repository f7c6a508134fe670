import type { Browser } from 'playwright-core'
import t from 'tap'
import { demo } from '../../clients/demo.js'
import { portrait } from '../../fixtures/pictures.js'
import { launch, open, overflow, skip } from './browser.js'

const browser: Browser | undefined = skip === false ? await launch() : undefined
t.teardown(() => browser?.close())

t.test('Swagger UI sends a chosen file with the token it was given', { skip }, async (t) => {
  if (browser === undefined) return
  const server = await demo(t)
  const { page, problems } = await open(t, browser, `${server.origin}/documentation`)
  await page.getByRole('button', { name: 'Authorize' }).first().click()
  await page.getByLabel('auth-bearer-value').fill(server.userToken)
  await page.getByRole('button', { name: 'Apply credentials' }).click()
  await page.getByRole('button', { name: 'Close' }).first().click()

  const operation = page.locator('.opblock-put').first()
  await operation.locator('.opblock-summary-control').click()
  await operation.locator('input[type=file]').setInputFiles({ name: 'portrait.jpg', mimeType: 'image/jpeg', buffer: portrait })
  await operation.getByRole('button', { name: 'Execute' }).click()
  t.equal(await operation.locator('.live-responses-table .response-col_status').last().innerText(), '200')
  t.strictSame(await server.photo('/me'), portrait)
  t.strictSame(problems, [])
})

t.test('Swagger UI fits a window of 400 px, and shows each answer as it is', { skip }, async (t) => {
  if (browser === undefined) return
  const server = await demo(t)
  const { page, problems } = await open(t, browser, `${server.origin}/documentation`, { viewport: { width: 400, height: 800 } })
  const operation = page.locator('.opblock-put').first()
  await operation.waitFor()
  t.equal(await overflow(page), 0, 'closed')
  await operation.locator('.opblock-summary-control').click()
  await operation.locator('.examples-select select').nth(1).selectOption('tokenExpired')
  await operation.getByText('Lifetime validation failed, the token is expired.').waitFor()
  t.equal(await overflow(page), 0, 'open')
  t.strictSame(problems, [])
})
