import t from 'tap'
import { cp } from 'node:fs/promises'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { addDeclarations, linkedConsumer, projectFile, write } from './project.js'
import { block } from './readme.js'

const promises: ReadonlyArray<readonly [file: string, promise: string]> = [
  ['options.ts', 'every option takes what it is for, and nothing else'],
  ['hooks.ts', 'every hook may be sync or async, and its parameters are inferred'],
  ['exports.ts', 'every export has its type'],
  ['require.cts', 'require gives a namespace with every export and type'],
  ['no-augmentation.ts', 'no type of Fastify gets a member'],
  ['readme.ts', "the README's block compiles"]
]

/** What the compiler says of a project, its own files and the plugin's declarations, by file. What others declare is theirs to check. */
function diagnose (project: string): Map<string, string[]> {
  const config = ts.getParsedCommandLineOfConfigFile(join(project, 'tsconfig.json'), {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic ({ messageText }) { throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n')) }
  })
  const program = ts.createProgram(config?.fileNames ?? [], config?.options ?? {})
  const found = new Map(program.getRootFileNames().map((name) => [relative(project, name), [] as string[]]))
  const own = program.getSourceFiles().filter(({ fileName }) => !relative(project, fileName).startsWith('..'))
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

t.test("the README's server compiles as TypeScript", async (t) => {
  const project = await linkedConsumer(t, ['@types/node'])
  await addDeclarations(project)
  await cp(projectFile('test/types/tsconfig.json'), join(project, 'tsconfig.json'))
  await write(project, { 'package.json': JSON.stringify({ type: 'module' }), 'server.ts': block('Usage', 'js') })
  t.strictSame([...diagnose(project)], [['server.ts', []]])
})

t.test('the declarations, as a consumer sees them', async (t) => {
  const project = await linkedConsumer(t, ['@types/node'])
  await addDeclarations(project)
  const formats = [['module', 'ESM'], ['commonjs', 'CommonJS']] as const
  await cp(projectFile('test/types/tsconfig.json'), join(project, 'tsconfig.json'))
  for (const [type] of formats) {
    await cp(projectFile('test/types'), join(project, type), { recursive: true })
    // The nearest package.json says which of the two a file is.
    await write(join(project, type), { 'package.json': JSON.stringify({ type }), 'readme.ts': block('TypeScript', 'ts') })
  }

  const found = diagnose(project)
  for (const [type, format] of formats) {
    found.delete(join(type, 'same.ts'))
    for (const [file, promise] of promises) {
      t.strictSame(found.get(join(type, file)), [], `${promise}, as ${format}`)
      found.delete(join(type, file))
    }
  }
  t.strictSame([...found], [], 'nothing else is wrong, or untested')
})
