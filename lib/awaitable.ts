/** What a hook answers: at once, or later. */
export type Awaitable<T> = T | Promise<T>

/** Whether a value is yet to come; anything with a `then` counts, as it does for `await`. */
export function isPromise<T> (value: Awaitable<T>): value is Promise<T> {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && 'then' in value && typeof value.then === 'function'
}

/**
 * Goes on with a value: at once where it is there, and where it is promised, then.
 * A host whose hooks are not asynchronous so pays for no promise and no turn of the queue.
 */
export function after<T, U> (value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value)
}
