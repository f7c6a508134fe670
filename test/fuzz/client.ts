import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Script } from './bursts.js'
import { turns } from './hosts.js'

export interface Answer {
  readonly status: number
  /** The client-request-id that it repeats; what Node answers by itself has none. */
  readonly id: string | undefined
  readonly closes: boolean
}

/** What a client saw. */
export interface Played {
  readonly isConnected: boolean
  readonly answers: readonly Answer[]
  /** Whether the server ended the connection without a reset, so that the client has read all there was. */
  readonly isReadToEnd: boolean
  /** Whether there was no answer, and no end, in time. */
  readonly isStuck: boolean
}

/** A busy machine. */
const patience = 20_000

/** Plays a script on a connection of its own, reads what comes, and leaves. */
export async function play ({ requests, writes, pause, leaving, isRegular }: Script, port: number): Promise<Played> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).setNoDelay()
  const reader = new Reader(socket)
  try {
    await once(socket, 'connect')
  } catch {
    // A server that closes takes no connection.
    return { isConnected: false, answers: [], isReadToEnd: false, isStuck: false }
  }
  let due = 0
  for (const pieces of writes) {
    for (const piece of pieces) {
      socket.write(piece)
      await turns(pause)
    }
    due++
    if (writes.length > 1) await reader.until(due, isRegular ? patience : 20)
  }
  const whole = isRegular ? await reader.until(requests.length, patience) : true
  if (leaving === 'answered' && !isRegular) await reader.until(Infinity, 30)
  if (leaving === 'halfClose') {
    socket.end()
    await reader.until(Infinity, patience)
  }
  const isReadToEnd = reader.hasEnded
  if (leaving === 'answered' || leaving === 'halfClose') socket.destroy()
  else socket.resetAndDestroy()
  if (!socket.closed) await once(socket, 'close')
  const isStuck = !whole || (leaving === 'halfClose' && !isReadToEnd && !reader.isReset)
  return { isConnected: true, answers: reader.answers, isReadToEnd, isStuck }
}

class Reader {
  readonly answers: Answer[] = []
  /** Whether the server has ended the connection. */
  hasEnded = false
  isReset = false
  #unread = Buffer.alloc(0)
  #changed = () => {}

  constructor (socket: Socket) {
    socket.on('data', (bytes: Buffer) => {
      this.#unread = Buffer.concat([this.#unread, bytes])
      while (this.#take());
      this.#changed()
    })
    socket.on('error', () => { this.isReset = true })
    socket.on('end', () => {
      this.hasEnded = true
      this.#changed()
    })
    socket.on('close', () => this.#changed())
  }

  /** Waits until there are so many answers, or the connection has ended; gives false where `longest` milliseconds pass first. */
  async until (count: number, longest: number): Promise<boolean> {
    const isDone = () => this.answers.length >= count || this.hasEnded || this.isReset
    if (isDone()) return true
    return new Promise((resolve) => {
      const timer = setTimeout(() => { resolve(false) }, longest)
      this.#changed = () => {
        if (!isDone()) return
        clearTimeout(timer)
        resolve(true)
      }
    })
  }

  #take (): boolean {
    const end = this.#unread.indexOf('\r\n\r\n')
    if (end === -1) return false
    const head = this.#unread.toString('latin1', 0, end)
    const field = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]
    const next = end + 4 + Number(field('content-length') ?? 0)
    if (this.#unread.length < next) return false
    this.#unread = this.#unread.subarray(next)
    const status = Number(head.split(' ', 2)[1])
    if (status >= 200) this.answers.push({ status, id: field('client-request-id'), closes: field('connection') === 'close' })
    return true
  }
}
