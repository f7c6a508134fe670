// Sends what no client should, and what clients send all the same, to hosts of several kinds, over raw sockets:
//
//     npm run fuzz -- --seconds 60 --seed 20261127
//
// The seed decides hosts, bytes, cuts, pauses (in turns of the event loop) and how clients leave, and --path one case of it. It does
// not decide how the kernel cuts and delivers what is written, nor how the turns of two connections mix: a finding that
// depends on those may take some runs to come again. Ids count up, and so differ where a case runs alone.
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { bursts, script, type BurstShape } from './bursts.js'
import { play } from './client.js'
import { hosts, turns, type FuzzHost, type HostName } from './hosts.js'
import { judge, type Case } from './judge.js'
import { printed } from './printed.js'
import { pendingTimers, takeRaised, watch } from './watch.js'

const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' }, path: { type: 'string' } } })
const seconds = Number(values.seconds ?? process.env['FUZZ_SECONDS'] ?? 60)
const seed = Number(values.seed ?? new Date().toISOString().slice(0, 10).replaceAll('-', ''))
if (!Number.isFinite(seconds) || !Number.isSafeInteger(seed)) throw new TypeError('--seconds and --seed are numbers')

const counts = { cases: 0, connections: 0, requests: 0, saved: 0 }
const statuses = new Map<number, number>()
const running = new Map<HostName, FuzzHost>()
const listenersOf = new Map<FuzzHost, number>()

let ids = 0
const nextId = () => `00000000-0000-4000-8000-${(ids++).toString(16).padStart(12, '0')}`

async function hostOf (name: HostName): Promise<FuzzHost> {
  const known = running.get(name)
  if (known !== undefined) return known
  const host = await hosts[name]()
  running.set(name, host)
  return host
}

/** Waits until something holds, for longer than a lingering close without a byte takes; gives whether it came to be. */
async function eventually (holds: () => boolean): Promise<boolean> {
  for (const end = performance.now() + 7000; performance.now() < end;) {
    if (holds()) return true
    await turns(1)
  }
  return false
}

/** Plays a case, and says what is wrong. */
async function findingsOf (burst: BurstShape): Promise<readonly string[]> {
  const host = burst.closes ? await hosts[burst.host]() : await hostOf(burst.host)
  const { seen } = host
  const before = { sockets: seen.sockets.size, connections: seen.connections }
  const scripts = burst.connections.map((shape) => script(shape, nextId))
  const played = scripts.map((script) => play(script, host.port))
  const closed = burst.closes ? turns(10).then(() => host.close()) : undefined
  const connections = (await Promise.all(played)).map((played, i) => ({ script: scripts[i]!, played }))

  const findings: string[] = []
  const connected = connections.filter(({ played }) => played.isConnected).length
  const isSeen = () => burst.closes || seen.connections >= before.connections + connected
  const isQuiet = () => isSeen() && seen.sockets.size <= before.sockets && seen.running === 0 && pendingTimers().length === 0
  if (!await eventually(isQuiet)) {
    findings.push(`left: ${seen.sockets.size - before.sockets} sockets, ${seen.running} calls of hooks, timers ${pendingTimers().join('\n')}`)
  }
  await closed
  await turns(5)
  findings.push(...judge({ host, closes: burst.closes, connections }), ...takeRaised())
  count(connections, seen.saves.size)
  seen.saves.clear()
  seen.lines.length = 0
  if (!burst.closes) findings.push(...await stillServes(host))
  return findings
}

function count (connections: Case['connections'], saved: number): void {
  counts.cases++
  counts.connections += connections.length
  counts.saved += saved
  for (const { script, played } of connections) {
    counts.requests += script.requests.length
    for (const { status } of played.answers) statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
}

/** After each case a good photo is saved as before it, and the connection that it comes on has gathered no listeners. */
async function stillServes (host: FuzzHost): Promise<readonly string[]> {
  const id = nextId()
  const [status, listeners] = await host.upload(id)
  const atFirst = listenersOf.get(host) ?? listeners
  listenersOf.set(host, atFirst)
  await turns(5)
  const isRight = status === 200 && host.seen.saves.get(id) === 1 && host.seen.saves.size === 1
  host.seen.saves.clear()
  host.seen.lines.length = 0
  return [
    ...(isRight ? [] : [`a good photo, after the case, is answered ${status}`]),
    ...(listeners > atFirst ? [`a kept connection has ${listeners} listeners after a photo, and had ${atFirst} after the first`] : [])
  ]
}

const property = fc.asyncProperty(bursts, async (burst) => {
  const findings = await findingsOf(burst)
  if (findings.length > 0) throw new Error(findings.join('\n'))
})

/** Few, so that the time is kept: each batch has a seed of its own. */
const casesInBatch = 20
const longestShrinking = 120_000

async function search (): Promise<boolean> {
  const end = performance.now() + seconds * 1000
  for (let batch = 0; performance.now() < end || batch === 0; batch++) {
    const found = await fc.check(property, {
      seed: seed + batch,
      numRuns: casesInBatch,
      interruptAfterTimeLimit: longestShrinking,
      markInterruptAsFailure: false,
      ...(values.path !== undefined && { path: values.path, endOnFailure: true })
    })
    if (found.failed) {
      const [burst] = found.counterexample ?? []
      console.log(`\nFOUND after ${found.numRuns} cases of seed ${found.seed}, the smallest of ${found.numShrinks + 1}:`)
      console.log(found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance))
      if (burst !== undefined) console.log(printed(burst))
      console.log(`Again: npm run fuzz -- --seed ${found.seed} --path ${found.counterexamplePath}`)
      return false
    }
    if (values.path !== undefined) break
  }
  return true
}

/** Nothing is left of the servers, nor of what they served. */
async function closesClean (): Promise<boolean> {
  await Promise.all([...running.values()].map((host) => host.close()))
  const left = () => process.getActiveResourcesInfo().filter((name) => /^(?:TCP|Timeout|Pipe.*Server)/.test(name))
  const isClean = await eventually(() => left().join() === before)
  const raised = takeRaised()
  if (!isClean) console.log(`FOUND at the end, still active: ${left().join(', ')}; before: ${before || 'nothing'}`)
  if (raised.length > 0) console.log(`FOUND at the end: ${raised.join('\n')}`)
  return isClean && raised.length === 0
}

watch()
const before = process.getActiveResourcesInfo().filter((name) => /^(?:TCP|Timeout|Pipe.*Server)/.test(name)).join()
console.log(`seed ${seed}, ${seconds} s, Node ${process.versions.node}`)
const isGood = await search()
const isClean = await closesClean()
const answers = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status} x ${count}`).join(', ')
console.log(`${counts.requests} requests on ${counts.connections} connections in ${counts.cases} cases; ${counts.saved} photos saved`)
console.log(`answered ${answers}`)
const failed = isGood && isClean ? 0 : 1
console.log(`${1 - failed} passed, ${failed} failed, 0 skipped`)
process.exitCode = failed
