/** The median of some measurements, and how far they range. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function quantile (values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

export function summarize (values: readonly number[]): Summary {
  return { median: quantile(values, 0.5), min: Math.min(...values), max: Math.max(...values) }
}

/** The ratio of two rows of measurements that were taken side by side. */
export function ratio (values: readonly number[], others: readonly number[]): Summary {
  return summarize(values.map((value, round) => value / (others[round] ?? NaN)))
}
