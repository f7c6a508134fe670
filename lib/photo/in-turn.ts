/** From so many bytes on, the check of a photo may hold the event loop for long enough to be noticed. */
const heavy = 256 * 1024

const waiting: Array<() => void> = []
let isBusy = false

/**
 * Runs the work on many bytes one at a time, with a turn of the event loop between two, so that other requests
 * wait for one of them at most. The work on fewer bytes is done at once.
 */
export function inTurn<T> (bytes: Buffer, work: () => T | Promise<T>): T | Promise<T> {
  return bytes.length < heavy ? work() : workInTurn(work)
}

async function workInTurn<T> (work: () => T | Promise<T>): Promise<T> {
  if (isBusy) await new Promise<void>((resolve) => { waiting.push(resolve) })
  isBusy = true
  try {
    return await work()
  } finally {
    // Each starts the next: all that setImmediate has queued by then would be done in one turn.
    setImmediate(passOn)
  }
}

function passOn (): void {
  const next = waiting.shift()
  if (next === undefined) isBusy = false
  else next()
}
