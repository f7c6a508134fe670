import { cp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { manifest, projectFile, run } from '../../package/project.js'
import { installedConsumer, pack } from './consumer.js'

interface Toolchain {
  readonly typescript: string
  /** Whose types. */
  readonly node: string
  /** Too old to know that Node's require loads ESM. */
  readonly isOld?: boolean
}

/** The oldest and the newest compiler, and the types of the oldest and the newest Node that the package is for. */
const toolchains: readonly Toolchain[] = [
  { typescript: '5.4', node: '20', isOld: true },
  { typescript: '7.0', node: '20' },
  { typescript: '7.0', node: '26' }
]

const tarball = await pack(t)

for (const { typescript, node, isOld = false } of toolchains) {
  await t.test(`the declarations compile with TypeScript ${typescript} and the types of Node ${node}, skipLibCheck off`, async (t) => {
    const names = [`fastify@${manifest.peerDependencies['fastify']}`, `typescript@${typescript}`, `@types/node@${node}`]
    const consumer = await installedConsumer(t, tarball, names, process.versions.node)
    await cp(projectFile('test/types'), consumer, { recursive: true })
    if (isOld) await rm(join(consumer, 'require.cts'))
    await writeFile(join(consumer, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
    // tap's own loader, which every child gets, can't load the newest compiler.
    const tsc = (...args: readonly string[]) =>
      run(consumer, 'env', '-u', 'NODE_OPTIONS', process.execPath, 'node_modules/typescript/bin/tsc', ...args)
    t.match(await tsc('--version'), `Version ${typescript}`)
    await tsc('-p', '.')
  })
}
