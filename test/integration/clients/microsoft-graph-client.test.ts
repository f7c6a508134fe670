import { fileURLToPath } from 'node:url'
import t from 'tap'
import { throwawayCertificate } from '../../demo/certificate.js'

t.test("Microsoft's client works against the server of npm start over https", async (t) => {
  const { key, cert } = await throwawayCertificate()
  const directory = t.testdir({ 'key.pem': key, 'cert.pem': cert })
  const tests = fileURLToPath(new URL('microsoft-graph-client.ts', import.meta.url))

  // Node reads the certificates that it trusts once, when it starts.
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: `${directory}/cert.pem`, TLS_KEY_FILE: `${directory}/key.pem` }
  await t.spawn(process.execPath, [...process.execArgv, tests], { env }, 'in a process that trusts the certificate')
})
