import t from 'tap'
import { inTurn } from '../../lib/photo/in-turn.js'
import { portrait } from '../fixtures/pictures.js'
import { turns } from '../helpers/clock.js'
import { host, put } from '../helpers/host.js'

const large = Buffer.alloc(256 * 1024)
const small = Buffer.alloc(256 * 1024 - 1)

/** Counts the turns of the event loop until the test ends. */
function countTurns (): { readonly now: () => number, readonly stop: () => void } {
  let count = 0
  let handle = setImmediate(function next () {
    count++
    handle = setImmediate(next)
  })
  return { now: () => count, stop: () => { clearImmediate(handle) } }
}

t.test('the work on many bytes is done one at a time, in order, with a turn of the event loop between two', async (t) => {
  const loop = countTurns()
  const done: Array<readonly [name: number, turn: number]> = []
  await Promise.all(Array.from({ length: 8 }, (_, name) => inTurn(large, () => { done.push([name, loop.now()]) })))
  loop.stop()
  t.strictSame(done.map(([name]) => name), [0, 1, 2, 3, 4, 5, 6, 7])
  t.equal(new Set(done.map(([, turn]) => turn)).size, 8)
})

t.test('work that comes later is done too', async (t) => {
  for (const name of ['first', 'second', 'third']) {
    t.equal(await inTurn(large, () => name), name)
    await turns(3)
  }
})

t.test('work that takes several turns is not overtaken', async (t) => {
  const running: string[] = []
  const work = (name: string, count: number) => async () => {
    running.push(`${name} begins`)
    await turns(count)
    running.push(`${name} ends`)
  }
  await Promise.all([inTurn(large, work('slow', 10)), inTurn(large, work('quick', 0))])
  t.strictSame(running, ['slow begins', 'slow ends', 'quick begins', 'quick ends'])
})

t.test('the work on fewer bytes is done at once', (t) => {
  const done: number[] = []
  inTurn(large, () => {})
  for (const name of [0, 1, 2]) inTurn(small, () => { done.push(name) })
  t.strictSame(done, [0, 1, 2])
  t.end()
})

t.test('work that fails does not keep others waiting', async (t) => {
  const failing = Promise.resolve(inTurn(large, () => { throw new Error('no') }))
  const next = inTurn(large, () => 'done')
  await t.rejects(failing, /no/)
  t.equal(await next, 'done')
})

t.test('large photos that arrive together are all checked and saved, each in a turn of its own', async (t) => {
  const loop = countTurns()
  const saved: number[] = []
  const { app } = await host(t, { savePhoto: () => { saved.push(loop.now()) } })
  const payload = Buffer.concat([portrait, Buffer.alloc(300_000)])
  const answers = await Promise.all(Array.from({ length: 6 }, () => put(app, { payload })))
  loop.stop()
  t.strictSame(answers.map(({ statusCode }) => statusCode), [200, 200, 200, 200, 200, 200])
  t.equal(new Set(saved).size, 6)
})
