import { EventEmitter } from 'node:events'
import { mock } from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import { noteArrival } from '../../lib/wire/arrival.js'
import { onClose, untilTurn } from '../../lib/wire/turn.js'
import { createWatch } from '../../lib/wire/watch.js'
import type { Wire } from '../../lib/wire/wire.js'

/** A request in a pipeline, before any answer has been sent, on a connection that the test ends. */
function pipelined (socket: EventEmitter, fields: { readonly destroyed?: boolean } = {}) {
  const response = Object.assign(new EventEmitter(), { socket: null })
  const raw = { httpVersionMajor: 1, socket: Object.assign(socket, { destroyed: false, ...fields }) }
  // All that is looked at, before there is a server.
  const request = { raw } as unknown as FastifyRequest
  noteArrival(request, { raw: response } as unknown as FastifyReply, {} as Wire)
  return { response, turn: untilTurn(request) }
}

t.test('it is the turn of a request once its response has the socket', async (t) => {
  const socket = new EventEmitter()
  const all = [pipelined(socket), pipelined(socket)]
  for (const { response } of all) response.emit('socket')
  t.strictSame(await Promise.all(all.map(({ turn }) => turn)), [true, true])
  t.equal(socket.listenerCount('close'), 1, 'one listener serves all')
})

t.test('it never is once the connection has ended', async (t) => {
  const socket = new EventEmitter()
  const all = [pipelined(socket), pipelined(socket)]
  socket.emit('close')
  t.strictSame(await Promise.all(all.map(({ turn }) => turn)), [false, false])
  t.equal(pipelined(socket, { destroyed: true }).turn, false)
})

t.test('a listener that is forgotten is not called', (t) => {
  const socket = new EventEmitter()
  const called: string[] = []
  const [, forget] = ['first', 'second', 'third'].map((name) => onClose(socket, () => { called.push(name) }))
  forget?.()
  socket.emit('close')
  t.strictSame(called, ['first', 'third'])
  t.end()
})

t.test('one timer looks at all that is under way, and ends when nothing is', (t) => {
  const running = new Map<unknown, () => void>()
  const set = mock.method(globalThis, 'setInterval', (look: () => void) => {
    const timer = { unref: () => timer }
    running.set(timer, look)
    return timer
  })
  const clear = mock.method(globalThis, 'clearInterval', (timer: unknown) => { running.delete(timer) })
  t.teardown(() => {
    set.mock.restore()
    clear.mock.restore()
  })
  const tick = () => { for (const look of running.values()) look() }
  const watch = createWatch()
  const looked: string[] = []
  const ends = ['first', 'second'].map((name) => watch(() => { looked.push(name) }))
  t.equal(running.size, 1)
  tick()
  for (const end of ends) end()
  tick()
  t.strictSame([looked, running.size], [['first', 'second'], 0])
  watch(() => { looked.push('third') })
  tick()
  t.strictSame([looked, running.size], [['first', 'second', 'third'], 1])
  t.end()
})
