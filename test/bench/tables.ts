import type { Contender, Result, Sample } from './measure.js'
import { ratio, summarize, type Summary } from './statistics.js'

/** One number of each of a contender's samples. */
export function values ({ samples }: Result, contender: Contender, read: (sample: Sample) => number): readonly number[] {
  return (samples.get(contender) ?? []).map(read)
}

export const cpu = (sample: Sample): number => sample.cpu

export function show ({ median, min, max }: Summary, digits = 0): string {
  const [middle, low, high] = [median, min, max].map((value) => value.toFixed(digits))
  return `${middle} (${low}–${high})`
}

/** Prints a table as Markdown, aligned. */
export function printTable (title: string, head: readonly string[], rows: ReadonlyArray<readonly string[]>): void {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  console.log(['', title, '', line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n'))
}

/** A row for each server in each scenario; the ratio is that of `subject` to the row's server, round by round. */
export function printAccepted (results: readonly Result[], subject: Contender): void {
  printTable('Accepted photos: median (min–max) of the rounds',
    ['request', 'server', 'CPU µs/request', `CPU of ${subject.label} to it`, 'requests/s', 'p99 ms', 'peak RSS MB'],
    results.flatMap((result) => [...result.samples.keys()].map((contender) => {
      const of = (read: (sample: Sample) => number) => values(result, contender, read)
      return [
        result.scenario.label,
        contender.label,
        show(summarize(of(cpu))),
        contender === subject ? '' : show(ratio(values(result, subject, cpu), of(cpu)), 2),
        show(summarize(of(({ perSecond }) => perSecond))),
        show(summarize(of(({ p99 }) => p99)), 1),
        show(summarize(of(({ peakRss }) => peakRss)))
      ]
    })))
}

export function printRefused (results: readonly Result[]): void {
  printTable('Refused requests: median (min–max) of the rounds',
    ['request', 'server', 'per CPU second', 'CPU µs/request'],
    results.flatMap((result) => [...result.samples.keys()].map((contender) => {
      const costs = values(result, contender, cpu)
      return [result.scenario.label, contender.label, show(summarize(costs.map((cost) => 1e6 / cost))), show(summarize(costs))]
    })))
}
