import { mock } from 'node:test'
import type { Test } from 'tap'

/** How often the plugin looks at what is under way. */
const period = 100

/** Holds the time of what is under way on the wire still, until the test lets it pass: whole tenths of a second, in milliseconds. */
export function stopClock (t: Test): (milliseconds: number) => void {
  // Whole, since sums of fractions fall short of a bound, or not, by chance.
  let now = Math.ceil(performance.now())
  const clock = mock.method(performance, 'now', () => now)
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => {
    mock.timers.reset()
    clock.mock.restore()
  })
  return (milliseconds) => {
    for (let passed = 0; passed < milliseconds; passed += period) {
      now += period
      mock.timers.tick(period)
    }
  }
}

/** Lets the event loop turn, so that what was sent has been received. */
export async function turns (count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => { setImmediate(resolve) })
}

export interface Gate {
  readonly asked: Promise<void>
  readonly open: () => void
  /** Asks, and waits until the gate opens. */
  readonly pass: () => Promise<void>
}

/** What a hook waits for, until the test lets it pass. */
export function gate (): Gate {
  let open = () => {}
  let ask = () => {}
  const opened = new Promise<void>((resolve) => { open = resolve })
  const asked = new Promise<void>((resolve) => { ask = resolve })
  return { asked, open, pass () { ask(); return opened } }
}
