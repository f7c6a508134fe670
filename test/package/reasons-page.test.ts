import { readFile } from 'node:fs/promises'
import t from 'tap'
import { projectFile } from './project.js'
import { reasonsPage } from './reasons-page.js'

t.test('the page of reasons has every reason, as the code has it', async (t) => {
  t.equal(await readFile(projectFile('.github/REASONS.md'), 'utf8'), reasonsPage, 'npm run reasons writes it anew')
})
