import { cpus } from 'node:os'
import { measure, type Contender, type Plan, type Result, type Scenario } from './measure.js'
import { hs256, photo, publicKey, put, rs256 } from './requests.js'
import { cpu, printAccepted, printRefused, printTable, show, values } from './tables.js'
import { ratio, summarize } from './statistics.js'

const plugin: Contender = { label: 'the plugin', file: 'plugin' }
const bare: Contender = { label: 'node:http by hand', file: 'node-http' }
const fastify: Contender = { label: 'Fastify by hand', file: 'fastify' }
const express: Contender = { label: 'Express by hand', file: 'express' }
const everyone = { contenders: [plugin, bare, fastify, express], connections: 16 }

const accepted = (label: string, bytes: number): Scenario => ({ label, request: put(photo(bytes), { token: hs256 }), status: 200 })
const small = accepted('9 KB', 9_000)
const large = accepted('3.9 MB', 3_900_000)
const unsigned: Scenario = { label: '401, 9 KB sent', request: put(photo(9_000), {}), status: 401 }
const empty: Scenario = { label: '401, nothing sent', request: put(Buffer.alloc(0), {}), status: 401, contenders: [plugin, bare] }

const announced = (bytes: number): Scenario => (
  { label: `401, ${bytes / 1000} KB announced`, request: put(Buffer.alloc(0), { announced: bytes }), status: 401, once: true })
const tooLarge: Scenario = {
  label: '413, 5 MB announced',
  request: put(Buffer.alloc(0), { token: hs256, announced: 5_000_000 }),
  status: 413,
  once: true
}

const ofSmall: Plan = { ...everyone, scenarios: [small, unsigned, empty], starts: 3, warmUp: 13, rounds: 18, milliseconds: 50 }
// Large bodies in longer rounds: what the garbage collector puts off until a round is over would not be counted.
const ofMedium: Plan = { ...everyone, scenarios: [accepted('250 KB', 250_000)], starts: 1, warmUp: 6, rounds: 4, milliseconds: 300 }
const ofLarge: Plan = { ...everyone, scenarios: [large], starts: 4, warmUp: 0, rounds: 3, milliseconds: 400 }
const ofMany: Plan = {
  scenarios: [{ ...large, label: '3.9 MB, 64 at once' }], contenders: [plugin, fastify], connections: 64, starts: 5, warmUp: 0, rounds: 1, milliseconds: 500
}
const ofAborted: Plan = {
  scenarios: [announced(9_000), announced(3_900_000), tooLarge],
  // Express answers 413 only when such a body is over.
  contenders: [plugin, bare, fastify],
  connections: 16,
  starts: 1,
  warmUp: 5,
  rounds: 24,
  milliseconds: 40
}

const rsa: Contender = { label: 'RS256', file: 'plugin', args: [publicKey, 'false'] }
const cached: Contender = { label: 'RS256, verify.cache', file: 'plugin', args: [publicKey, 'true'] }
const signed: Scenario = { ...small, request: put(photo(9_000), { token: rs256 }) }
const ofSigned: Plan = { scenarios: [signed], contenders: [rsa, cached], connections: 16, starts: 1, warmUp: 23, rounds: 24, milliseconds: 50 }

console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node.js ${process.version}, ${new Date().toISOString().slice(0, 10)}`)

const [nine = never(), noToken = never(), noBody = never()] = await measure(ofSmall)
const [short = never(), long = never(), tooLong = never()] = await measure(ofAborted)
const [middling = never()] = await measure(ofMedium)
const [big = never()] = await measure(ofLarge)
const [wide = never()] = await measure(ofMany)
const [byKey = never()] = await measure(ofSigned)

printAccepted([nine, middling, big, wide], plugin)
printRefused([noToken, noBody, short, long, tooLong])
printTable('RS256, 9 KB: median (min–max) of the rounds', ['token check', 'CPU µs/request'],
  [rsa, cached].map((contender) => [contender.label, show(summarize(values(byKey, contender, cpu)))]))
printTable('Start-up: register and ready, in a new process', ['server', 'ms'],
  [plugin, fastify].map((contender) => [contender.label, show(summarize(
    [nine, short, middling, big, wide].flatMap((result) => values(result, contender, ({ startup }) => startup ?? NaN))), 1)]))
printGoals()

/** The ratios of CPU, or of memory, that are to be reached, in this run. */
function printGoals (): void {
  const peak = (contender: Contender) => values(wide, contender, ({ peakRss }) => peakRss)
  const cost = (result: Result, contender: Contender) => values(result, contender, cpu)
  const goals = [
    ['9 KB: to node:http by hand', ratio(cost(nine, plugin), cost(nine, bare)), 1.5],
    ['9 KB: to Fastify by hand', ratio(cost(nine, plugin), cost(nine, fastify)), 0.95],
    ['9 KB: to Express by hand', ratio(cost(nine, plugin), cost(nine, express)), 0.4],
    ['3.9 MB: to Fastify by hand', ratio(cost(big, plugin), cost(big, fastify)), 1.05],
    ['3.9 MB: to Express by hand', ratio(cost(big, plugin), cost(big, express)), 1.2],
    ['3.9 MB, 64 at once: peak RSS to Fastify by hand', ratio(peak(plugin), peak(fastify)), 1.1],
    ['401, 9 KB sent, to an accepted 9 KB', ratio(cost(noToken, plugin), cost(nine, plugin)), 0.6],
    ['401, nothing sent, to an accepted 9 KB', ratio(cost(noBody, plugin), cost(nine, plugin)), 0.6],
    ['401, 3.9 MB announced to 9 KB announced', ratio(cost(long, plugin), cost(short, plugin)), 1.1]
  ] as const
  printTable('Ratios of the plugin', ['ratio', 'measured', 'at most', ''], goals.map(([label, measured, most]) => [
    label, show(measured, 2), most.toFixed(2), measured.median <= most ? 'holds' : 'falls short'
  ]))
}

function never (): never {
  throw new Error('unreachable')
}
