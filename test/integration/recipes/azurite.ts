import { spawn, type ChildProcess, type SpawnOptionsWithoutStdio } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'

export interface Running {
  readonly child: ChildProcess
  readonly address: string
}

/** Starts a program, and waits until it prints the address it listens on; it is killed when the test ends. */
export async function start (t: Test, args: readonly string[], options: SpawnOptionsWithoutStdio = {}): Promise<Running> {
  const child = spawn(process.execPath, args, options)
  const ended = once(child, 'exit')
  process.once('exit', () => child.kill('SIGKILL'))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  child.stderr.pipe(process.stderr)
  for await (const line of createInterface(child.stdout)) {
    const [address] = /http:\/\/[\w.]+:\d+/.exec(line) ?? []
    if (address !== undefined) return { child, address }
  }
  throw new Error(`${args.join(' ')} ended before it listened`)
}

/** Microsoft's emulator of Azure Storage, over a folder of its own. */
export async function startAzurite (t: Test): Promise<Running> {
  const program = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js')
  return start(t, [program, '--silent', '--skipApiVersionCheck', '--disableTelemetry', '--location', t.testdir(), '--blobPort', '0'])
}

/** The account that every emulator has, with a key that everybody knows. */
const account = 'devstoreaccount1'
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

export function connectionString (address: string, accountKey: string = key): string {
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};BlobEndpoint=${address}/${account};`
}
