import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('..', import.meta.url))
const files = ['lib', 'types'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => `${folder}/${name}`))

const importOf = /(?:import|export)\s[^'"]*?from\s+'(\.[^']+)'/g

/** Which files each file imports: 'lib/plugin.ts' → ['lib/options.ts', …] */
const imports = new Map(files.map((file) => {
  const found = [...readFileSync(join(root, file), 'utf8').matchAll(importOf)]
  return [file, found.map(([, path = '']) => normalize(join(dirname(file), path)).replace(/js$/, 'ts'))]
}))

/** The room of a file: a folder of lib, 'lib' for its root, or 'types'. */
function roomOf (file: string): string {
  return dirname(file)
}

/** What each room may use besides itself; whoever is named first knows those behind it, never the other way round. */
const mayUse: Readonly<Record<string, readonly string[]>> = {
  lib: ['lib/options', 'lib/access', 'lib/answers', 'lib/photo', 'lib/routes', 'lib/wire', 'types'],
  'lib/options': ['lib/access', 'types'],
  'lib/access': ['lib/answers', 'lib/routes', 'lib/wire', 'types'],
  'lib/routes': ['lib/answers', 'types'],
  'lib/wire': ['lib/answers', 'types'],
  'lib/answers': ['types'],
  'lib/photo': ['types'],
  types: []
}

const edges = [...imports].flatMap(([from, targets]) => targets.map((to) => ({ from, to })))

t.test('every import leads to a file of lib or types', async (t) => {
  t.strictSame(edges.filter(({ to }) => !imports.has(to)), [])
  t.ok(edges.length > files.length, 'the imports were found')
})

t.test('a room knows only the rooms below it', async (t) => {
  t.strictSame(edges.filter(({ from, to }) => roomOf(from) !== roomOf(to) && !mayUse[roomOf(from)]?.includes(roomOf(to))), [])
})

t.test('a room is entered by its public file', async (t) => {
  t.strictSame(edges.filter(({ from, to }) => roomOf(from) !== roomOf(to) && !to.endsWith('/index.ts')), [])
})

t.test('only a public file re-exports, and no file inside a room imports it', async (t) => {
  t.strictSame(edges.filter(({ from, to }) => roomOf(from) === roomOf(to) && to.endsWith('/index.ts')), [])
})

t.test('no file imports itself, by whatever way', async (t) => {
  const reached = (file: string, seen = new Set<string>()): Set<string> => {
    for (const next of imports.get(file) ?? []) if (!seen.has(next)) reached(next, seen.add(next))
    return seen
  }
  t.strictSame(files.filter((file) => reached(file).has(file)), [])
})

t.test('a file of lib fits on three screens, and a line on one', async (t) => {
  const lines = files.map((file) => [file, readFileSync(join(root, file), 'utf8').split('\n')] as const)
  t.strictSame(lines.filter(([file, { length }]) => file.startsWith('lib/') && length > 160).map(([file]) => file), [])
  t.strictSame(lines.filter(([, texts]) => texts.some((text) => text.length > 140)).map(([file]) => file), [])
})

/** Those of the second suite have a project of their own, and mutants choose theirs. */
const isElsewhere = (folder: string) => ['integration', 'mutants'].includes(folder)

t.test('every test file is run once: by the all.ts of its folder, or alone, as .taprc says', async (t) => {
  const folders = readdirSync(join(root, 'test'), { withFileTypes: true }).filter((entry) => entry.isDirectory() && !isElsewhere(entry.name))
  const below = folders.flatMap(({ name }) =>
    readdirSync(join(root, 'test', name), { recursive: true, encoding: 'utf8' }).map((file) => `test/${name}/${file}`))
  const tests = [...readdirSync(join(root, 'test')).map((file) => `test/${file}`), ...below]

  const alone = readFileSync(join(root, '.taprc'), 'utf8').match(/(?<=^ {2}- )test\/.*\.test\.ts$/gm) ?? []
  const together = tests.filter((file) => file.endsWith('/all.ts')).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/import '\.\/(.*)\.js'/g)].map(([, name = '']) => `${dirname(file)}/${name}.ts`))
  t.strictSame([...alone, ...together].toSorted(), tests.filter((file) => file.endsWith('.test.ts')).toSorted())
})
