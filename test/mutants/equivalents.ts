/** A mutant that nobody could notice, because the program does the same with it. */
export interface Equivalent {
  readonly file: string
  /** The source that is replaced, and what by. */
  readonly original: string
  readonly replacement: string
  readonly reason: string
}

export const equivalents: readonly Equivalent[] = []
