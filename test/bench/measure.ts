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
  /** Rounds that are not counted, after each start. */
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
export interface Result {
  readonly scenario: Scenario
  readonly samples: ReadonlyMap<Contender, readonly Sample[]>
}

/** Lets servers and scenarios take turns, so that whatever else the machine does meets them all. */
export async function measure (plan: Plan): Promise<readonly Result[]> {
  const results = plan.scenarios.map((scenario) => {
    const contenders = scenario.contenders ?? plan.contenders
    return { scenario, samples: new Map<Contender, Sample[]>(contenders.map((contender) => [contender, []])) }
  })
  for (let started = 0; started < plan.starts; started++) {
    const servers: Array<readonly [Contender, Target]> = []
    for (const contender of plan.contenders) {
      const server = await start(contender.file, contender.args ?? [])
      servers.push([contender, { server, clients: await connect(server.port, plan.connections) }])
    }
    for (let round = -plan.warmUp; round < plan.rounds; round++) {
      for (const [contender, target] of round % 2 === 0 ? servers : servers.toReversed()) {
        for (const { scenario, samples } of results) {
          if (!samples.has(contender)) continue
          const sample = await take(target, scenario, plan.milliseconds)
          if (round >= 0) samples.get(contender)?.push(sample)
        }
      }
    }
    for (const [, { server }] of servers) await server.stop()
  }
  return results
}

interface Target {
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
