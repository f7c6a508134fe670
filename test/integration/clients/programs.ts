import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { clients, sources, type Client, type ClientName, type Command, type Program } from './clients.js'

/** For what is installed and built. */
const caches = fileURLToPath(new URL('../../../node_modules/.cache/interop', import.meta.url))
const timeout = 300_000

/** Runs a program to its end and gives what it printed; rejects where it fails or is not there. */
export async function run ([program, ...args]: Command, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { env: { ...process.env, ...env }, maxBuffer: 2 ** 26, timeout })
  return stdout.trim()
}

/** Installs and builds a client's program; rejects where this machine can't. */
export async function prepare (name: ClientName): Promise<Program> {
  const client: Client = clients[name]
  const cache = join(caches, name)
  const stamp = join(caches, `${name}.installed`)
  const tool = await run(client.tool)
  const wanted = `${tool}\n${await readFile(join(sources, client.pinned[0]), 'utf8')}`
  if (wanted !== await readFile(stamp, 'utf8').catch(() => '')) {
    await rm(cache, { recursive: true, force: true })
    await mkdir(cache, { recursive: true })
    if (client.install) await run(client.install(cache))
    await writeFile(stamp, wanted)
  }
  if (client.build) await run(client.build(cache))
  return { tool, cache }
}
