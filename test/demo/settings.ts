export interface Settings {
  readonly port: number
  readonly host: string
  /** Not set: the host keeps one of its own beside the photos. */
  readonly jwtSecret: string | undefined
  readonly https: boolean
  readonly photoDir: string
}

export const minSecretLength = 32
const switches: ReadonlyMap<string, boolean> = new Map([['1', true], ['true', true], ['0', false], ['false', false]])

/** Reads the environment; what is empty counts as not set. */
export function readSettings ({ PORT, HOST, JWT_SECRET, HTTPS, PHOTO_DIR }: NodeJS.ProcessEnv): Settings {
  return {
    port: readPort(PORT || '3000'),
    host: HOST || '127.0.0.1',
    jwtSecret: readSecret(JWT_SECRET || undefined),
    https: readSwitch('HTTPS', HTTPS || 'false'),
    photoDir: PHOTO_DIR || './photos'
  }
}

function readPort (text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw new Error(`PORT must be a number from 0 to 65535, not "${text}".`)
  return port
}

/** The message does not quote it: it may be somebody's real secret. */
function readSecret (text: string | undefined): string | undefined {
  if (text !== undefined && text.length < minSecretLength) {
    throw new Error(`JWT_SECRET must have at least ${minSecretLength} characters, not ${text.length}.`)
  }
  return text
}

function readSwitch (name: string, text: string): boolean {
  const value = switches.get(text.toLowerCase())
  if (value === undefined) throw new Error(`${name} must be true (or 1) or false (or 0), not "${text}".`)
  return value
}
