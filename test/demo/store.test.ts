import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import ts from 'typescript'
import { photoKey } from '../../lib/index.js'
import { fixture, portrait } from '../fixtures/pictures.js'
import { withoutTap } from '../helpers/children.js'
import { assertError } from '../helpers/host.js'
import { buildHost } from './app.js'
import { ada } from './directory.js'
import { openStore } from '../recipes/plain-files.js'
import { delegatedToken } from './tokens.js'
import { numberOf, owners } from './numbered.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** All that the store takes from the plugin; loading the rest would take most of a writer's time. */
const plugin = "export { GraphError } from './answers/graph-error.js'\nexport { photoKey } from './access/photo-key.js'\n"

/** The writer as plain JavaScript: it starts 20 times, and compiling it takes longer than all it does. */
async function compileWriter (folder: string): Promise<string> {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true }
  const sources = [
    'lib/answers/table.ts', 'lib/answers/graph-error.ts', 'lib/access/photo-key.ts',
    'test/recipes/plain-files.ts', 'test/demo/numbered.ts', 'test/demo/writer.ts'
  ]
  for (const source of sources) {
    const { outputText } = ts.transpileModule(await fs.readFile(join(root, source), 'utf8'), { compilerOptions })
    const output = join(folder, source.replace(/\.ts$/, '.js'))
    await fs.mkdir(dirname(output), { recursive: true })
    await fs.writeFile(output, outputText.replace("'fastify-graph-photo'", "'../../lib/index.js'"))
  }
  await fs.writeFile(join(folder, 'lib/index.js'), plugin)
  return join(folder, 'test/demo/writer.js')
}

const isPhoto = (file: string): boolean => file.endsWith('.jpg')
const isTemporary = (file: string): boolean => /\.jpg\.\d+$/.test(file)

async function filesIn (folder: string): Promise<string[]> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

interface Line {
  readonly opened?: readonly string[]
  readonly saved?: number
}

