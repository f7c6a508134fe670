import t from 'tap'
import { readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'

const root = new URL('../..', import.meta.url)

function sourceOf (path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(new URL(path, root), 'utf8'), ts.ScriptTarget.Latest, true)
}

function isExported (node: ts.Statement): boolean {
  return ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true
}

function isDocumented (node: ts.Node): boolean {
  return ts.getJSDocCommentsAndTags(node).length > 0
}

/** Every member of an interface or of a type literal. What has one value only, as a `kind`, says so itself. */
function members (node: ts.Node): ts.PropertySignature[] {
  if (!ts.isPropertySignature(node)) return node.getChildren().flatMap(members)
  return node.type?.kind === ts.SyntaxKind.LiteralType ? [] : [node]
}

/** The sources of a folder, in folders of their own too. */
const sourcesIn = (folder: string) => readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts')).map((name) => `${folder}/${name}`)

const firstLine = (node: ts.Node) => node.getText().replace(/\n[^]*/, '')

for (const folder of ['lib', 'types']) {
  t.test(`every name that a file of ${folder} exports has a doc comment`, async (t) => {
    for (const file of sourcesIn(folder)) {
      const exported = sourceOf(file).statements.filter((node) => isExported(node) && !ts.isExportDeclaration(node))
      t.strictSame(exported.filter((node) => !isDocumented(node)).map(firstLine), [], file)
    }
  })
}

t.test('every member of a public type has a doc comment', async (t) => {
  const statements = sourcesIn('types').flatMap((file) => [...sourceOf(file).statements])
  for (const node of statements.filter((node) => isExported(node) && !ts.isExportDeclaration(node))) {
    t.strictSame(members(node).filter((member) => !isDocumented(member)).map(firstLine), [], firstLine(node))
  }
})
