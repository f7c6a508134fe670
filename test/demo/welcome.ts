import type { JWT } from '@fastify/jwt'
import { identities } from './identities.js'
import { applicationToken, delegatedToken } from './tokens.js'

interface Welcome {
  readonly address: string
  /** Where the server listens. */
  readonly host: string
  readonly photoDir: string
  readonly jwt: JWT
  /** The throwaway certificate, where the server speaks https. */
  readonly certificateFile?: string
}

const loopback: readonly string[] = ['127.0.0.1', '::1', 'localhost']

/** What a person needs to try the server, ready to paste. */
export function welcome ({ address, host, photoDir, jwt, certificateFile }: Welcome): string {
  const curl = `curl${address.startsWith('https:') ? ' --insecure' : ''}`
  const photo = `'${address}/v1.0/me/photo/$value'`
  const certificate = certificateFile === undefined
    ? ''
    : `\nCertificate      ${certificateFile} (for NODE_EXTRA_CA_CERTS, SSL_CERT_FILE or REQUESTS_CA_BUNDLE)`
  return `
Try it           ${address}/
Base URL         ${address}/v1.0 (microsoft-graph-client's is without /v1.0)
Documentation    ${address}/documentation
Photos land in   ${photoDir}${certificate}${loopback.includes(host) ? '' : '\n\nOther machines reach it too: anyone who opens its page gets the token of every user.'}

Upload Ada's photo, and get it again as ada.jpg. Paste all of it; the token is hers, for 8 hours:

TOKEN='${delegatedToken(jwt)}'
${curl} --include --request PUT \\
  --header "Authorization: Bearer $TOKEN" \\
  --header 'Content-Type: image/jpeg' \\
  --data-binary @test/fixtures/portrait.jpg \\
  ${photo}
${curl} --fail --output ada.jpg --header "Authorization: Bearer $TOKEN" ${photo}

The app's own token, for 8 hours, in one line:

APP_TOKEN='${applicationToken(jwt)}'

Any other: npm run --silent token -- --as ${identities.map(({ name }) => name).join('|')}

Ctrl-C ends the server.
`
}
