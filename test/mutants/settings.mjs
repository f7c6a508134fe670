/** Where Stryker's copy of the project keeps the scripts of its tests. */
export const folder = 'test/mutants/.bundles'

/** A mutant's tests take too long with so many times what they take without it, and so many milliseconds more. */
export const slowdown = 5
export const slack = 8_000

/** A process is kept for so many mutants, as what tap knows of its tests grows. */
export const jobsOfProcess = 100
