import { randomBytes } from 'node:crypto'

export interface Settings {
  readonly port: number
  readonly host: string
  readonly jwtSecret: string
  readonly https: boolean
  readonly photoDir: string
}

/** Reads the environment; what is empty counts as not set. */
export function readSettings ({ PORT, HOST, JWT_SECRET, HTTPS, PHOTO_DIR }: NodeJS.ProcessEnv): Settings {
  return {
    port: readPort(PORT || '3000'),
    host: HOST || '127.0.0.1',
    jwtSecret: JWT_SECRET || randomBytes(32).toString('base64url'),
    https: HTTPS === '1',
    photoDir: PHOTO_DIR || './photos'
  }
}

function readPort (text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw new Error(`PORT must be a number from 0 to 65535, not "${text}".`)
  return port
}
