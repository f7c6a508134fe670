import t from 'tap'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { answers } from '../../lib/answers/table.js'
import { graphAuthorize, defaultPermissions } from '../../lib/index.js'
import { readOptions } from '../../lib/options/read.js'
import { methods, routes } from '../../lib/routes/table.js'
import { linkedConsumer, manifest, projectFile } from './project.js'
import { blocks, importedPackages, readme } from './readme.js'
import { proofs } from './readme-proofs.js'

const shell = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code.trim())

t.test('the first two commands are the two ways in', async (t) => {
  t.strictSame(shell.slice(0, 2), ['npm ci && npm start', 'npm ci && npm test'])
  t.hasProps(manifest.scripts, ['start', 'test'])
  const before = readme.slice(0, readme.indexOf('npm ci && npm start'))
  t.notMatch(before, /npm|npx|`curl .|git clone/, 'no command stands before them')
})

t.test('the third command installs what the blocks import', async (t) => {
  const [command = '', verb, ...names] = shell[2]?.split(' ') ?? []
  t.strictSame([command, verb], ['npm', 'install'])
  t.strictSame([...names].sort(), [...new Set([manifest.name, ...Object.keys(manifest.peerDependencies), ...importedPackages])].sort())
  t.equal(shell.length, 3)
})

t.test('every block', async (t) => {
  const consumer = await linkedConsumer(t)
  for (const { what, prove } of proofs) await t.test(what, (t) => prove(t, consumer))

  const proven = proofs.length + shell.length + ['json', 'text'].length
  t.equal(blocks.length, proven, 'no block is left')
})

/** The rows of the table under a heading, without its head. */
function table (heading: string): string[][] {
  const [, section = ''] = readme.split(`# ${heading}\n`)
  const [own = ''] = section.split(/\n#+ /)
  return own.split('\n').filter((line) => line.startsWith('| ')).slice(1)
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()))
}

const names = (text = ''): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)

const publicStatements = readdirSync(projectFile('types')).flatMap((file) =>
  [...ts.createSourceFile(file, readFileSync(projectFile(`types/${file}`), 'utf8'), ts.ScriptTarget.Latest, true).statements])

function isExported (node: ts.Statement): node is ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
  return (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) && node.modifiers !== undefined
}

t.test('the table of options names every option and its default', async (t) => {
  const rows = table('Options')
  const options = publicStatements.filter(ts.isInterfaceDeclaration).find(({ name }) => name.text === 'GraphPhotoOptions')
  t.strictSame(
    rows.flatMap(([name]) => names(name)).sort(),
    options?.members.map(({ name }) => name?.getText()).sort())

  const settings = readOptions({ savePhoto () {} }, { verifiesTokens: true })
  t.equal(settings.authorize, graphAuthorize)
  t.strictSame(settings.permissions, defaultPermissions)
  t.strictSame(
    Object.fromEntries(rows.map(([name, value]) => [names(name)[0], names(value)[0]])),
    {
      savePhoto: undefined,
      authenticate: undefined,
      resolveTarget: undefined,
      jwt: undefined,
      authorize: 'graphAuthorize',
      permissions: 'defaultPermissions',
      contentTypes: `['${settings.contentTypes[0]}']`,
      imageTypes: `['${settings.imageTypes[0]}']`,
      maxRequestBytes: String(settings.maxRequestBytes),
      maxPixels: String(settings.maxPixels),
      explain: String(settings.explain)
    })
})

t.test('the table of permissions is the one that the plugin uses', async (t) => {
  const rows = table('Permissions').map(([kind, delegated, application]) =>
    [kind, { delegated: names(delegated), application: names(application) }])
  t.strictSame(Object.fromEntries(rows), defaultPermissions)
})

t.test('the table of paths has the seven paths, and both methods are named', async (t) => {
  const pathOf = ([cell]: string[]) => names(cell)[0]?.replaceAll('{id \\| userPrincipalName}', ':userId')
    .replace('{contactFolderId}', ':contactFolderId').replace('/contacts/{id}', '/contacts/:contactId').replace('{id}', ':groupId')
  t.strictSame(table('Paths').map(pathOf), routes.map(({ path }) => path))
  for (const { method } of methods) t.match(readme, `\`${method}\``)
})

t.test('the table of answers has every answer of the plugin, and no other', async (t) => {
  const own = Object.values(answers).map(([status, code]) => `${status} ${code}`)
  const rows = table('When it says no').filter(([status]) => /^\d+$/.test(status ?? ''))
  t.strictSame(rows.map(([status, code]) => `${status} ${names(code)[0]}`).sort(), [...new Set(own)].sort())
})

t.test('every exported type is named', async (t) => {
  const [, section = ''] = readme.split('## TypeScript')
  for (const node of publicStatements) if (isExported(node)) t.match(section, `\`${node.name.text}\``)
})

t.test('every link to a file leads to one', async (t) => {
  const files = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path = '']) => path)
  t.ok(files.length > 1)
  for (const path of files) t.ok(existsSync(projectFile(path)), path)
})
