// Recipe: photos as plain files, of one running server.
// npm install fastify-graph-photo fastify write-file-atomic @types/write-file-atomic
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GraphError, photoKey, type PhotoTarget } from 'fastify-graph-photo'
import writeFileAtomic from 'write-file-atomic'

export interface PhotoStore {
  /** Replaces the photo as a whole: whatever happens meanwhile, the old one is there or the new one. */
  save: (target: PhotoTarget, data: Buffer) => Promise<void>
  /** The photo, or `undefined` where there is none. Every file is named `.jpg`: where you accept PNG too, a first byte of 0x89 says PNG. */
  read: (target: PhotoTarget) => Promise<Buffer | undefined>
}

/** Photos as plain files below a folder, which belongs to one running host. */
export async function openStore (photoDir: string): Promise<PhotoStore> {
  await mkdir(photoDir, { recursive: true })
  await removeTemporaryFiles(photoDir)
  const fileOf = (target: PhotoTarget) => join(photoDir, `${photoKey(target)}.jpg`)
  return {
    save: (target, data) => replaceFile(fileOf(target), data).catch(refuseWhenFull),
    read: (target) => readFile(fileOf(target)).catch(undefinedWhenMissing)
  }
}

async function replaceFile (file: string, data: Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  // write-file-atomic calls write() once, and a disk that fills up takes a part without an error. writeFile
  // goes on until all is written or throws, so it fills the temporary file and nothing is left to add.
  await writeFileAtomic(file, '', { tmpfileCreated: (temporaryFile) => writeFile(temporaryFile, data) })
}

/** A killed process leaves `<photo>.jpg.<number>` behind. */
async function removeTemporaryFiles (photoDir: string): Promise<void> {
  const files = await readdir(photoDir, { recursive: true })
  const temporary = files.filter((file) => /\.jpg\.\d+$/.test(file))
  await Promise.all(temporary.map((file) => rm(join(photoDir, file), { force: true })))
}

function refuseWhenFull (error: unknown): never {
  const code = codeOf(error)
  if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error
  throw new GraphError(507, 'InsufficientStorage', 'There is no room for the photo.', { cause: error })
}

function undefinedWhenMissing (error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

function codeOf (error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
