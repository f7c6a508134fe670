import { cpus } from 'node:os'
import { measure, type Contender, type Scenario } from './measure.js'
import { hs256, photo, publicKey, put, rs256 } from './requests.js'
import { cpu, printAccepted, printRefused, printTable, show, values, type Result } from './tables.js'
import { ratio, summarize } from './statistics.js'

const plugin: Contender = { label: 'the plugin', file: 'plugin' }
const bare: Contender = { label: 'node:http by hand', file: 'node-http' }
const fastify: Contender = { label: 'Fastify by hand', file: 'fastify' }
const express: Contender = { label: 'Express by hand', file: 'express' }
const contenders = [plugin, bare, fastify, express]

const body = { small: photo(9_000), medium: photo(250_000), large: photo(3_900_000), none: Buffer.alloc(0) }

const usual = { status: 200, connections: 16, starts: 1, warmUp: 1000, rounds: 7, milliseconds: 450 }
const small: Scenario = { ...usual, warmUp: 3000, label: '9 KB', request: put(body.small, { token: hs256 }) }
const medium: Scenario = { ...usual, label: '250 KB', request: put(body.medium, { token: hs256 }) }
const large: Scenario = { ...usual, label: '3.9 MB', request: put(body.large, { token: hs256 }) }
const many: Scenario = { ...large, label: '3.9 MB, 64 at once', connections: 64, starts: 3, rounds: 1 }

const unsigned: Scenario = { ...usual, warmUp: 2000, label: '401, 9 KB sent', request: put(body.small, {}), status: 401 }
const aborted = { ...usual, rounds: 5, milliseconds: 250, once: true }
const refused: readonly Scenario[] = [
  unsigned,
  { ...aborted, label: '401, 9 KB announced', request: put(body.none, { announced: 9_000 }), status: 401 },
  { ...aborted, label: '401, 3.9 MB announced', request: put(body.none, { announced: 3_900_000 }), status: 401 },
  // Express waits for the end of such a body, and answers then.
  { ...aborted, label: '413, 5 MB announced', request: put(body.none, { token: hs256, announced: 5_000_000 }), status: 413, contenders: [plugin, bare, fastify] }
]

const rsa: Contender = { label: 'RS256', file: 'plugin', args: [publicKey, 'false'] }
const cached: Contender = { label: 'RS256, verify.cache', file: 'plugin', args: [publicKey, 'true'] }

async function results (scenarios: readonly Scenario[]): Promise<readonly Result[]> {
  const all: Result[] = []
  for (const scenario of scenarios) all.push({ scenario, samples: await measure(scenario.contenders ?? contenders, scenario) })
  return all
}

console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node.js ${process.version}, ${new Date().toISOString().slice(0, 10)}`)

// One after the other, since their costs are compared.
const ofSmall = await results([small])
const refusals = await results(refused)
const accepted = [...ofSmall, ...await results([medium, large, many])]
printAccepted(accepted, plugin)
printRefused(refusals)

const signed = await measure([rsa, cached], { ...small, rounds: 5, request: put(body.small, { token: rs256 }) })
printTable('RS256, 9 KB: median (min–max) of the rounds', ['token check', 'CPU µs/request'],
  [rsa, cached].map((contender) => [contender.label, show(summarize(values(signed, contender, cpu)))]))

const startup = [plugin, fastify].map((contender) => [contender.label, show(summarize(
  [...accepted, ...refusals].flatMap(({ samples }) => values(samples, contender, ({ startup }) => startup ?? NaN))), 1)])
printTable('Start-up: register and ready, in a new process', ['server', 'ms'], startup)

printGoals()

/** The ratios of CPU, or of memory, that are to be reached, in this run. */
function printGoals (): void {
  const [nine = never(), , big = never(), wide = never()] = accepted
  const [noToken = never(), short = never(), long = never()] = refusals
  const peak = (contender: Contender) => values(wide.samples, contender, ({ peakRss }) => peakRss)
  const cost = ({ samples }: Result, contender: Contender) => values(samples, contender, cpu)
  const goals = [
    ['9 KB: to node:http by hand', ratio(cost(nine, plugin), cost(nine, bare)), 1.5],
    ['9 KB: to Fastify by hand', ratio(cost(nine, plugin), cost(nine, fastify)), 0.95],
    ['9 KB: to Express by hand', ratio(cost(nine, plugin), cost(nine, express)), 0.4],
    ['3.9 MB: to Fastify by hand', ratio(cost(big, plugin), cost(big, fastify)), 1.05],
    ['3.9 MB: to Express by hand', ratio(cost(big, plugin), cost(big, express)), 1.2],
    ['3.9 MB, 64 at once: peak RSS to Fastify by hand', ratio(peak(plugin), peak(fastify)), 1.1],
    ['401 to an accepted 9 KB', ratio(cost(noToken, plugin), cost(nine, plugin)), 0.6],
    ['401, 3.9 MB announced to 9 KB announced', ratio(cost(long, plugin), cost(short, plugin)), 1.1]
  ] as const
  printTable('Ratios of the plugin', ['ratio', 'measured', 'at most', ''], goals.map(([label, measured, most]) => [
    label, show(measured, 2), most.toFixed(2), measured.median <= most ? 'holds' : 'falls short'
  ]))
}

function never (): never {
  throw new Error('unreachable')
}
