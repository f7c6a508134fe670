/** Mutants that nobody can notice, because the program does the same with them. They count as noticed. */
export interface Equivalent {
  readonly file: string
  /** The line of the source, without its indentation. */
  readonly line: string
  /** What of it is replaced, and what by. */
  readonly mutants: ReadonlyArray<readonly [original: string, replacement: string]>
  readonly reason: string
}

export const equivalents: readonly Equivalent[] = []
