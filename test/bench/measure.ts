import { send } from './client.js'
import { start, type ServerProcess } from './server-process.js'
import { quantile } from './statistics.js'

/** A server to measure. */
export interface Contender {
  readonly label: string
  readonly file: string
  readonly args?: readonly string[]
}

/** What is sent to each of them. */
export interface Scenario {
  readonly label: string
  /** Who takes part, where it is not everyone. */
  readonly contenders?: readonly Contender[]
  readonly request: Buffer
  readonly status: number
  readonly connections: number
  /** Whether a connection serves one request only. */
  readonly once?: boolean
  /** How often the servers are started anew. */
  readonly starts: number
  /** Milliseconds that are not measured, after each start. */
  readonly warmUp: number
  /** Rounds after that, each of so many milliseconds. */
  readonly rounds: number
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

export type Samples = ReadonlyMap<Contender, readonly Sample[]>

/** Lets the servers take turns, so that whatever else the machine does meets them all. */
export async function measure (contenders: readonly Contender[], scenario: Scenario): Promise<Samples> {
  const samples = new Map<Contender, Sample[]>(contenders.map((contender) => [contender, []]))
  for (let started = 0; started < scenario.starts; started++) {
    const servers = new Map<Contender, ServerProcess>()
    for (const contender of contenders) servers.set(contender, await start(contender.file, contender.args ?? []))
    for (const server of servers.values()) await sample(server, scenario, scenario.warmUp)
    for (let round = 0; round < scenario.rounds; round++) {
      for (const [contender, server] of servers) {
        samples.get(contender)?.push(await sample(server, scenario, scenario.milliseconds))
      }
    }
    for (const server of servers.values()) await server.stop()
  }
  return samples
}

async function sample (server: ServerProcess, scenario: Scenario, milliseconds: number): Promise<Sample> {
  const { request, status, connections, once = false } = scenario
  const before = await server.cost()
  const start = performance.now()
  const latencies = await send({ port: server.port, request, status, connections, once, milliseconds })
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
