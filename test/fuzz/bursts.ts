import fc from 'fast-check'
import { hosts, type HostName } from './hosts.js'
import { requests, write, type Shape, type Written } from './requests.js'

/** How a client leaves: once it has its answers, at once with its last byte, or in the middle. */
export type Leaving = 'answered' | 'halfClose' | 'reset' | 'resetWithin'

interface ConnectionShape {
  readonly requests: readonly Shape[]
  /** What is written after the first request, which is no request. */
  readonly junk: string
  /** Where the bytes are cut into pieces, in thousandths of them. */
  readonly cuts: readonly number[]
  /** How many turns of the event loop pass between two pieces. */
  readonly pause: number
  /** Whether each request waits for the answer to the one before it. */
  readonly isSerial: boolean
  readonly leaving: Leaving
}

/** What one case is: some connections at once to one host. */
export interface BurstShape {
  readonly host: HostName
  /** Whether the server closes meanwhile. */
  readonly closes: boolean
  readonly connections: readonly ConnectionShape[]
}

const noJunk = fc.constant('')
const junk = fc.oneof(
  { arbitrary: noJunk, weight: 12 },
  fc.constantFrom('\r\n', '\r\n\r\n', 'x', 'GARBAGE\r\n\r\n', '\0\0\0\0', 'PUT', 'GET / HTTP/1.1\r\n\r\n',
    'PUT /v1.0/me/photo/$value HTTP/1.1\r\nHost: x\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  fc.string({ maxLength: 20 })
)

const connection: fc.Arbitrary<ConnectionShape> = fc.record({
  requests: fc.array(requests, { minLength: 1, maxLength: 6, size: 'max' }),
  junk,
  cuts: fc.array(fc.nat(1000), { maxLength: 5, size: 'max' }),
  pause: fc.nat(4),
  isSerial: fc.boolean(),
  leaving: fc.oneof(
    { arbitrary: fc.constant<Leaving>('answered'), weight: 6 },
    fc.constantFrom<Leaving>('halfClose', 'reset', 'resetWithin')
  )
})

export const bursts: fc.Arbitrary<BurstShape> = fc.record({
  host: fc.constantFrom(...Object.keys(hosts) as HostName[]),
  closes: fc.oneof({ arbitrary: fc.constant(false), weight: 30 }, fc.constant(true)),
  connections: fc.array(connection, { minLength: 1, maxLength: 5, size: 'max' })
})

/** What a client does on a connection. */
export interface Script {
  readonly requests: readonly Written[]
  /** What is written, each before the client waits for answers. */
  readonly writes: ReadonlyArray<readonly Buffer[]>
  readonly pause: number
  readonly leaving: Leaving
  /** Whether the client does all that HTTP asks of it, and reads every answer. */
  readonly isRegular: boolean
}

/** The script of a connection. Ids are handed out by `nextId`. */
export function script ({ requests, junk, cuts, pause, isSerial, leaving }: ConnectionShape, nextId: () => string): Script {
  const written = requests.map((shape) => write(shape, nextId()))
  const parts = written.map(({ bytes }, i) => i === 0 ? Buffer.concat([bytes, Buffer.from(junk, 'latin1')]) : bytes)
  const bursts = isSerial ? parts : [Buffer.concat(parts)]
  // Who resets within writes only the beginning of what there is.
  const last = leaving === 'resetWithin' ? Math.ceil(bursts.length / 2) : bursts.length
  const writes = bursts.slice(0, last).map((bytes, i) => {
    const sent = leaving === 'resetWithin' && i === last - 1 ? bytes.subarray(0, Math.floor(bytes.length / 2)) : bytes
    return cutAt(sent, cuts)
  })
  const isWhole = junk === '' && written.every(({ isWhole, closes }, i) => isWhole && (!closes || i === written.length - 1))
  return { requests: written, writes, pause, leaving, isRegular: isWhole && leaving === 'answered' }
}

function cutAt (bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [0, ...cuts.map((cut) => Math.floor(bytes.length * cut / 1000)).toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end)).filter(({ length }) => length > 0)
}
