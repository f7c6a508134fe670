// Makes a script of each test file that is named, in Stryker's copy of the project: with the sources in it that Stryker has changed, and
// without the packages, which a process loads once. A script runs as often as wished, each time with sources of its own.
import { build } from 'esbuild'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { folder } from './settings.mjs'

const names = process.argv.slice(2)
const packages = new Set()

/** What a package exports is asked for here, as imports are resolved before anything runs. */
async function packageModule (name) {
  packages.add(name)
  const exported = Object.keys(await import(name)).filter((key) => key !== 'default' && /^[\w$]+$/.test(key))
  const own = `packages[${JSON.stringify(name)}]`
  return [`export default ${own}.default`, ...exported.map((key) => `export const ${key} = ${own}.${key}`)].join('\n')
}

const plugin = {
  name: 'packages apart',
  setup (build) {
    build.onResolve({ filter: /^[^.]/ }, ({ path, kind }) => {
      if (kind === 'entry-point') return undefined
      if (path === 'fastify-graph-photo') return { path: join(process.cwd(), 'lib/index.ts') }
      return { path, namespace: 'package' }
    })
    build.onLoad({ filter: /./, namespace: 'package' }, async ({ path }) => ({ contents: await packageModule(path) }))
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      return { contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)), loader: 'ts' }
    })
  }
}

await rm(folder, { recursive: true, force: true })
// For the test that imports a second copy of a source.
await build({ entryPoints: ['lib/**/*.ts'], outdir: 'lib', platform: 'node', target: 'node20', logLevel: 'error' })
await build({
  entryPoints: names.map((name) => ({ in: `test/${name}.test.ts`, out: name })),
  outdir: folder,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  plugins: [plugin],
  logLevel: 'error'
})
await writeFile(join(folder, 'contents.json'), JSON.stringify({ names, packages: [...packages] }))
