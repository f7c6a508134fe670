/**
 * A command without tap, which loads itself into every child process, whatever environment it is given, and counts its coverage: that
 * takes longer than most children do.
 */
export const withoutTap = (command: string, ...args: readonly string[]): readonly [command: string, args: string[]] =>
  ['env', ['-u', 'NODE_OPTIONS', command, ...args]]
