import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const quiet = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--remote-debugging-port=0'
]

/** The Chromium that is installed, if there is one. */
export function findChromium (): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Decodes every file, a few at a time, and says what came of it: the size, or the error. */
const page = `<!doctype html><script type="module">
const count = Number(await (await fetch('/count')).text())
const verdicts = []
let next = 0
async function judge () {
  while (next < count) {
    const number = next++
    const file = await (await fetch('/' + number)).blob()
    verdicts[number] = await createImageBitmap(file).then(({ width, height }) => width + ' x ' + height, String)
  }
}
await Promise.all([judge(), judge(), judge(), judge()])
await fetch('/verdicts', { method: 'POST', body: JSON.stringify(verdicts) })
</script>`

/** What Chromium makes of each of the files: its size, such as `33 x 20`, or an error. */
export async function judgedByChromium (chromium: string, type: string, files: readonly Buffer[]): Promise<readonly string[]> {
  const { promise, resolve } = withResolvers<readonly string[]>()
  const answer = async (request: IncomingMessage): Promise<readonly [type: string, body: Buffer | string]> => {
    if (request.url === '/') return ['text/html', page]
    if (request.url === '/count') return ['text/plain', `${files.length}`]
    if (request.url === '/verdicts') resolve(JSON.parse(await text(request)))
    return [type, files[Number(request.url?.slice(1))] ?? '']
  }
  const server = createServer((request, response) => {
    answer(request).then(([contentType, body]) => response.setHeader('content-type', contentType).end(body), () => response.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo // listening, so neither null nor a pipe's name
  const profile = await mkdtemp(join(tmpdir(), 'chromium-'))
  const options = [...quiet, `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`]
  const browser = spawn(chromium, options, { stdio: 'ignore', detached: true })
  const ended = once(browser, 'exit')
  try {
    return await Promise.race([promise, ended.then(() => { throw new Error('Chromium ended before it had judged') })])
  } finally {
    // Its whole process group, or the renderers stay.
    if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, 'SIGKILL')
    await ended
    server.closeAllConnections()
    server.close()
    await rm(profile, { recursive: true, force: true, maxRetries: 10 })
  }
}

function withResolvers<T> (): { promise: Promise<T>, resolve: (value: T) => void } {
  let resolve: ((value: T) => void) | undefined
  const promise = new Promise<T>((_resolve) => { resolve = _resolve })
  return { promise, resolve: (value) => resolve?.(value) }
}
