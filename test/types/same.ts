type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

/** Compiles only where both types are one. */
export function same<A, B> (_areSame: Same<A, B>): void {}
