import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import Fastify from 'fastify'
import { graphPhoto, graphServerOptions } from '../../lib/index.js'
import { jwt } from '../helpers/tokens.js'
import { listen } from '../helpers/wire.js'

/** What the parent is told: the port once, and then, whenever it asks, what was saved and how much memory that took. */
export interface Report {
  readonly port: number
  /** Bytes that have come over the connections that are open. */
  readonly received: number
  /** By the name that the client gave each upload, the SHA-256 of the bytes that were saved. */
  readonly saved: ReadonlyArray<readonly [name: string, hash: string]>
  /** In bytes: resident now, and at most since the process began. */
  readonly memory: { readonly resident: number, readonly peak: number }
}

const saved: Array<readonly [string, string]> = []
const app = Fastify(graphServerOptions)
await app.register(graphPhoto, {
  prefix: '/v1.0',
  jwt,
  savePhoto ({ data }, { request }) {
    saved.push([String(request.headers['x-upload']), createHash('sha256').update(data).digest('hex')])
  }
})
const port = await listen(app)

const open = new Set<Socket>()
app.server.on('connection', (socket) => {
  open.add(socket)
  socket.once('close', () => { open.delete(socket) })
})

/** On Linux, `maxRSS` begins with what the parent had. */
function peak (): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Number(kilobytes) * 1024
}

function report (): void {
  const memory = { resident: process.memoryUsage.rss(), peak: peak() }
  const received = [...open].reduce((bytes, { bytesRead }) => bytes + bytesRead, 0)
  process.send?.({ port, received, saved, memory } satisfies Report)
}

process.on('message', report)
process.on('disconnect', () => { process.exit() })
report()
