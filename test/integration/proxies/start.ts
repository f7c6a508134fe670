import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { generate } from 'selfsigned'
import type { Test } from 'tap'
import { portOf } from '../../helpers/wire.js'
import type { Proxy } from './proxies.js'

// Where Debian has them, whether or not that is in the path.
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` }

/** Why a proxy is not tested here; `false` where it is. */
export function whySkipped ({ program }: Proxy): string | false {
  return spawnSync(program, ['-v'], { env }).error !== undefined && `${program} is not installed`
}

/** Starts a proxy in front of the port of an application, in a folder of its own, until the test ends. Returns the proxy's port. */
export async function startProxy (t: Test, { name, program, tls, files, args }: Proxy, app: number): Promise<number> {
  const folder = await folderOfAnybody(t)
  const ports = { app, proxy: await freePort() }
  for (const [file, text] of Object.entries(files(ports, folder))) await writeFile(join(folder, file), text)
  if (tls) await writeFile(join(folder, 'certificate.pem'), await certificate())

  const child = spawn(program, args(ports, folder), { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  const said = buffer(child.stderr)
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
  })
  while (!await answers(ports.proxy)) {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${await said}`)
    await pause(20)
  }
  return ports.proxy
}

/** A certificate of this machine's own and its key, in one file. */
async function certificate (): Promise<string> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })
  return cert + '\n' + key
}

/** A proxy started by root has workers who are not. */
async function folderOfAnybody (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'proxy-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  return folder
}

/** None of them says which port it chose. */
async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  await once(server.close(), 'close')
  return port
}

async function answers (port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const connected = await once(socket, 'connect').then(() => true, () => false)
  socket.destroy()
  return connected
}
