import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What a server process has cost since it started. */
export interface Cost {
  /** Of all its threads, in microseconds. */
  readonly cpu: number
  /** The most memory it ever held, in MB. */
  readonly peakRss: number
}

/** What a server says once it listens. */
export interface Ready {
  readonly port: number
  /** What it took to register and to get ready, in milliseconds; for Fastify only. */
  readonly startup?: number
}

export interface ServerProcess extends Ready {
  cost (): Promise<Cost>
  stop (): Promise<void>
}

/** Starts one of `servers/` in a process of its own. */
export async function start (name: string, args: readonly string[]): Promise<ServerProcess> {
  const file = fileURLToPath(new URL(`servers/${name}.js`, import.meta.url))
  const child = fork(file, args, { env: { ...process.env, NODE_ENV: 'production' } })
  const message = async () => (await once(child, 'message'))[0]
  const ready: Ready = await message()
  return {
    ...ready,
    async cost () {
      child.send('cost')
      return await message()
    },
    async stop () {
      child.disconnect()
      await once(child, 'exit')
    }
  }
}

/** Called by a server that listens: tells where, and from then on, when asked, its cost. */
export function serve (ready: Ready): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    const cost: Cost = { cpu: user + system, peakRss: process.resourceUsage().maxRSS / 1024 }
    process.send?.(cost)
  })
  process.on('disconnect', () => process.exit())
  process.send?.(ready)
}
