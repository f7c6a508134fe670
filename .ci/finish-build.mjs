// After tsc, so that dist holds what a consumer reads: the recipes, of the declarations those that the package's own lead to, and
// of the programs' maps the lines, which is what a stack trace needs, in a third of the bytes.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { decode, encode } from '@jridgewell/sourcemap-codec'

const root = new URL('../', import.meta.url)
const dist = new URL('dist/', root)

function reachedFrom (declaration, reached = new Set()) {
  if (reached.has(declaration.href)) return reached
  reached.add(declaration.href)
  for (const [, path] of readFileSync(declaration, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g)) {
    reachedFrom(new URL(`${path}.d.ts`, declaration), reached)
  }
  return reached
}

const reached = reachedFrom(new URL('lib/index.d.ts', dist))
for (const name of readdirSync(dist, { recursive: true })) {
  const file = new URL(name, dist)
  if (name.endsWith('.d.ts') && !reached.has(file.href)) for (const ending of ['', '.map']) rmSync(new URL(file.href + ending))
  if (name.endsWith('.js.map')) {
    const map = JSON.parse(readFileSync(file, 'utf8'))
    const mappings = encode(decode(map.mappings).map((segments) => segments.slice(0, 1)))
    writeFileSync(file, JSON.stringify({ ...map, mappings }))
  }
}

/** A recipe says in its first two lines what it is and what to install; those with third parties stand where these are installed. */
for (const folder of ['test/recipes/', 'test/integration/recipes/']) {
  for (const name of readdirSync(new URL(folder, root)).filter((name) => name.endsWith('.ts'))) {
    const file = new URL(folder + name, root)
    if (readFileSync(file, 'utf8').startsWith('// Recipe: ')) cpSync(file, new URL(`recipes/${name}`, dist))
  }
}
