import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'

/** A client's keep-alive connection, which sends one request at a time. */
export interface Client {
  readonly port: number
  socket: Socket
}

/** What a client sends, and what it expects. */
export interface Exchange {
  readonly request: Buffer
  /** The status that every answer must have. */
  readonly status: number
  /** Whether a connection serves one request only. */
  readonly once?: boolean
}

/** Milliseconds from the first byte sent to the last byte of the answer, of each request. */
export type Latencies = readonly number[]

export async function connect (port: number, count: number): Promise<readonly Client[]> {
  return await Promise.all(Array.from({ length: count }, async () => ({ port, socket: await open(port) })))
}

/**
 * Lets each client send the same request again and again, until the time is up.
 *
 * They speak just enough HTTP for these answers: they share their cores with the server, and must not be what is measured.
 */
export async function send (clients: readonly Client[], { request, status, once = false }: Exchange, milliseconds: number): Promise<Latencies> {
  const latencies: number[] = []
  const letSleep = stayAwake()
  const end = performance.now() + milliseconds
  await Promise.all(clients.map(async (client) => {
    do {
      const start = performance.now()
      client.socket.write(request)
      await answer(client.socket, status)
      latencies.push(performance.now() - start)
      if (once) {
        client.socket.destroy()
        client.socket = await open(client.port)
      }
    } while (performance.now() < end)
  }))
  letSleep()
  return latencies
}

/** To wake a process that sleeps takes CPU time of whoever sends to it: it would be counted as the server's. */
function stayAwake (): () => void {
  let isAwake = true
  function spin (): void {
    if (isAwake) setImmediate(spin)
  }
  spin()
  return () => { isAwake = false }
}

async function open (port: number): Promise<Socket> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
  // 'close' follows, and says enough.
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

function answer (socket: Socket, status: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    if (socket.destroyed) return onClose()

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
