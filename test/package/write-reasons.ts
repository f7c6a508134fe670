import { writeFile } from 'node:fs/promises'
import { projectFile } from './project.js'
import { reasonsPage } from './reasons-page.js'

await writeFile(projectFile('.github/REASONS.md'), reasonsPage)
