import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { folder, link, manifest, projectFile, run, write } from '../../package/project.js'

/** The tarball that a registry would get, packed from a copy of the project with these files lying about. */
export async function pack (t: Test, strays: Readonly<Record<string, string>> = {}): Promise<string> {
  const copy = await folder(t)
  for (const name of ['package.json', 'README.md', 'LICENSE', 'tsconfig.json', 'lib', 'types', '.ci', 'test/recipes', 'test/integration/recipes', '.gitignore']) {
    await cp(projectFile(name), join(copy, name), { recursive: true })
  }
  await link('', copy)
  await write(copy, strays)
  await run(copy, 'npm', 'pack')
  return join(copy, `${manifest.name}-${manifest.version}.tgz`)
}

/** A project that has installed the tarball and the named packages from the registry, under this version of Node. */
export async function installedConsumer (t: Test, tarball: string, names: readonly string[], node: string): Promise<string> {
  const consumer = await folder(t)
  await write(consumer, { 'package.json': JSON.stringify({ name: 'consumer', private: true }) })
  await run(consumer, ...under(node, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', tarball, ...names))
  return consumer
}

/** The program that is this version of Node, fetched from the registry unless it is the one that runs. */
export async function nodeProgram (node: string): Promise<string> {
  return (await run(projectFile(''), ...under(node, 'node', '-p', 'process.execPath'))).trim()
}

function under (node: string, ...command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return node === process.versions.node ? command : ['npm', 'exec', '--yes', '--package', `node@${node}`, '--', ...command]
}
