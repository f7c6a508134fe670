import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Test } from 'tap'
import { buildHost } from '../demo/app.js'
import type { Certificate } from '../demo/certificate.js'
import { applicationToken, delegatedToken } from '../demo/tokens.js'
import { listen } from '../helpers/wire.js'

export interface RequestHead {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: IncomingHttpHeaders
}

export interface Demo {
  /** As `http://localhost:1234`. */
  readonly origin: string
  /** A token of the user whose photo `/me` is. */
  readonly userToken: string
  readonly appToken: string
  /** The heads of the requests, as they came. */
  readonly requests: readonly RequestHead[]
  /** Gets a photo as a client would, `/me` with the user's token and all others with the app's. */
  readonly photo: (path: string) => Promise<Buffer>
}

/** The server of `npm start`, on a port of its own and in a folder of its own, closed when the test ends. */
export async function demo (t: Test, https?: Certificate): Promise<Demo> {
  const app = await buildHost({ photoDir: t.testdir(), jwtSecret: randomBytes(32).toString('hex'), ...(https && { https }) })
  t.teardown(() => app.close())
  const requests: RequestHead[] = []
  app.server.on('request', ({ method, url, headers }) => requests.push({ method, url, headers }))
  const port = await listen(app)
  const userToken = delegatedToken(app.jwt)
  const appToken = applicationToken(app.jwt)
  return {
    origin: `${https ? 'https' : 'http'}://localhost:${port}`,
    userToken,
    appToken,
    requests,
    async photo (path) {
      const authorization = `Bearer ${path.startsWith('/me') ? userToken : appToken}`
      const response = await app.inject({ url: `/v1.0${path}/photo/$value`, headers: { authorization } })
      t.equal(response.statusCode, 200)
      return response.rawPayload
    }
  }
}
