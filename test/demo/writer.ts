// Replaces the photos of a store until it is killed, and says on stdout how far it is.
import { readdir } from 'node:fs/promises'
import { argv, stdout } from 'node:process'
import { openStore } from '../recipes/plain-files.js'
import { numbered, owners } from './numbered.js'

const [photoDir = '', first] = argv.slice(2)
const store = await openStore(photoDir)
stdout.write(`${JSON.stringify({ opened: await readdir(photoDir, { recursive: true }) })}\n`)

for (let number = Number(first); ; number++) {
  await Promise.all(owners.map((owner) => store.save(owner, numbered(number))))
  stdout.write(`${JSON.stringify({ saved: number })}\n`)
}
