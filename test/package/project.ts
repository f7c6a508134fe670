import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import ts from 'typescript'
import { withoutTap } from '../helpers/children.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The package's own description. */
export const manifest: {
  readonly name: string
  readonly version: string
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))

export function projectFile (path: string): string {
  return join(root, path)
}

const execute = promisify(execFile)

/** What a command prints; a command that fails rejects with all that it printed. */
export async function run (cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await execute(...withoutTap(command, ...args), { cwd, maxBuffer: 64 * 1024 * 1024 })
    return stdout
  } catch (error) {
    const { stdout, stderr } = Object(error)
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout}\n${stderr}`, { cause: error })
  }
}

/** A folder outside of the project, so that nothing of the project is found from inside it. It goes when the test ends. */
export async function folder (t: Test): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'fastify-graph-photo-')))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}

/** Writes files below a folder. */
export async function write (cwd: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true })
    await writeFile(join(cwd, name), text)
  }
}

/**
 * A project that has the package and, as links, nothing but what the package says that it needs and what is named. It is made
 * without a registry, and so in a moment.
 */
export async function linkedConsumer (t: Test, names: readonly string[] = []): Promise<string> {
  const consumer = await folder(t)
  const installed = join(consumer, 'node_modules', manifest.name)
  await transpile(join(installed, 'dist'))
  await cp(projectFile('package.json'), join(installed, 'package.json'))
  const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  for (const name of new Set([...needed, ...names])) await link(name, consumer)
  return consumer
}

/** What `npm run build` writes, but for the declarations, and without checking anything. */
async function transpile (dist: string): Promise<void> {
  const { config } = ts.readConfigFile(projectFile('tsconfig.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  // A file on its own knows no package.json that says it is a module.
  const compilerOptions = { ...options, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }
  for (const file of ts.sys.readDirectory(root, ['.ts'], undefined, config.include)) {
    const { outputText } = ts.transpileModule(await readFile(file, 'utf8'), { compilerOptions, fileName: file })
    await write(dist, { [relative(root, file).replace(/ts$/, 'js')]: outputText })
  }
}

/** Adds the declarations to a linked package. */
export function addDeclarations (consumer: string): void {
  const { config } = ts.readConfigFile(projectFile('tsconfig.json'), ts.sys.readFile)
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const outDir = join(consumer, 'node_modules', manifest.name, 'dist')
  ts.createProgram(fileNames, { ...options, outDir, emitDeclarationOnly: true, noCheck: true }, compilerHost(options)).emit()
}

const parsed = new Map<string, ts.SourceFile | undefined>()

/** For a compiler that parses what programs share, the types of Node and Fastify above all, once: that is most of its work. */
export function compilerHost (options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options)
  const parse = host.getSourceFile.bind(host)
  host.getSourceFile = (name, ...parameters) => {
    if (!parsed.has(name)) parsed.set(name, parse(name, ...parameters))
    return parsed.get(name)
  }
  return host
}

/** Links what is installed here, so that nothing is fetched. */
export async function link (name: string, consumer: string): Promise<void> {
  const path = join(consumer, 'node_modules', name)
  await mkdir(dirname(path), { recursive: true })
  await symlink(projectFile(join('node_modules', name)), path, 'junction')
}
