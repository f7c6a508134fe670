import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bodies, cases, type Case, type Expected } from './cases.js'
import { clients, versionOf, type Client, type ClientName, type Program, type Surroundings } from './clients.js'
import { certificate, startHost, tokenFor, type Host, type Protocol } from './host.js'
import { assertPassed, type Outcome } from './judge.js'
import { prepare, run } from './programs.js'

// Runs Microsoft's SDKs, as published, against the plugin. `npm run interop` runs those that this machine has the tools for;
// `npm run interop -- python go` runs these, and fails where it can't.

const counts = { passed: 0, failed: 0, skipped: 0 }

function casesOf ({ differs }: Client): Case[] {
  const different: Readonly<Partial<Record<string, Expected | 'not sent'>>> = differs
  return cases.flatMap((each: Case) => {
    const expect = different[each.name] ?? each.expect
    return expect === 'not sent' ? [] : [{ ...each, expect }]
  })
}

/** A case as the programs read it. */
function told (each: Case, { baseUrl }: Host, folder: string) {
  const { name, path, method = 'PUT', body = 'small', chunked = false, contentType, times = 1 } = each
  const urls = { default: baseUrl, 'with a slash at its end': `${baseUrl}/`, own: undefined }
  const url = urls[each.baseUrl ?? 'default']
  return { name, path, method, body: join(folder, body), chunked, contentType, times, token: tokenFor(each), baseUrl: url }
}

/** Runs a client's program, which prints a line of JSON for each request. */
async function outcomesOf (client: Client, surroundings: Surroundings, file: string): Promise<readonly Outcome[]> {
  if (client.trust) await run(client.trust(surroundings))
  const env = { HTTPS_PROXY: surroundings.proxy.href, NO_PROXY: 'localhost', ...client.env(surroundings) }
  const printed = await run([...client.run(surroundings), file], env)
  return printed.split('\n').map((line) => JSON.parse(line))
}

async function test (name: ClientName, protocol: Protocol, program: Program): Promise<void> {
  const client: Client = clients[name]
  const title = `${name} (${client.sdk} ${versionOf(client)}) over ${protocol}`
  const sent = casesOf(client)
  const tls = await certificate()
  const host = await startHost(protocol, tls, sent)
  const folder = await mkdtemp(join(tmpdir(), 'interop-'))
  const file = join(folder, 'cases.json')
  const surroundings = { ...program, certificate: join(folder, 'certificate.pem'), proxy: host.proxy }
  try {
    await writeFile(surroundings.certificate, tls.cert)
    await writeFile(file, JSON.stringify(sent.map((each) => told(each, host, folder))))
    for (const [body, bytes] of Object.entries(bodies)) await writeFile(join(folder, body), bytes)
    const outcomes = await outcomesOf(client, surroundings, file)
    for (const each of sent) {
      const ofCase = outcomes.filter(({ name }) => name === each.name)
      const evidence = { outcomes: ofCase, arrivals: host.arrivals(each), saved: host.saved(each) }
      report(`${title}: ${each.name}`, () => { assertPassed(each, protocol, evidence) })
    }
  } finally {
    await host.close()
    await rm(folder, { recursive: true })
  }
}

function report (title: string, assertion: () => void): void {
  try {
    assertion()
    counts.passed++
    console.log(`passed   ${title}`)
  } catch (error) {
    counts.failed++
    console.log(`FAILED   ${title}\n${messageOf(error)}`)
  }
}

function messageOf (error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error)
}

const all = Object.keys(clients) as ClientName[] // Object.keys() knows no names
const named = process.argv.slice(2)
const unknown = named.filter((name) => !(name in clients))
if (unknown.length > 0) throw new Error(`${unknown.join(' and ')}: the clients are ${all.join(', ')}`)

for (const name of all.filter((name) => named.length === 0 || named.includes(name))) {
  const { protocols }: Client = clients[name]
  const program = await prepare(name).catch((error: unknown) => messageOf(error))
  if (typeof program !== 'string') {
    for (const protocol of protocols) {
      await test(name, protocol, program).catch((error: unknown) => { report(name, () => { throw error }) })
    }
  } else if (named.length > 0) {
    report(name, () => { throw new Error(program) })
  } else {
    counts.skipped += casesOf(clients[name]).length * protocols.length
    console.log(`skipped  ${name}: ${program}`)
  }
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 ? 1 : 0
