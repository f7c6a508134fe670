import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { manifest, projectFile, run } from '../../package/project.js'
import { installedConsumer, pack } from './consumer.js'

/** The oldest and the newest with which they are promised to compile, and the compiler of each. */
const compilers = { 5.4: 'typescript@5.4', '7.0': 'typescript@7.0' } as const
/** The types of the oldest and the newest Node that the package runs on. TypeScript 5.4 is older than what the newest are written in. */
const pairs = [['5.4', '20'], ['7.0', '20'], ['7.0', '26']] as const

const tarball = await pack(t)

for (const [compiler, node] of pairs) {
  await t.test(`the declarations compile with TypeScript ${compiler} and the types of Node ${node}, skipLibCheck off`, async (t) => {
    const names = [`fastify@${manifest.peerDependencies['fastify']}`, compilers[compiler], `@types/node@${node}`]
    const consumer = await installedConsumer(t, tarball, names, process.versions.node)
    await cp(projectFile('test/types'), consumer, { recursive: true })
    await writeFile(join(consumer, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
    const tsc = (...args: readonly string[]) => run(consumer, process.execPath, 'node_modules/typescript/bin/tsc', ...args)
    t.match(await tsc('--version'), `Version ${compiler}`)
    await tsc('-p', '.')
  })
}
