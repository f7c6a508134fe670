/** A value, or a promise of it: hooks may be sync or async. */
export type Awaitable<T> = T | Promise<T>

/** Whether a value is still to come. Any object with a `then` method counts, not only a native promise. */
export function isPromise<T> (value: Awaitable<T>): value is Promise<T> {
  // Read, not asked for with `in`, which takes longer; what has no such property gives undefined.
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function'
}

/**
 * Calls `next` with a value: immediately, or, for a promise, once it is fulfilled.
 * A host with synchronous hooks thus pays for no promises and no microtasks.
 */
export function after<T, U> (value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value)
}
