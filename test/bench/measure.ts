import { connect, send, type Client, type Exchange } from './client.js'
import { start, type ServerProcess } from './server-process.js'
import { quantile } from './statistics.js'

/** A server to measure. */
export interface Contender {
  readonly label: string
  readonly file: string
  readonly args?: readonly string[]
}

/** A request, and the answer that every server gives to it. */
export interface Scenario extends Exchange {
  readonly label: string
  /** Who takes part, where it is not everyone. */
  readonly contenders?: readonly Contender[]
}

/** How scenarios are measured whose costs are compared: by the same processes, in turn. */
export interface Plan {
  readonly scenarios: readonly Scenario[]
  readonly contenders: readonly Contender[]
  readonly connections: number
  /** How often the servers are started anew: the same program costs up to a fifth more or less in another process. */
  readonly starts: number
  /** Rounds that are not counted after each start, beside the first. */
  readonly warmUp: number
  /** Rounds after that. Many short ones: a shared machine is fast now and slow a second later. */
  readonly rounds: number
  /** Length of a round, for one scenario and one server. */
  readonly milliseconds: number
}

/** What one server did in one round. */
export interface Sample {
  /** Microseconds of CPU per request. */
  readonly cpu: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p99: number
  /** MB, since the server started. */
  readonly peakRss: number
  readonly startup: number | undefined
}

/** A scenario, and each contender's samples; those of one round have the same index. */
export interface Result<Samples extends readonly Sample[] = readonly Sample[]> {
  readonly scenario: Scenario
  readonly samples: ReadonlyMap<Contender, Samples>
}

/** Lets servers and scenarios take turns, so that whatever else the machine does meets them all. */
export async function measure (plan: Plan): Promise<readonly Result[]> {
  const counted = noSamples(plan)
  const uncounted = noSamples(plan)
  for (let started = 0; started < plan.starts; started++) {
    const servers: Target[] = []
    for (const contender of plan.contenders) {
      const server = await start(contender.file, contender.args ?? [])
      const target = { contender, server, clients: await connect(server.port, plan.connections) }
      servers.push(target)
      // At once, since a server that idles before its first requests takes half as much memory again for them.
      await takeTurn(target, uncounted, plan)
    }
    for (let round = -plan.warmUp; round < plan.rounds; round++) {
      for (const target of round % 2 === 0 ? servers : servers.toReversed()) {
        await takeTurn(target, round < 0 ? uncounted : counted, plan)
      }
    }
    for (const { server } of servers) await server.stop()
  }
  return counted
}

type Results = ReadonlyArray<Result<Sample[]>>

function noSamples (plan: Plan): Results {
  return plan.scenarios.map((scenario) => {
    const contenders = scenario.contenders ?? plan.contenders
    return { scenario, samples: new Map(contenders.map((contender) => [contender, []])) }
  })
}

/** One round of one server, which adds to the samples of each scenario that it takes part in. */
async function takeTurn (target: Target, results: Results, { milliseconds }: Plan): Promise<void> {
  for (const { scenario, samples } of results) {
    const own = samples.get(target.contender)
    if (own !== undefined) own.push(await take(target, scenario, milliseconds))
  }
}

interface Target {
  readonly contender: Contender
  readonly server: ServerProcess
  readonly clients: readonly Client[]
}

async function take ({ server, clients }: Target, scenario: Scenario, milliseconds: number): Promise<Sample> {
  const before = await server.cost()
  const start = performance.now()
  const latencies = await send(clients, scenario, milliseconds)
  const seconds = (performance.now() - start) / 1000
  const after = await server.cost()
  return {
    cpu: (after.cpu - before.cpu) / latencies.length,
    perSecond: latencies.length / seconds,
    p99: quantile(latencies, 0.99),
    peakRss: after.peakRss,
    startup: server.startup
  }
}
