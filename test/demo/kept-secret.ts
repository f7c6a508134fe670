import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { minSecretLength } from './settings.js'

/** The secret that lies beside the photos, so that tokens outlive a restart and `npm run token` finds it. The first call makes it. */
export async function keptSecret (photoDir: string): Promise<string> {
  const file = join(photoDir, 'jwt-secret')
  await mkdir(photoDir, { recursive: true })
  await writeFile(file, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 }).catch(ignoreExisting)
  const secret = await readFile(file, 'utf8')
  if (secret.length < minSecretLength) throw new Error(`${file} has fewer than ${minSecretLength} characters; delete it to get a new one.`)
  return secret
}

function ignoreExisting (error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
