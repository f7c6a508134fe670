// Stryker's test runner for this project. Processes that have loaded all packages run the test files that reach a mutant, the quickest first,
// until one fails: a mutant takes what its tests take, and no process of its own.
import { fork } from 'node:child_process'
import { on } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { folder, jobsOfProcess, slack, slowdown } from './settings.mjs'

const workerFile = fileURLToPath(new URL('worker.mjs', import.meta.url))
const testsFile = `${folder}/tests.json`
const longest = 900_000

let idle

async function started () {
  const child = fork(workerFile, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { ...process.env, TAP_TIMEOUT: '0' } })
  await answerOf(child, new AbortController().signal)
  return child
}

/** Waits for the process's next word; tap has words of its own. */
async function answerOf (child, signal) {
  for await (const [message] of on(child, 'message', { signal })) if (message.isOurs) return message
}

/** What the process answers, or undefined where it takes too long or ends. */
async function resultOf (child, job, limit) {
  const end = new AbortController()
  const abort = () => end.abort()
  const timer = setTimeout(abort, limit)
  child.once('exit', abort)
  const answer = answerOf(child, end.signal)
  child.send(job)
  try {
    return await answer
  } catch (error) {
    if (!end.signal.aborted) throw error
    return undefined
  } finally {
    clearTimeout(timer)
    child.off('exit', abort)
  }
}

async function run (job, limit) {
  const { child, jobs } = idle ?? { child: await started(), jobs: 0 }
  idle = undefined
  const result = await resultOf(child, job, limit)
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
  const together = await run({ files: names.map((file) => ({ file })), counts: true, goesOn: true }, longest)
  if (together === undefined) return failure(['the tests do not end'])
  if (failuresOf(together).length > 0) return failure(failuresOf(together))
  const tests = coverageOf(together)
  // For most mutants not all tests of a file run, so that none may need another.
  const alone = await run({ files: tests.map(({ file, test }) => ({ file, tests: [test] })), goesOn: true }, longest)
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

/** The tests by their files, the quickest first. */
function filesOf (tests) {
  const files = new Map()
  for (const { file, test } of tests.sort((a, b) => a.time - b.time)) files.set(file, [...files.get(file) ?? [], test])
  return [...files].map(([file, tests]) => ({ file, tests }))
}

async function mutantRun ({ activeMutant, testFilter, hitLimit }) {
  known ??= JSON.parse(await readFile(testsFile, 'utf8'))
  const tests = known.filter(({ id }) => testFilter.includes(id))
  const limit = tests.reduce((sum, { time }) => sum + time, 0) * slowdown + slack
  const result = await run({ files: filesOf(tests), mutant: activeMutant.id, hitLimit }, limit)
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

export const strykerPlugins = [{ kind: 'TestRunner', name: 'files', factory: () => runner }]
