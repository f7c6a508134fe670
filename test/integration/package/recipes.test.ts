import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { fixture, portrait } from '../../fixtures/pictures.js'
import { manifest, run, write } from '../../package/project.js'
import { installedConsumer, pack } from './consumer.js'
import { recipes } from './recipes.js'

/** How a host uses each recipe, and what its upload is answered. */
const uses: Readonly<Record<string, readonly [code: string, status: number]>> = {
  'administrators.ts': [`
    import { orAdministrators, photoAdministrators } from './administrators.js'
    const directoryRoles = photoAdministrators.slice(0, 1)
    const authenticate = () => ({ kind: 'delegated', id: 'adele', permissions: ['User.ReadWrite.All'], directoryRoles }) as const
    await upload({ authenticate, savePhoto () {}, authorize: orAdministrators() }, '/users/megan/photo/$value')`, 200],
  'any-issuer.ts': [`
    import { anyIssuer } from './any-issuer.js'
    const authenticate = anyIssuer({ issuer: 'https://contoso.example', audience: 'photos', jwksUri: 'https://contoso.example/keys' })
    await upload({ authenticate, savePhoto () {} })`, 401],
  'azure-blob.ts': [`
    import { ContainerClient } from '@azure/storage-blob'
    import { blobPhotos } from './azure-blob.js'
    const account = 'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:9/a;'
    const container = new ContainerClient(account, 'photos', { retryOptions: { maxTries: 1 } })
    await uploadWithToken((app) => app.register(blobPhotos, { container }))`, 503],
  'directory-photo.ts': [`
    import { exceptDirectoryPhotos } from './directory-photo.js'
    await upload({ savePhoto: exceptDirectoryPhotos(async () => true, () => {}) })`, 409],
  'entra-id.ts': [`
    import { entraId } from './entra-id.js'
    await upload({ authenticate: undefined, jwt: entraId({ tenantId: 'contoso', clientId: 'photos' }), savePhoto () {} })`, 401],
  'group-owners.ts': [`
    import { onlyOwners } from './group-owners.js'
    await upload({ savePhoto () {}, authorize: onlyOwners(async () => ['adele']) }, '/groups/designers/photo/$value')`, 200],
  'http2.ts': [`
    import Fastify from 'fastify'
    import { graphServerOptions } from 'fastify-graph-photo'
    import { settings, widenWindows } from './http2.js'
    const app = Fastify({ ...graphServerOptions, http2: true, https: { allowHTTP1: true, settings } })
    widenWindows(app.server)
    await app.close()
    await upload({ savePhoto () {} })`, 200],
  'plain-files.ts': [`
    import { openStore } from './plain-files.js'
    const store = await openStore('photos')
    await upload({ savePhoto: (photo, { target }) => store.save(target, photo.data) })
    if (await store.read({ kind: 'user', userId: 'adele' }) === undefined) throw new Error('It is not there.')`, 200],
  'png-too.ts': [`
    import { pngToo } from './png-too.js'
    await upload({ ...pngToo, savePhoto () {} }, '/me/photo/$value', 'photo.png')`, 200],
  's3.ts': [`
    import { S3Client } from '@aws-sdk/client-s3'
    import { s3Photos } from './s3.js'
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
    const client = new S3Client({ region: 'us-east-1', endpoint: 'http://127.0.0.1:9', forcePathStyle: true, maxAttempts: 1, credentials })
    await uploadWithToken((app) => app.register(s3Photos, { client, bucket: 'photos' }))`, 503],
  'sizes.ts': [`
    import { withSizes } from './sizes.js'
    await upload({ savePhoto: withSizes(async (_key, pictures) => { if (pictures.size < 2) throw new Error() }) })`, 200],
  'without-metadata.ts': [`
    import { ExifTool } from 'exiftool-vendored'
    import { withoutMetadata } from './without-metadata.js'
    const exiftool = new ExifTool({ maxProcs: 1 })
    await upload({ savePhoto: async (photo) => { await withoutMetadata(exiftool, photo) } })
    await exiftool.end()`, 200]
}

