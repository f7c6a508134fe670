/** How often to look, in milliseconds. */
const period = 100

/** Looks at something that is under way; `now` is in milliseconds, as of `performance.now()`. */
export type Look = (now: number) => void

/** Watches over what is under way on the wire; returns what ends the watch. */
export type Watch = (look: Look) => () => void

/**
 * One timer that looks at all that is under way, and runs only while something is. A timer for each request would cost a small
 * upload more than the reading of its body.
 */
export function createWatch (): Watch {
  const looks = new Set<Look>()
  let timer: NodeJS.Timeout | undefined

  function lookAtAll (): void {
    if (looks.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
    const now = performance.now()
    for (const look of looks) look(now)
  }

  return (look) => {
    looks.add(look)
    timer ??= setInterval(lookAtAll, period).unref()
    return () => { looks.delete(look) }
  }
}
