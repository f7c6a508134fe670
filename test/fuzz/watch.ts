const timers = new Map<NodeJS.Timeout, string>()
const raised: string[] = []
const library = new URL('../../lib/', import.meta.url).href

/** Notes from now on which timers of the plugin are pending, and what nobody handles. */
export function watch (): void {
  const { setTimeout: set, clearTimeout: clear, setInterval: repeat, clearInterval: clearRepeat } = globalThis
  const watched = (callback: (...args: unknown[]) => void, delay?: number, ...args: unknown[]): NodeJS.Timeout => {
    const timer: NodeJS.Timeout = set(() => {
      timers.delete(timer)
      callback(...args)
    }, delay)
    note(timer)
    return timer
  }
  // Node's own type has overloads that nothing here calls.
  globalThis.setTimeout = Object.assign(watched, { __promisify__: set.__promisify__ }) as typeof set
  globalThis.clearTimeout = (timer) => {
    timers.delete(timer as NodeJS.Timeout)
    clear(timer)
  }
  globalThis.setInterval = ((callback: () => void, delay?: number) => {
    const timer = repeat(callback, delay)
    note(timer)
    return timer
  }) as typeof repeat
  globalThis.clearInterval = (timer) => {
    timers.delete(timer as NodeJS.Timeout)
    clearRepeat(timer)
  }
  process.on('unhandledRejection', (reason) => { raised.push(`a rejection that nobody handles: ${described(reason)}`) })
  process.on('uncaughtException', (error) => { raised.push(`an exception that nobody catches: ${described(error)}`) })
  process.on('warning', (warning) => { raised.push(`a warning of the process: ${described(warning)}`) })
}

function note (timer: NodeJS.Timeout): void {
  const { stack = '' } = new Error('set here')
  if (stack.includes(library)) timers.set(timer, stack)
}

function described (error: unknown): string {
  return error instanceof Error ? error.stack ?? String(error) : String(error)
}

/** Where the plugin's pending timers were set. */
export function pendingTimers (): readonly string[] {
  return [...timers.values()]
}

/** What was raised since the last call. */
export function takeRaised (): readonly string[] {
  return raised.splice(0)
}