/** What every host has around a recipe. */
const host = `
import { readFileSync } from 'node:fs'
import Fastify, { type FastifyInstance } from 'fastify'
import graphPhoto, { type GraphPhotoOptions } from 'fastify-graph-photo'

type Options = Omit<GraphPhotoOptions, 'authenticate'> & { authenticate?: GraphPhotoOptions['authenticate'] | undefined }

const adele = { kind: 'delegated', id: 'adele', permissions: ['User.ReadWrite', 'Group.ReadWrite.All'] } as const

export async function upload ({ authenticate, ...options }: Options, url = '/me/photo/$value', file = 'photo.jpg'): Promise<void> {
  const app = Fastify()
  const identity = options.jwt === undefined ? { authenticate: authenticate ?? (() => adele) } : {}
  await app.register(graphPhoto, { ...identity, ...options })
  await send(app, url, file)
}

export async function send (app: FastifyInstance, url = '/me/photo/$value', file = 'photo.jpg', headers = {}): Promise<void> {
  const contentType = file.endsWith('.png') ? 'image/png' : 'image/jpeg'
  const { statusCode } = await app.inject({ method: 'PUT', url, headers: { 'content-type': contentType, ...headers }, payload: readFileSync(file) })
  await app.close()
  console.log(statusCode)
}
`
const withToken = `
import fastifyJwt from '@fastify/jwt'
import Fastify, { type FastifyInstance } from 'fastify'
import { send } from './host.js'

export async function uploadWithToken (setUp: (app: FastifyInstance) => PromiseLike<unknown>): Promise<void> {
  const app = Fastify()
  await app.register(fastifyJwt, { secret: 'a secret of this test, 32 characters or more', verify: { allowedAud: 'photos' } })
  await setUp(app)
  const authorization = 'Bearer ' + app.jwt.sign({ aud: 'photos', exp: Date.now(), oid: 'adele', scp: 'User.ReadWrite' })
  await send(app, undefined, undefined, { authorization })
}
`
/** Packages whose own declarations do not compile under these settings; elsewhere the compiler checks those of others too. */
const unsound: Readonly<Record<string, string>> = {}

const compilerOptions = {
  target: 'ES2023',
  module: 'NodeNext',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  noUnusedLocals: true
}

const hasPerl = await run('.', 'perl', '-v').then(() => true, () => false)
// An install takes a minute on a busy machine.
t.setTimeout(30 * 60_000)
const tarball = await pack(t)
const developmentOnly = ['typescript', '@types/node'].map((name) => `${name}@${manifest.devDependencies[name]}`)

t.strictSame(recipes.map(({ file }) => file).sort(), Object.keys(uses).sort(), 'every recipe is tried, and no other')

for (const { file, path, installs } of recipes) {
  await t.test(`${file} compiles and runs in an empty project, after its npm install line`, async (t) => {
    const [code = '', status = 0] = uses[file] ?? []
    const others = installs.filter((name) => name !== manifest.name)
    t.not(others.length, installs.length, 'the line names the package')
    const consumer = await installedConsumer(t, tarball, [...others, ...developmentOnly], process.versions.node)
    await copyFile(path, join(consumer, file))
    const usesToken = code.includes('uploadWithToken')
    await write(consumer, {
      'package.json': JSON.stringify({ private: true, type: 'module' }),
      'tsconfig.json': JSON.stringify({ compilerOptions: { ...compilerOptions, skipLibCheck: file in unsound } }),
      'host.ts': host,
      ...(usesToken && { 'with-token.ts': withToken }),
      'use.ts': `import { ${usesToken ? "uploadWithToken } from './with-token.js'" : "upload } from './host.js'"}\n${code}`
    })
    await writeFile(join(consumer, 'photo.jpg'), portrait)
    await writeFile(join(consumer, 'photo.png'), fixture('photo.png'))
    await run(consumer, process.execPath, 'node_modules/typescript/bin/tsc', '-p', '.')
    if (file === 'without-metadata.ts' && !hasPerl) t.comment('without Perl it is only compiled')
    else t.equal(await run(consumer, process.execPath, 'use.js'), `${status}\n`)
  })
}
