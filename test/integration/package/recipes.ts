import { readdir, readFile } from 'node:fs/promises'
import { projectFile } from '../../package/project.js'

/** A recipe as it ships: its two first lines say what it is and what to install. */
export interface Recipe {
  readonly file: string
  readonly path: string
  readonly installs: readonly string[]
}

async function recipesOf (folder: string): Promise<Recipe[]> {
  const files = await readdir(projectFile(folder))
  const found = await Promise.all(files.filter((file) => file.endsWith('.ts')).map(async (file) => {
    const path = projectFile(`${folder}/${file}`)
    const [title = '', install = ''] = (await readFile(path, 'utf8')).split('\n')
    const [, names] = /^\/\/ npm install (.+)$/.exec(install) ?? []
    if (!title.startsWith('// Recipe: ')) return []
    if (names === undefined) throw new Error(`${file} does not say what to install`)
    return [{ file, path, installs: names.split(' ') }]
  }))
  return found.flat()
}

export const recipes: readonly Recipe[] = (await Promise.all(['test/recipes', 'test/integration/recipes'].map(recipesOf))).flat()
