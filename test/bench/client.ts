import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface Load {
  readonly port: number
  readonly connections: number
  readonly milliseconds: number
  readonly request: Buffer
  /** The status that every answer must have. */
  readonly status: number
  /** Whether a connection serves one request only. */
  readonly once: boolean
}

/** Milliseconds from the first byte sent to the last byte of the answer, of each request. */
export type Latencies = readonly number[]

/**
 * Sends the same request again and again, until the time is up, over so many connections at once.
 *
 * It speaks just enough HTTP for these answers: it shares its cores with the server, and must not be what is measured.
 */
export async function send (load: Load): Promise<Latencies> {
  const latencies: number[] = []
  const end = performance.now() + load.milliseconds
  await Promise.all(Array.from({ length: load.connections }, async () => {
    let socket = await open(load.port)
    do {
      const start = performance.now()
      socket.write(load.request)
      await answer(socket, load.status)
      latencies.push(performance.now() - start)
      if (load.once) {
        socket.destroy()
        socket = await open(load.port)
      }
    } while (performance.now() < end)
    socket.destroy()
  }))
  return latencies
}

async function open (port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  // 'close' follows, and says enough.
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

function answer (socket: Socket, status: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''

    function onData (chunk: Buffer): void {
      text += chunk.toString('latin1')
      if (!isWhole(text)) return
      settle()
      if (text.startsWith(`HTTP/1.1 ${status} `)) resolve()
      else reject(new Error(`expected ${status}, not: ${text}`))
    }

    function onClose (): void {
      settle()
      reject(new Error(`expected ${status}, and the connection ended: ${text}`))
    }

    function settle (): void {
      socket.off('data', onData).off('close', onClose)
    }

    socket.on('data', onData).on('close', onClose)
  })
}

function isWhole (text: string): boolean {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return false
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(text) ?? []
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= head + 4 + Number(length)
}
