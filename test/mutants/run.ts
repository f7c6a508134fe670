// Changes the sources in every small way, one at a time, and says which changes no test notices:
//
//     npm run mutants -- [--files lib/photo/gif.ts] [suite …]
//
// Without suites all of suites.ts run. A score is the share of mutants that fail a test, run into a time limit, or are named in
// equivalents.ts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { equivalents, type Equivalent } from './equivalents.js'
import { suites, type Suite, type SuiteName } from './suites.js'

const least = { inAll: 90, inFile: 85 }

interface Mutant {
  readonly status: 'Killed' | 'Survived' | 'NoCoverage' | 'Timeout' | 'RuntimeError' | 'CompileError' | 'Ignored' | 'Pending'
  readonly replacement?: string
  readonly location: Record<'start' | 'end', { readonly line: number, readonly column: number }>
}

interface Report {
  readonly files: Readonly<Record<string, { readonly source: string, readonly mutants: readonly Mutant[] }>>
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { files: { type: 'string', multiple: true } } })
const names = positionals.length > 0 ? positionals : Object.keys(suites)
const unknown = names.filter((name) => !(name in suites))
if (unknown.length > 0) throw new TypeError(`no suite is named ${unknown.join(', ')}; there are ${Object.keys(suites).join(', ')}`)

const root = fileURLToPath(new URL('../..', import.meta.url))
const stryker = fileURLToPath(new URL('node_modules/@stryker-mutator/core/bin/stryker.js', import.meta.url))
const reports = fileURLToPath(new URL('.reports/', import.meta.url))

/** Runs Stryker, which copies the project and leaves this one as it is, and gives its report. */
async function reportOf (name: SuiteName): Promise<Report> {
  const { mutate, tests }: Suite = suites[name]
  const fileName = `${reports}${name}.json`
  const configuration = {
    mutate: values.files ?? mutate,
    testRunner: 'files',
    plugins: [fileURLToPath(new URL('runner.mjs', import.meta.url))],
    buildCommand: `node ${fileURLToPath(new URL('bundle.mjs', import.meta.url))} ${tests.join(' ')}`,
    coverageAnalysis: 'perTest',
    // What waits for a socket or a time limit leaves the rest to others.
    concurrency: 2,
    // The runner has a time limit of its own, which is shorter.
    timeoutFactor: 10,
    timeoutMS: 60_000,
    dryRunTimeoutMinutes: 20,
    reporters: ['json', 'progress-append-only', 'survivors'],
    jsonReporter: { fileName },
    tempDirName: 'test/mutants/.stryker',
    ignorePatterns: ['/test/integration', '/test/mutants', '/dist', '.tap'],
    checkers: [],
    allowConsoleColors: false
  }
  await mkdir(reports, { recursive: true })
  const file = `${reports}${name}.config.json`
  await writeFile(file, JSON.stringify(configuration))
  const child = spawn(process.execPath, [stryker, 'run', file], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  const [status] = await once(child, 'exit')
  if (status !== 0) throw new Error(`Stryker failed for ${name}, with ${status}`)
  return JSON.parse(await readFile(fileName, 'utf8'))
}

/** The source between two places, which Stryker counts from 1. */
function originalOf (source: string, { start, end }: Mutant['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const last = lines.length - 1
  return lines.map((line, i) => line.slice(i === 0 ? start.column - 1 : 0, i === last ? end.column - 1 : undefined)).join('\n')
}

interface Survivor {
  readonly file: string
  readonly number: number
  readonly line: string
  readonly original: string
  readonly replacement: string
}

interface Score {
  readonly file: string
  readonly noticed: number
  readonly of: number
  readonly survivors: readonly Survivor[]
}

/** The equivalents that did survive; the others are out of date. */
const met = new Set<Equivalent>()

function isEquivalent ({ file, line, original, replacement }: Survivor): boolean {
  const known = equivalents.find((equivalent) => equivalent.file === file && equivalent.line === line &&
    equivalent.mutants.some(([from, to]) => from === original && to === replacement))
  if (known !== undefined) met.add(known)
  return known !== undefined
}

function scoresOf ({ files }: Report): readonly Score[] {
  return Object.entries(files).map(([file, { source, mutants }]) => {
    const valid = mutants.filter(({ status }) => !['Ignored', 'CompileError', 'Pending'].includes(status))
    const survivors = valid.filter(({ status }) => !['Killed', 'Timeout'].includes(status)).map(({ replacement = '', location }) => {
      const number = location.start.line
      return { file, number, line: source.split('\n')[number - 1]?.trim() ?? '', original: originalOf(source, location), replacement }
    })
    const noticeable = survivors.filter((survivor) => !isEquivalent(survivor))
    return { file, noticed: valid.length - noticeable.length, of: valid.length, survivors: noticeable }
  })
}

const shortened = (text: string) => text.replaceAll(/\s+/g, ' ').slice(0, 60)
const percent = ({ noticed, of }: { readonly noticed: number, readonly of: number }) => of === 0 ? 100 : 100 * noticed / of

const scores: Score[] = []
for (const name of names) scores.push(...scoresOf(await reportOf(name as SuiteName)))

for (const score of scores) console.log(`${percent(score).toFixed(1).padStart(5)} %  ${score.noticed} of ${score.of}  ${score.file}`)
for (const { file, number, original, replacement } of scores.flatMap(({ survivors }) => survivors)) {
  console.log(`survived: ${file}:${number}  ${shortened(original)}  ->  ${shortened(replacement)}`)
}
const outOfDate = equivalents.filter((equivalent) => !met.has(equivalent) && scores.some(({ file }) => file === equivalent.file))
for (const { file, line } of outOfDate) console.log(`named as equivalent, and none survived: ${file}  ${line}`)
const all = scores.reduce((sum, { noticed, of }) => ({ noticed: sum.noticed + noticed, of: sum.of + of }), { noticed: 0, of: 0 })
console.log(`${percent(all).toFixed(1)} % of ${all.of} mutants noticed; wanted: ${least.inAll} %, and ${least.inFile} % in every file`)
process.exitCode = percent(all) >= least.inAll && scores.every((score) => percent(score) >= least.inFile) ? 0 : 1
