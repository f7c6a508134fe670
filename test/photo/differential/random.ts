/** Numbers that look random and depend on the seed only (mulberry32). */
export function randomOf (seed: number) {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  /** A whole number from 0 to below `most`. */
  const below = (most: number): number => Math.floor(next() * most)
  const oneOf = <T>(values: readonly T[]): T => {
    const value = values[below(values.length)]
    if (value === undefined) throw new RangeError('nothing to choose from')
    return value
  }
  return { below, oneOf }
}

export type Random = ReturnType<typeof randomOf>
