import type { JWT } from '@fastify/jwt'
import { applicationToken, delegatedToken } from './tokens.js'

interface Welcome {
  readonly address: string
  readonly photoDir: string
  readonly jwt: JWT
  /** The throwaway certificate, where the server speaks https. */
  readonly certificateFile?: string
}

/** What a person needs to try the server, ready to paste. */
export function welcome ({ address, photoDir, jwt, certificateFile }: Welcome): string {
  const userToken = delegatedToken(jwt)
  return `
Base URL         ${address}/v1.0
Documentation    ${address}/documentation
Photos land in   ${photoDir}${certificateFile === undefined ? '' : `\nCertificate      ${certificateFile} (for NODE_EXTRA_CA_CERTS)`}

Delegated token, Ada's, for 8 hours:
${userToken}

App-only token, for 8 hours:
${applicationToken(jwt)}

Upload Ada's photo:
curl${address.startsWith('https:') ? ' --insecure' : ''} --include --request PUT \\
  --header 'Authorization: Bearer ${userToken}' \\
  --header 'Content-Type: image/jpeg' \\
  --data-binary @test/fixtures/portrait.jpg \\
  '${address}/v1.0/me/photo/$value'

Ctrl-C ends the server.
`
}
