// Stryker's test runner for this project. Processes that have loaded all packages run the test files that reach a mutant, the quickest first,
// until one fails: a mutant takes what its tests take, and no process of its own.
import { fork } from 'node:child_process'
import { on } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { folder, jobsOfProcess, slack, slowdown } from './settings.mjs'

const workerFile = fileURLToPath(new URL('worker.mjs', import.meta.url))
const testsFile = `${folder}/tests.json`
/** For a test without a mutant, in milliseconds. */
const longest = 120_000

let idle

async function started () {
  const child = fork(workerFile, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { ...process.env, TAP_TIMEOUT: '0' } })
  for await (const [{ isReady }] of on(child, 'message')) if (isReady) return child
}

/** What the process answers, or undefined where a test takes too long or the process ends. */
async function resultOf (child, job, limitOf) {
  const end = new AbortController()
  const abort = () => end.abort()
  let timer = setTimeout(abort, 2 * slack)
  child.once('exit', abort)
  const messages = on(child, 'message', { signal: end.signal })
  child.send(job)
  try {
    for await (const [{ begins, result }] of messages) {
      if (result !== undefined) return result
      if (begins !== undefined) timer = restarted(timer, abort, limitOf(begins))
    }
  } catch (error) {
    if (!end.signal.aborted) throw error
  } finally {
    clearTimeout(timer)
    child.off('exit', abort)
  }
}

function restarted (timer, abort, limit) {
  clearTimeout(timer)
  return setTimeout(abort, limit)
}

async function run (job, limitOf = () => longest) {
  const { child, jobs } = idle ?? { child: await started(), jobs: 0 }
  idle = undefined
  const result = await resultOf(child, job, limitOf)
  if (result?.isClean === true && jobs + 1 < jobsOfProcess) idle = { child, jobs: jobs + 1 }
  else child.kill('SIGKILL')
  return result
}

const idOf = (file, test) => `${file} > ${test}`
const failure = (reasons) => ({ status: 'error', errorMessage: reasons.join('\n') })
const failuresOf = ({ ran }) => ran.filter((one) => one.failure !== undefined).map((one) => `${one.file}: ${one.failure}`)

/** Which mutants each test reaches: those that its file reaches as it is loaded too. */
function coverageOf ({ ran }) {
  return ran.flatMap(({ file, begun, coverage }) => begun.map((test) => {
    const all = { ...coverage.static }
    for (const [mutant, hits] of Object.entries(coverage.perTest[test] ?? {})) all[mutant] = (all[mutant] ?? 0) + hits
    return { file, test, reached: all }
  }))
}

async function dryRun () {
  const { names } = JSON.parse(await readFile(`${folder}/contents.json`, 'utf8'))
  const together = await run({ files: names.map((file) => ({ file })), counts: true, goesOn: true })
  if (together === undefined) return failure(['the tests do not end'])
  if (failuresOf(together).length > 0) return failure(failuresOf(together))
  const tests = coverageOf(together)
  // For most mutants not all tests of a file run, so that none may need another.
  const alone = await run({ files: tests.map(({ file, test }) => ({ file, tests: [test] })), goesOn: true })
  if (alone === undefined) return failure(['the tests do not end where each runs alone'])
  if (failuresOf(alone).length > 0) return failure(failuresOf(alone).map((reason) => `alone, ${reason}`))
  const timed = tests.map(({ file, test, reached }, i) => ({ file, test, reached, id: idOf(file, test), time: alone.ran[i].time }))
  await writeFile(testsFile, JSON.stringify(timed.map(({ id, file, test, time }) => ({ id, file, test, time }))))
  return {
    status: 'complete',
    tests: timed.map(({ id, time }) => ({ id, name: id, timeSpentMs: time, status: 0 })),
    mutantCoverage: { static: {}, perTest: Object.fromEntries(timed.map(({ id, reached }) => [id, reached])) }
  }
}

let known

/** Whether the test file is named after the source, or nearly so: `jpeg` and `jpeg-frame`, `photo-target` and `target`. */
function isNamedAfter (file, source) {
  const [one, other] = [file, source].map((path) => basename(path).split('.')[0])
  return one.includes(other) || other.includes(one)
}

/** The tests by their files: what is named after the source first, then the quickest. */
function filesOf (tests, source) {
  const rankOf = ({ file, time }) => isNamedAfter(file, source) ? time - longest : time
  const files = new Map()
  for (const { file, test } of tests.toSorted((a, b) => rankOf(a) - rankOf(b))) files.set(file, [...files.get(file) ?? [], test])
  return [...files].map(([file, tests]) => ({ file, tests }))
}

async function mutantRun ({ activeMutant, testFilter, hitLimit }) {
  known ??= JSON.parse(await readFile(testsFile, 'utf8'))
  const tests = known.filter(({ id }) => testFilter.includes(id))
  const limitOf = ({ file, test }) => (tests.find(({ id }) => id === idOf(file, test))?.time ?? 0) * slowdown + slack
  // Stryker allows a hundred times what all tests together hit.
  const job = { files: filesOf(tests, activeMutant.fileName), mutant: activeMutant.id, hitLimit: hitLimit && hitLimit / 10 }
  const result = await run(job, limitOf)
  if (result === undefined || result.isTooOften) return { status: 'timeout' }
  const [failed] = failuresOf(result)
  if (failed === undefined) return { status: 'survived', nrOfTests: tests.length }
  return { status: 'killed', killedBy: [tests[0].id], failureMessage: failed, nrOfTests: tests.length }
}

const runner = {
  capabilities: () => ({ reloadEnvironment: true }),
  dryRun,
  mutantRun,
  dispose: async () => { idle?.child.kill('SIGKILL') }
}

/** Says at once what run.ts says at the end, as a run takes long. */
const reporter = {
  onMutantTested ({ status, fileName, location, replacement }) {
    if (status === 'Survived') console.log(`survived, unless it is equivalent: ${fileName}:${location.start.line} ${replacement.slice(0, 80)}`)
  }
}

export const strykerPlugins = [
  { kind: 'TestRunner', name: 'files', factory: () => runner },
  { kind: 'Reporter', name: 'survivors', factory: () => reporter }
]
