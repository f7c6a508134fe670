import { EventEmitter } from 'node:events'
import { PassThrough, type Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import { Refusal } from '../../lib/answers/index.js'
import { arrivalOf, noteArrival } from '../../lib/wire/arrival.js'
import { read } from '../../lib/wire/read.js'
import type { Look } from '../../lib/wire/watch.js'
import { turns } from '../helpers/clock.js'

interface Settings {
  readonly maxRequestBytes?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Whether a hook has put the payload in place of a request that has come to its end. */
  readonly isReplaced?: boolean
}

/** What becomes of a body; the payload is the test's to write. */
function reading ({ maxRequestBytes = 100_000, headers = {}, isReplaced = false }: Settings = {}) {
  const payload = new PassThrough()
  const raw = Object.assign(isReplaced ? new EventEmitter() : payload, { headers, complete: isReplaced, httpVersionMajor: 1, socket: {} })
  // All that is looked at, before there is a server.
  const request = { raw, headers } as unknown as FastifyRequest
  const looks = new Set<Look>()
  noteArrival(request, {} as FastifyReply, {
    maxRequestBytes,
    requestTimeout: 2000,
    closingSince: undefined,
    watch (look) {
      looks.add(look)
      return () => { looks.delete(look) }
    }
  })
  const outcomes: Array<Buffer | Refusal> = []
  read(request, payload, maxRequestBytes, (outcome) => { outcomes.push(outcome) })
  const codes = () => outcomes.map((outcome) => outcome instanceof Refusal ? outcome.reason.code : 'read')
  return { payload, looks, outcomes, codes, arrival: arrivalOf(request) }
}

/** As a socket gives them: one event for each. */
function emit (payload: Readable, ...chunks: readonly unknown[]): void {
  for (const chunk of chunks) payload.emit('data', chunk)
}

t.test('what becomes of a body is said once, whatever follows', async (t) => {
  const { payload, codes } = reading({ maxRequestBytes: 10 })
  emit(payload, Buffer.alloc(11), Buffer.alloc(11), {})
  for (const event of ['end', 'error', 'close']) payload.emit(event)
  t.strictSame(codes(), ['bodyTooLarge'])
  const whole = reading()
  emit(whole.payload, Buffer.alloc(9))
  for (const event of ['end', 'end', 'close']) whole.payload.emit(event)
  t.strictSame(whole.codes(), ['read'])
  t.equal(whole.looks.size, 0, 'and it is not watched any more')
})

t.test('a body that breaks off is cut off, and its error is the cause', async (t) => {
  const cause = new Error('aborted')
  const failed = reading()
  failed.payload.destroy(cause)
  const closed = reading()
  closed.payload.destroy()
  await turns(2)
  t.strictSame([failed.codes(), closed.codes()], [['bodyCutOff'], ['bodyCutOff']])
  t.match(failed.outcomes, [{ error: { cause } }])
})

t.test('a body has requestTimeout, to the millisecond', async (t) => {
  const { looks, codes, outcomes, arrival } = reading()
  Object.assign(arrival, { at: 0 })
  for (const now of [1999, 2000]) for (const look of looks) look(now)
  t.strictSame(codes(), ['bodyOverdue'])
  t.match(outcomes, [{ reason: { message: 'The body was not complete within 2 seconds.' } }])
  t.equal(arrival.isOverdue, true)
})

t.test('a body that a hook has put in place of one that was whole is watched', async (t) => {
  t.equal(reading({ isReplaced: true }).looks.size, 1)
})

t.test('what is not bytes is the fault of the hook that gave it', async (t) => {
  const { payload, codes, outcomes } = reading({ isReplaced: true })
  emit(payload, {})
  t.strictSame(codes(), ['bodyNotBytes'])
  t.match(outcomes, [{ error: { cause: { message: 'a preParsing hook replaced the body with something other than bytes' } } }])
})

/** Twelve bytes for each are twice the limit and 64 KiB. */
const mostChunks = 5462
const limit = 4

t.test('the chunks of a body of unannounced length are bounded, to the chunk', async (t) => {
  for (const [count, code] of [[mostChunks, 'read'], [mostChunks + 1, 'bodyTooLarge']] as const) {
    const { payload, codes } = reading({ maxRequestBytes: limit, headers: { 'transfer-encoding': 'chunked' } })
    emit(payload, ...Array.from({ length: count }, () => Buffer.alloc(0)))
    payload.emit('end')
    t.strictSame(codes(), [code])
  }
})

t.test('those of a body of announced length are not', async (t) => {
  const { payload, codes } = reading({ maxRequestBytes: limit, headers: { 'content-length': '0' } })
  emit(payload, ...Array.from({ length: 2 * mostChunks }, () => Buffer.alloc(0)))
  payload.emit('end')
  t.strictSame(codes(), ['read'])
})

t.test('a body in many chunks is what they are, one after another', async (t) => {
  const { payload, outcomes } = reading()
  const bytes = Buffer.from(Array.from({ length: 3000 }, (_, at) => at))
  emit(payload, ...Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))
  payload.emit('end')
  t.strictSame(outcomes, [bytes])
})

t.test('a body in one chunk is copied only where it shares its memory', async (t) => {
  const own = Buffer.alloc(10_000)
  const alone = reading()
  emit(alone.payload, own)
  alone.payload.emit('end')
  t.equal(alone.outcomes[0], own)
  const shared = reading()
  emit(shared.payload, own.subarray(0, 9000))
  shared.payload.emit('end')
  const [copy] = shared.outcomes as [Buffer]
  t.strictSame(copy, own.subarray(0, 9000))
  t.not(copy.buffer, own.buffer)
})
