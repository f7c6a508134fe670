// npm start
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildHost } from './app.js'
import { throwawayCertificate, type Certificate } from './certificate.js'
import { keptSecret } from './kept-secret.js'
import { logTo } from './logging.js'
import { readSettings } from './settings.js'
import { welcome } from './welcome.js'

try {
  await start()
} catch (error) {
  console.error(explain(error))
  process.exit(1)
}

async function start (): Promise<void> {
  const { port, host, jwtSecret, https, photoDir } = readSettings(process.env)
  const certificate = https ? await throwawayCertificate() : undefined
  const app = await buildHost({
    photoDir,
    jwtSecret: jwtSecret ?? await keptSecret(photoDir),
    ...(certificate && { https: certificate }),
    logger: logTo(process.stdout)
  })
  const address = await app.listen({ port, host })
  console.log(welcome({ address, host, photoDir, jwt: app.jwt, ...(certificate && { certificateFile: await keep(certificate, photoDir) }) }))
  app.log.level = 'info'
  endWith(() => app.close())
}

/** Clients that trust no unknown certificate can be told to trust this one. */
async function keep ({ cert }: Certificate, photoDir: string): Promise<string> {
  const file = join(photoDir, 'certificate.pem')
  await writeFile(file, cert)
  return file
}

/** The first Ctrl-C lets running requests finish, the second does not wait. */
function endWith (close: () => Promise<unknown>): void {
  let closing = false
  const end = async () => {
    if (closing) process.exit(1)
    closing = true
    await close()
    process.exit(0)
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
}

function explain (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE') return `The port is in use; set PORT to another one. (${error.message})`
  return error.message
}
