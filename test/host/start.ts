// npm start
import { buildHost } from './app.js'
import { throwawayCertificate } from './certificate.js'
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
  const app = await buildHost({
    photoDir,
    jwtSecret,
    ...(https && { https: await throwawayCertificate() }),
    logger: { level: 'warn', base: null }
  })
  const address = await app.listen({ port, host })
  console.log(welcome({ address, photoDir, jwt: app.jwt }))
  app.log.level = 'info' // only now, so that the welcome comes first
  endWith(() => app.close())
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
