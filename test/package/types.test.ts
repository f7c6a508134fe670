import t from 'tap'
import { cp } from 'node:fs/promises'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { addDeclarations, compilerHost, linkedConsumer, projectFile, write } from './project.js'
import { block } from './readme.js'

const checked: ReadonlyArray<readonly [file: string, what: string]> = [
  ['options.ts', 'every option takes what it is for, and nothing else'],
  ['hooks.ts', 'every hook may be sync or async, and its parameters are inferred'],
  ['exports.ts', 'every export has its type'],
  ['require.cts', 'require gives a namespace with every export and type'],
  ['no-augmentation.ts', 'no type of Fastify gets a member'],
  ['readme.ts', "the README's block compiles"]
]

/**
 * What the compiler says of a folder of a consumer, its files and the plugin's declarations, by file. What others declare is theirs to
 * check.
 */
function diagnose (consumer: string, folder: string): Map<string, string[]> {
  const project = join(consumer, folder)
  const config = ts.getParsedCommandLineOfConfigFile(join(project, 'tsconfig.json'), {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic ({ messageText }) { throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n')) }
  })
  const program = ts.createProgram(config?.fileNames ?? [], config?.options ?? {}, compilerHost(config?.options ?? {}))
  const found = new Map(program.getRootFileNames().map((name) => [relative(project, name), [] as string[]]))
  const own = program.getSourceFiles().filter(({ fileName }) => !relative(consumer, fileName).startsWith('..'))
  const diagnostics = [
    ...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics(),
    ...own.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
  ]
  for (const { file, start = 0, messageText } of diagnostics) {
    const name = file === undefined ? '' : relative(project, file.fileName)
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1
    found.set(name, [...found.get(name) ?? [], `${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`])
  }
  return found
}

t.test('the declarations, as a consumer sees them', async (t) => {
  const consumer = await linkedConsumer(t, ['@types/node'])
  addDeclarations(consumer)
  const formats = [['module', 'ESM'], ['commonjs', 'CommonJS']] as const
  for (const [type] of formats) {
    await cp(projectFile('test/types'), join(consumer, 'types', type), { recursive: true })
    // The nearest package.json says which of the two a file is.
    await write(join(consumer, 'types', type), { 'package.json': JSON.stringify({ type }), 'readme.ts': block('TypeScript', 'ts') })
  }
  await write(join(consumer, 'readme'), { 'package.json': JSON.stringify({ type: 'module' }), 'server.ts': block('Usage', 'js') })
  for (const folder of ['types', 'readme']) await cp(projectFile('test/types/tsconfig.json'), join(consumer, folder, 'tsconfig.json'))

  // Apart from the rest, as the server imports @fastify/jwt, which adds to the types of Fastify.
  t.strictSame([...diagnose(consumer, 'readme')], [['server.ts', []]], "the README's server compiles as TypeScript")
  const found = diagnose(consumer, 'types')
  for (const [type, format] of formats) {
    found.delete(join(type, 'same.ts'))
    for (const [file, what] of checked) {
      t.strictSame(found.get(join(type, file)), [], `${what}, as ${format}`)
      found.delete(join(type, file))
    }
  }
  t.strictSame([...found], [], 'nothing else is wrong, or untested')
})
