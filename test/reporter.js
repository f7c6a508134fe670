// What `tap` prints here: a line a test file as it ends, and last, so that nobody has to look for it, what was skipped and what failed.
import { Transform } from 'node:stream'
import { Parser } from 'tap-parser'

const indent = (text) => String(text).trimEnd().replace(/^/gm, '    ')

/** What is known of a failure, the shortest form that says it. */
function explain ({ diff, stack, at, source, cwd, command, args, externalID, jobId, stdio, ...others }) {
  if (diff !== undefined) return diff
  return [Object.keys(others).length > 0 ? JSON.stringify(others, null, 2) : '', stack, source].filter(Boolean).join('\n')
}

/** The line of the test, rather than of what the tests share. */
function placeOf (diag) {
  const [place] = /[^ (]+\.test\.ts:\d+(?::\d+)?/.exec(diag?.stack) ?? []
  const { fileName, lineNumber } = diag?.at ?? {}
  return place ?? (fileName && `${fileName}:${lineNumber}`)
}

export default class Reporter extends Transform {
  #files = new Parser()
  #passed = 0
  #skipped = []
  #failed = []

  constructor () {
    super({ encoding: 'utf8' })
    this.#files.on('child', (file) => this.#follow(file, []))
    this.#files.on('assert', ({ ok, name, time, diag }) => {
      this.push(`${ok ? 'ok     ' : 'NOT OK '}${name} ${((time ?? 0) / 1000).toFixed(1)} s\n`)
      const hasReason = this.#failed.some(({ path: [file] }) => file === name)
      if (!ok && !hasReason) this.#failed.push({ path: [name], diag })
    })
    this.#files.on('comment', (comment) => this.#print(comment))
  }

  /** What somebody has to say; the rest is tap's own. */
  #print (comment) {
    if (!/^# (?:\{|time=|Subtest)/.test(comment)) this.push(comment)
  }

  /** A test is what has assertions, and no tests, of its own. */
  #follow (test, above) {
    const path = [...above, test.name]
    let hasTests = false
    let hasFailed = false
    test.on('child', (child) => {
      hasTests = true
      this.#follow(child, path)
    })
    test.on('assert', ({ ok, name, skip, diag, closingTestPoint }) => {
      if (skip !== false) this.#skipped.push([...path, name, skip].join(' > '))
      else if (!ok && !closingTestPoint) {
        hasFailed = true
        this.#failed.push({ path: [...path, name], diag })
      }
    })
    // What a file says as a whole is for the reader; what its tests say, for whoever looks into them.
    if (above.length === 0) test.on('comment', (comment) => this.#print(comment))
    test.on('complete', ({ ok, time, count, skip }) => {
      if (ok && !hasTests && count > skip) this.#passed++
      else if (!ok && !hasTests && !hasFailed) this.#failed.push({ path, diag: { time } })
    })
  }

  _transform (chunk, _encoding, done) {
    this.#files.write(chunk)
    done()
  }

  _flush (done) {
    this.#files.end()
    for (const line of this.#skipped) this.push(`skipped: ${line}\n`)
    for (const { path, diag } of this.#failed) {
      this.push(`\nFAILED ${placeOf(diag) ?? path[0]}\n`)
      this.push(`  ${path.slice(1).join(' > ') || 'the file as a whole'}\n${indent(explain(diag ?? {}))}\n`)
    }
    this.push(`${this.#passed} passed, ${this.#failed.length} failed, ${this.#skipped.length} skipped\n`)
    done()
  }
}
