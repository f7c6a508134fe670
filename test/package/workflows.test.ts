import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { projectFile } from './project.js'

const folder = '.github/workflows'
const workflows = readdirSync(projectFile(folder)).map((name) => [name, readFileSync(projectFile(`${folder}/${name}`), 'utf8')] as const)

t.test('every action is pinned by a commit, with its version beside it, the same in all workflows', async (t) => {
  const uses = workflows.flatMap(([, text]) => [...text.matchAll(/uses: (.+)/g)].map(([, used = '']) => used))
  t.ok(uses.length > workflows.length)
  t.strictSame(uses.filter((used) => !/^[\w-]+(?:\/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used)), [])
  const versions = new Map<string, Set<string>>()
  for (const used of uses) {
    const [action = '', version = ''] = used.split('@')
    const repository = action.split('/').slice(0, 2).join('/')
    versions.set(repository, (versions.get(repository) ?? new Set()).add(version))
  }
  t.strictSame([...versions].filter(([, { size }]) => size > 1), [])
})

t.test('a workflow may read and no more; a job says what else it needs', async (t) => {
  for (const [name, text] of workflows) t.match(text, /^permissions:\n {2}contents: read\n\n/m, name)
})

t.test('no workflow keeps credentials beside the sources, or holds a secret', async (t) => {
  for (const [name, text] of workflows) {
    t.equal(text.match(/persist-credentials: false/g)?.length, text.match(/actions\/checkout@/g)?.length, name)
    t.notMatch(text, /secrets\./, name)
  }
})
