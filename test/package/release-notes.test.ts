import t from 'tap'
import { folder, projectFile, run } from './project.js'

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
