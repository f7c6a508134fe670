/** Where Stryker's copy of the project keeps the scripts of its tests. */
export const folder = 'test/mutants/.bundles'

/** A test takes too long with a mutant: so many times what it takes without, and so many milliseconds more. */
export const slowdown = 5
export const slack = 6_000

/** A process is kept for so many mutants, as what tap knows of its tests grows. */
export const jobsOfProcess = 100
