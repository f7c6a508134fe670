import t from 'tap'
import { existsSync, readFileSync } from 'node:fs'
import { folder, manifest, projectFile, run, write } from './project.js'

t.test('release notes list what commits since the tag before say that they do', async (t) => {
  const repository = await folder(t)
  const git = (...args: readonly string[]) => run(repository, 'git', '-c', 'user.name=t', '-c', 'user.email=t@t.example', ...args)
  const commit = (subject: string) => git('commit', '--quiet', '--allow-empty', '-m', subject)
  const notes = async (tag: string) => (await run(repository, 'bash', projectFile('.github/release-notes'), tag)).replace(/ \([0-9a-f]{7,}\)/g, '')

  await git('init', '--quiet')
  await commit('feat: save photos')
  await git('tag', 'v1.0.0')
  for (const subject of ['fix: read slowly', 'feat(routes): serve groups', 'feat!: rename an option', 'chore: update', 'feature creep']) await commit(subject)
  await git('tag', 'v2.0.0')
  await commit('fix: later')

  t.equal(await notes('v1.0.0'), '## New\n\n- save photos\n\n')
  t.equal(await notes('v2.0.0'), '## Breaking\n\n- rename an option\n\n## New\n\n- serve groups\n\n## Fixed\n\n- read slowly\n\n')
})

t.test('what a host has to change, where the tag has a page of it, comes first', async (t) => {
  const repository = await folder(t)
  const git = (...args: readonly string[]) => run(repository, 'git', '-c', 'user.name=t', '-c', 'user.email=t@t.example', ...args)
  const page = '## What to change\n\n- a name'
  await write(repository, { '.github/releases/v0.2.0.md': `${page}\n` })
  await git('init', '--quiet')
  await git('add', '.')
  await git('commit', '--quiet', '-m', 'feat: another name')
  await git('tag', 'v0.2.0')
  const notes = await run(repository, 'bash', projectFile('.github/release-notes'), 'v0.2.0')
  t.ok(notes.startsWith(`${page}\n\n## New\n\n- another name`), notes)
})

t.test('a version that may ask for changes, a minor one before 1.0, has its page', async (t) => {
  const [major, minor] = manifest.version.split('.')
  const page = projectFile(`.github/releases/v${major}.${minor}.0.md`)
  t.ok(existsSync(page))
  t.ok(readFileSync(page, 'utf8').startsWith('## What to change, coming from '))
})