/** Starts a writer and kills it at some moment after its first save. */
async function killedWriter (script: string, photoDir: string, first: number) {
  const child = spawn(...withoutTap(process.execPath, script, photoDir, String(first)), { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  let opened: readonly string[] = []
  let saved = first - 1
  for await (const text of createInterface(child.stdout)) {
    const line: Line = JSON.parse(text)
    opened = line.opened ?? opened
    saved = line.saved ?? saved
    // Any moment will do: the writer never rests.
    if (line.saved === first) setTimeout(() => child.kill('SIGKILL'), Math.random() * 20)
  }
  const [, signal] = await ended
  return { opened, saved, signal }
}

t.test('a photo is whole, old or new, however often its writer is killed while it replaces it', async (t) => {
  const folder = t.testdir()
  const script = await compileWriter(folder)
  let midway = 0

  const reignOfKills = async (photoDir: string, times: number): Promise<void> => {
    let last = 0
    for (let time = 1; time <= times; time++) {
      const { opened, saved, signal } = await killedWriter(script, photoDir, last + 1)
      t.equal(signal, 'SIGKILL')
      t.strictSame(opened.filter(isTemporary), [], 'temporary files are gone after a start')
      t.equal(opened.filter(isPhoto).length, time === 1 ? 0 : owners.length, 'photos are not')
      if ((await filesIn(photoDir)).some(isTemporary)) midway++
      const numbers = await Promise.all(owners.map(async (owner) => numberOf(await fs.readFile(join(photoDir, `${photoKey(owner)}.jpg`)))))
      // The three are written at the same time, and the last of them may have been under way or done.
      t.ok(numbers.every((number) => number === saved || number === saved + 1), `photos ${numbers} after ${saved} was saved`)
      last = saved + 1
    }
    const store = await openStore(photoDir)
    t.strictSame((await filesIn(photoDir)).filter((file) => !isPhoto(file)), [])
    for (const owner of owners) t.ok(numberOf(await store.read(owner) ?? Buffer.alloc(0)))
  }
  await Promise.all([reignOfKills(join(folder, 'one'), 10), reignOfKills(join(folder, 'other'), 10)])
  t.ok(midway > 2, `${midway} of 20 kills came in the middle of a write`)
})

t.test('a start clears what a killed writer left, and nothing else', async (t) => {
  const kept = { 'user-u.jpg': 'u', 'notes.txt': '', 'user-u.jpg.bak': '', 1234: '', 'tenant-t': { 'group-g.jpg': 'g' } }
  const photoDir = t.testdir({ ...kept, 'user-u.jpg.123': 'half', 'tenant-t': { ...kept['tenant-t'], 'group-g.jpg.4294967295': '', 'owner-u': { 'contact-c.jpg.0': '' } } })
  const store = await openStore(photoDir)
  t.strictSame((await filesIn(photoDir)).sort(), ['1234', 'group-g.jpg', 'notes.txt', 'user-u.jpg', 'user-u.jpg.bak'])
  t.strictSame(await store.read({ kind: 'user', userId: 'u' }), Buffer.from('u'))
})

/** The demo host over a folder, as Ada uses it. */
async function demo (t: Test, photoDir: string) {
  const lines: Array<{ level: number, err?: { code?: string } }> = []
  const logger = { level: 'warn', stream: { write: (line: string) => { lines.push(JSON.parse(line)) } } }
  const app = await buildHost({ photoDir, jwtSecret: 'a secret of 32 characters or more', logger })
  t.teardown(() => app.close())
  const authorization = `Bearer ${delegatedToken(app.jwt)}`
  const url = '/v1.0/me/photo/$value'
  return {
    lines,
    put: (payload: Buffer) => app.inject({ method: 'PUT', url, headers: { authorization, 'content-type': 'image/jpeg' }, payload }),
    get: async () => (await app.inject({ url, headers: { authorization } })).rawPayload
  }
}

/** The portrait, recognizably another, and of another length; what follows its end is let through. */
const version = (number: number): Buffer => Buffer.concat([portrait, Buffer.alloc(number * 50_000, `${number} `)])

t.test('of uploads to one owner at once, one whole picture stays', async (t) => {
  const photoDir = t.testdir()
  const { put, get } = await demo(t, photoDir)
  const isWhole = (got: Buffer): boolean => got.equals(version(Math.round((got.length - portrait.length) / 50_000)))
  await put(version(0))
  for (let round = 0; round < 10; round++) {
    const [puts, gets] = [[0, 1, 2, 3, 4, 5].map((number) => put(version(number))), [0, 1, 2, 3].map(() => get())]
    t.strictSame((await Promise.all(puts)).map(({ statusCode }) => statusCode), [200, 200, 200, 200, 200, 200])
    t.ok((await Promise.all(gets)).every(isWhole), 'whoever reads meanwhile reads a whole one')
    t.ok(isWhole(await get()))
    t.equal((await filesIn(photoDir)).length, 1)
  }
})

t.test('two stores over one folder leave one whole picture too', async (t) => {
  const photoDir = t.testdir()
  const [one, other] = [await openStore(photoDir), await openStore(photoDir)]
  const [owner] = owners
  if (owner === undefined) throw new Error('no owner')
  for (let round = 0; round < 20; round++) {
    await Promise.all([one.save(owner, version(1)), other.save(owner, version(2))])
    const bytes = await one.read(owner) ?? Buffer.alloc(0)
    t.ok(bytes.equals(version(1)) || bytes.equals(version(2)))
  }
  t.strictSame(await filesIn(photoDir), ['user-u.jpg'])
})

type Step = 'make the folder' | 'begin' | 'write'

/** The demo host over a disk on which one step of saving fails, for as long as `broken` says so. */
async function demoWithFaultyDisk (t: Test, photoDir: string, step: Step, code: string) {
  const disk = { broken: false }
  const fail = (syscall: string): void => {
    if (disk.broken) throw Object.assign(new Error(`${code}: something with the disk, ${syscall} '${photoDir}'`), { code, syscall })
  }
  const { mkdir, writeFile } = fs
  const replace = (functions: object): void => {
    Object.assign(fs, functions)
    syncBuiltinESMExports()
  }
  t.teardown(() => { replace({ mkdir, writeFile }) })
  replace({
    async mkdir (...parameters: Parameters<typeof mkdir>) {
      if (step === 'make the folder') fail('mkdir')
      return mkdir(...parameters)
    },
    async writeFile (file: string, data: Buffer) {
      if (step === 'begin') fail('open')
      await writeFile(file, disk.broken ? data.subarray(0, data.length / 2) : data)
      if (step === 'write') fail('write')
    }
  })
  return { disk, ...await demo(t, photoDir) }
}

const full = { statusCode: 507, code: 'InsufficientStorage', message: 'There is no room for the photo.' }
const failed = { statusCode: 500, code: 'ErrorInternalServerError', message: 'An internal server error occurred. The operation failed.' }

for (const [code, expected] of [['ENOSPC', full], ['EDQUOT', full], ['EIO', failed], ['EACCES', failed], ['EROFS', failed], ['EMFILE', failed]] as const) {
  for (const step of ['make the folder', 'begin', 'write'] as const) {
    t.test(`${code} at the step "${step}" is ${expected.statusCode}, and the old photo stays`, async (t) => {
      const photoDir = t.testdir()
      const { disk, lines, put, get } = await demoWithFaultyDisk(t, photoDir, step, code)
      t.equal((await put(version(1))).statusCode, 200)
      disk.broken = true
      const response = await put(version(2))
      assertError(t, response, expected)
      t.notMatch(response.body, /ENO|EDQ|EIO|disk|photos|tap/, 'what the disk says is for the log')
      t.match(lines, [{ level: 50, err: { code } }], 'logged once')
      t.strictSame(await get(), version(1))
      t.strictSame((await filesIn(photoDir)).filter((file) => !isPhoto(file)), [], 'no temporary file stays')
      disk.broken = false
      t.equal((await put(version(3))).statusCode, 200)
      t.strictSame(await get(), version(3))
    })
  }
}

/** A folder on a disk of this size, or `undefined` where this machine lets nobody mount one. */
async function smallDisk (t: Test, size: string): Promise<string | undefined> {
  const folder = await fs.mkdtemp(join(tmpdir(), 'photos-'))
  t.teardown(() => fs.rmdir(folder))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'photos', folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  t.teardown(() => { execFileSync('umount', [folder]) })
  return folder
}

t.test('a disk that is really full answers 507, and the old photo stays', async (t) => {
  const photoDir = await smallDisk(t, '200k')
  if (photoDir === undefined) {
    t.pass('this machine lets nobody mount a small disk', { skip: true })
    return
  }
  const { put, get } = await demo(t, photoDir)
  const small = fixture('baseline.jpg')
  t.equal((await put(portrait)).statusCode, 200)
  for (const number of [4, 5, 20]) {
    assertError(t, await put(version(number)), full)
    t.strictSame(await get(), portrait)
    t.equal((await filesIn(photoDir)).length, 1)
  }
  t.equal((await put(small)).statusCode, 200)
  t.strictSame(await get(), small)

  await fs.writeFile(join(photoDir, 'the rest'), Buffer.alloc(300_000)).catch(() => undefined)
  assertError(t, await put(portrait), full)
  t.strictSame(await get(), small)
  t.strictSame((await filesIn(photoDir)).filter((file) => !isPhoto(file)), ['the rest'])
})

t.test('the photo that could not be saved is not the photo of the owner, nor of anybody', async (t) => {
  const photoDir = t.testdir()
  const { disk, put, get } = await demoWithFaultyDisk(t, photoDir, 'write', 'ENOSPC')
  disk.broken = true
  assertError(t, await put(portrait), full)
  t.match(JSON.parse(String(await get())), { error: { code: 'ImageNotFound' } }, ada.displayName)
  t.strictSame(await filesIn(photoDir), [])
})
