import t from 'tap'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as exported from '../../../lib/index.js'
import { folder, manifest, projectFile, run, write } from '../../package/project.js'
import { installedConsumer, nodeProgram, pack } from './consumer.js'
import { importedPackages } from '../../package/readme.js'
import { recipes } from './recipes.js'
import { proofs } from '../../package/readme-proofs.js'

/** Other versions of Node are 50 to 100 MB each, so they are fetched only where that is asked for. */
const { CI, CONSUMER_NODES = CI ? '20 22 24 26' : process.versions.node } = process.env
const nodes = CONSUMER_NODES.split(' ')

/** A program of a package that is installed beside these tests. */
const program = (path: string) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url))

const tarball = await pack(t, {
  'dist/lib/stale.js': '',
  'dist/test/index.test.js': '',
  'lib/notes.md': '',
  'test/index.test.ts': '',
  'photos/user-a.jpg': '',
  '.env': 'JWT_SECRET=x'
})

const packed = (await run('.', 'tar', '-tzf', tarball)).trim().split('\n').map((path) => path.replace('package/', ''))

t.test('the tarball holds what was built, its sources, recipes, README, LICENSE and package.json, and nothing else', async (t) => {
  const filesOf = async (name: string) => (await readdir(projectFile(name), { recursive: true })).map((file) => `${name}/${file}`)
  const sources = (await Promise.all(['lib', 'types'].map(filesOf))).flat().filter((path) => path.endsWith('.ts'))
  const programs = sources.flatMap((file) => ['js', 'js.map'].map((ending) => `dist/${file.replace(/ts$/, ending)}`))
  const isDeclaration = (path: string) => /\.d\.ts(?:\.map)?$/.test(path)
  t.strictSame(packed.filter((path) => !isDeclaration(path)).sort(), [
    ...sources, ...programs, ...recipes.map(({ file }) => `dist/recipes/${file}`), 'LICENSE', 'README.md', 'package.json'
  ].sort())
  t.strictSame(packed.filter(isDeclaration).map((path) => path.replace(/^dist\/(.*)\.d\.ts(?:\.map)?$/, '$1.ts')).filter((path) => !sources.includes(path)), [])
})

t.test('it is smaller than 150 KB', async (t) => {
  t.ok((await stat(tarball)).size < 150_000)
})

t.test('every map, of a program or a declaration, leads to a source that the tarball holds', async (t) => {
  const maps = packed.filter((path) => path.endsWith('.map'))
  t.ok(maps.length > 0)
  const unpacked = await folder(t)
  await run(unpacked, 'tar', '-xzf', tarball)
  for (const map of maps) {
    const { sources } = JSON.parse(await readFile(join(unpacked, 'package', map), 'utf8')) as { readonly sources: readonly string[] }
    t.strictSame(sources.map((source) => join(map, '..', source)).filter((source) => !packed.includes(source)), [], map)
  }
})

t.test('publint finds nothing', async (t) => {
  await t.resolves(run('.', process.execPath, program('publint/src/cli.js'), 'run', tarball, '--strict'))
})

t.test('are-the-types-wrong finds nothing', async (t) => {
  await t.resolves(run('.', process.execPath, program('@arethetypeswrong/cli/dist/index.js'), tarball, '--profile', 'esm-only'))
})

const names = Object.keys(exported).sort()

const report = `
  const members = Object.keys(plugin).filter((name) => name !== '__esModule').sort()
  const app = require('fastify')()
  app.register(plugin, { savePhoto () {}, authenticate () {} })
  app.ready().then(() => console.log(JSON.stringify({ members, routes: app.hasRoute({ method: 'PUT', url: '/me/photo/$value' }) })))
`
const programs = {
  'import.mjs': `import { createRequire } from 'node:module'; import * as plugin from '${manifest.name}'
    const require = createRequire(import.meta.url); ${report}`,
  'require.cjs': `const plugin = require('${manifest.name}'); ${report}`
}

for (const node of nodes) {
  t.test(`a fresh project installs the tarball under Node ${node}`, async (t) => {
    const peers = Object.entries(manifest.peerDependencies).map(([name, range]) => `${name}@${range}`)
    const others = importedPackages.filter((name) => name !== manifest.name && !(name in manifest.peerDependencies))
    const consumer = await installedConsumer(t, tarball, [...peers, ...others], node)
    const thatNode = await nodeProgram(node)
    await write(consumer, programs)

    for (const [way, file] of [['import', 'import.mjs'], ['require', 'require.cjs']] as const) {
      await t.test(`${way} gives the plugin and every named export`, async (t) => {
        t.strictSame(JSON.parse(await run(consumer, thatNode, file)), { members: names, routes: true })
      })
    }
    await t.test('a stack names lines of the sources', async (t) => {
      const code = `import('${manifest.name}').then(({ GraphError }) => new GraphError(1, '', '')).catch(({ stack }) => { console.log(stack) })`
      t.match(await run(consumer, thatNode, '--enable-source-maps', '-e', code), /\/lib\/answers\/graph-error\.ts:\d+/)
    })
    for (const { what, prove } of proofs) {
      await t.test(`the README's block runs: ${what}`, (t) => prove(t, consumer, { node: thatNode }))
    }
  })
}
