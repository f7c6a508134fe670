// npm run screenshot: the picture of the README, from the page at work.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { buildHost } from '../../demo/app.js'
import { launch } from './browser.js'

const picture = fileURLToPath(new URL('../../../.github/demo.png', import.meta.url))
const mostBytes = 150 * 1000

const photoDir = await mkdtemp(join(tmpdir(), 'photos-'))
const app = await buildHost({ photoDir, jwtSecret: 'the secret of a server that lives for a picture' })
const browser = await launch()
try {
  const page = await browser.newPage({ viewport: { width: 1160, height: 860 }, deviceScaleFactor: 1.5, colorScheme: 'light', reducedMotion: 'reduce' })
  await page.goto(await app.listen({ port: 0, host: '127.0.0.1' }))
  await page.locator('html[data-ready]').waitFor()
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByRole('img', { name: /^The photo at / }).waitFor()
  await page.mouse.move(0, 0)
  const png = await sharp(await page.screenshot({ fullPage: true })).png({ palette: true, effort: 10 }).toBuffer()
  if (png.length > mostBytes) throw new Error(`The picture has ${png.length} bytes, more than ${mostBytes}.`)
  await writeFile(picture, png)
  console.log(`${picture}: ${png.length} bytes`)
} finally {
  await browser.close()
  await app.close()
  await rm(photoDir, { recursive: true })
}
