// Runs tests, as bundle.mjs has made scripts of them, with one mutant switched on, and says which failed first.
import asyncHooks from 'node:async_hooks'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Script, constants } from 'node:vm'
import { folder } from './settings.mjs'

// tap asks by this which test an error belongs to, which makes every promise dear. Here it does not matter which it is.
asyncHooks.createHook = () => ({ enable () { return this }, disable () { return this } })
syncBuiltinESMExports()

const { t: root } = await import('tap')
const { packages: packageNames } = JSON.parse(readFileSync(join(folder, 'contents.json'), 'utf8'))
const packages = Object.fromEntries(await Promise.all(packageNames.map(async (name) => [name, await import(name)])))
const scripts = new Map()
/** Which mutant is active, as Stryker's changes of the sources ask. */
const stryker = globalThis.__stryker__ = {}
let current

/** Stryker's changes of the sources also count what is reached, which nobody asks for but once. */
const withoutCounting = (text) => text.replaceAll(/function stryCov_\w+\(\) \{/g, '$& return;')

function scriptOf (file, counts) {
  const whole = readFileSync(join(folder, `${file}.js`), 'utf8')
  const text = counts ? whole : withoutCounting(whole)
  const script = new Script(`(async (packages) => { 'use strict'; ${text} })`, {
    filename: resolve(`test/${file}.test.js`),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
  })
  return script.runInThisContext()
}

const keys = new Map()

/** The first pair of keys that a test file makes is the same each time, and so is the second, as to make one takes longer than most tests. */
function keysOfFile () {
  const counts = new Map()
  return (...wanted) => {
    const kind = JSON.stringify(wanted)
    const count = counts.get(kind) ?? 0
    const name = `${kind} ${count}`
    counts.set(kind, count + 1)
    if (!keys.has(name)) keys.set(name, generateKeyPairSync(...wanted))
    return keys.get(name)
  }
}

/** Leaves out what follows a failure: one is enough, and a test that fails takes long to say so. */
function stopsAtFailure (t, state, { wanted, begins, ends }) {
  const test = t.test.bind(t)
  t.test = async (name, ...rest) => {
    if (state.hasFailed || wanted?.includes(name) === false) return
    const body = rest.pop()
    return test(name, ...rest, async (child) => {
      if (state.hasFailed) return
      stopsAtFailure(child, state, {})
      begins?.(name)
      try {
        await body(child)
      } finally {
        ends?.()
        if (!child.passing()) state.hasFailed = true
      }
    })
  }
}

/** Which tests ran, and what failed, if anything did. */
async function run (file, tests, counts) {
  const key = `${file} ${counts}`
  const script = scripts.get(key) ?? scriptOf(file, counts)
  scripts.set(key, script)
  current = file
  const begun = []
  const results = await root.test(file, async (t) => {
    const begins = (name) => {
      begun.push(name)
      process.send({ begins: { file, test: name } })
      stryker.currentTestId = name
    }
    const ends = () => { stryker.currentTestId = undefined }
    stopsAtFailure(t, { hasFailed: false }, { wanted: tests, begins, ends })
    const crypto = { ...packages['node:crypto'], generateKeyPairSync: keysOfFile() }
    await script({ ...packages, 'node:crypto': crypto, tap: { default: t, t } })
  })
  const failure = results.ok ? undefined : results.failures.map(({ fullname }) => fullname).join(', ').slice(0, 300)
  return { begun, failure }
}

const now = performance.now
const globalsOf = () => [
  Date, setTimeout, setInterval, setImmediate, fetch, performance.now, Date.now, process.nextTick, process.hrtime, Math.random, process.exit
]
const globals = globalsOf()
const listeners = () => process.eventNames().filter((name) => name !== 'exit').map((name) => `${String(name)}:${process.listenerCount(name)}`).sort()
const stateOf = () => JSON.stringify([listeners(), process.env])

/** More than a few sockets and timers that are not closed, by which a process becomes slow. */
const manyResources = 30

/** Whether the tests, which a mutant may have broken, have left the process as it was. Sockets close soon, or disturb nobody. */
async function isAsBefore (before) {
  for (let tries = 0; tries < 10 && process.getActiveResourcesInfo().length >= manyResources; tries++) await wait(20)
  return globalsOf().every((value, i) => value === globals[i]) && stateOf() === before &&
    process.getActiveResourcesInfo().length < manyResources
}

async function job ({ files, mutant, hitLimit, counts, goesOn }) {
  const before = stateOf()
  Object.assign(stryker, { activeMutant: mutant, hitCount: hitLimit && 0, hitLimit })
  const ran = []
  for (const { file, tests } of files) {
    const start = now.call(performance)
    stryker.mutantCoverage = { static: {}, perTest: {} }
    const { failure, begun } = await run(file, tests, counts)
    ran.push({ file, begun, failure, time: now.call(performance) - start, coverage: counts ? stryker.mutantCoverage : undefined })
    if (failure !== undefined && !goesOn) break
  }
  const isTooOften = stryker.hitCount > stryker.hitLimit
  stryker.activeMutant = undefined
  return { ran, isTooOften, isClean: await isAsBefore(before) }
}

const say = (message) => new Promise((resolve) => { process.send(message, resolve) })

async function fail (failure) {
  await say({ result: { ran: [{ file: current, failure }], isClean: false } })
  process.exit()
}

process.on('uncaughtException', (error) => fail(`uncaught: ${error}`))
// With nothing left to wait for, a test would never end.
process.on('beforeExit', () => fail('never ends'))
process.on('disconnect', () => process.exit())
process.on('message', async (message) => {
  process.channel.unref()
  const result = await job(message)
  process.channel.ref()
  await say({ result })
})
await root.test('tap is set up', async () => {})
process.channel.ref()
await say({ isReady: true })
