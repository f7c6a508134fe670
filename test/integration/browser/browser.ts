import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import type { Test } from 'tap'

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** What a test says that needs a browser where there is none. */
export const skip = executable === undefined && 'Chromium is not installed: apt-get install chromium'

/** Nothing of it asks the Internet for anything, and root may run it; its profile is new each time. */
export function launch (): Promise<Browser> {
  return chromium.launch({
    ...(executable !== undefined && { executablePath: executable }),
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'
    ]
  })
}

export interface Opened {
  readonly page: Page
  /** What a developer would find in the console, but for the refusals that the test asked for: Chromium reports each of those. */
  readonly problems: readonly string[]
}

/** A page in a window of its own. */
export async function open (t: Test, browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext(options)
  t.teardown(() => context.close())
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (/error|warning/.test(message.type()) && !message.location().url.endsWith('/photo/$value')) problems.push(message.text())
  })
  await page.goto(url)
  return { page, problems }
}

/** How much of a page lies beyond the right edge of the window. */
export function overflow (page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}
