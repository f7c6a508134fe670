import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Test } from 'tap'
import ts from 'typescript'
import { withoutTap } from '../helpers/children.js'
import { projectFile, write } from './project.js'

export const readme = readFileSync(projectFile('README.md'), 'utf8')

export interface Block {
  /** The heading that the block stands under. */
  readonly heading: string
  readonly language: string
  readonly code: string
}

/** Every code block, in order. */
export const blocks: readonly Block[] = [...readme.matchAll(/^#+ (.+)$|^```(.*)\n([^]*?)^```$/gm)].reduce<Block[]>(
  (found, [, heading, language, code]) => {
    found.push(heading === undefined
      ? { heading: found.at(-1)?.heading ?? '', language: language ?? '', code: code ?? '' }
      : { heading, language: 'heading', code: '' })
    return found
  }, []).filter(({ language }) => language !== 'heading')

/** The one block of this language under this heading. */
export function block (heading: string, language: string): string {
  const found = blocks.filter((candidate) => candidate.heading.startsWith(heading) && candidate.language === language)
  const [only] = found
  if (only === undefined || found.length > 1) throw new Error(`${found.length} blocks of ${language} under "${heading}"`)
  return only.code
}

/** Names of the packages that the blocks import, other than Node's own; what a recipe needs beside them is said there. */
export const importedPackages: readonly string[] = [...new Set(
  blocks.filter(({ heading }) => heading !== 'Entra ID').flatMap(({ code }) => [...code.matchAll(/^import .*from '([^'.][^']*)'/gm)].map(([, name = '']) => name))
    .filter((name) => !name.startsWith('node:')))]

/** A block as a program's file: types are left out. */
export function asJavaScript (code: string): string {
  return ts.transpile(code, { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 })
}

export const jwtSecret = 'a secret of this test, 32 characters or more'
export const issuer = 'https://login.contoso.example'
export const audience = 'https://graph.contoso.example'

/** A server around what a block exports. The signed-in user of a session is whoever the header names. */
const hooksServer = `
import Fastify from 'fastify'
import { graphPhoto } from 'fastify-graph-photo'
import * as exported from './hooks.mjs'

const { options, ...hooks } = exported
const app = Fastify()
app.decorateRequest('user', null)
app.addHook('onRequest', async (request) => {
  const id = request.headers['x-user']
  if (id !== undefined) request.user = { id }
})
app.register(graphPhoto, {
  prefix: process.env.PREFIX ?? '/v1.0',
  savePhoto () {},
  ...('authenticate' in hooks ? {} : { jwt: { secret: process.env.JWT_SECRET } }),
  ...options,
  ...hooks
})
await app.listen({ port: 3000 })
`

export interface Running {
  readonly url: string
  /** What the program has printed so far. */
  readonly printed: () => string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** The Node that runs it. */
  readonly node?: string
}

/** Pastes a block that listens into a project, and runs it until the test ends. */
export async function runServer (t: Test, consumer: string, code: string, options: RunOptions = {}): Promise<Running> {
  await write(consumer, { 'server.mjs': code })
  return start(t, consumer, options)
}

/** Pastes a block that exports hooks into a project, and runs a server that has them. */
export async function runHooks (t: Test, consumer: string, code: string, options: RunOptions = {}): Promise<Running> {
  await write(consumer, { 'hooks.mjs': asJavaScript(code), 'server.mjs': hooksServer })
  return start(t, consumer, options)
}

async function start (t: Test, consumer: string, { env, node = process.execPath }: RunOptions): Promise<Running> {
  const anyPort = new URL('any-port.mjs', import.meta.url).href
  const child = spawn(...withoutTap(node, '--import', anyPort, 'server.mjs'), {
    cwd: consumer,
    env: { ...process.env, JWT_SECRET: jwtSecret, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => { printed += text })
  const closed = once(child, 'close')
  t.teardown(async () => {
    child.kill()
    await closed
  })
  const [port] = await Promise.race([
    once(child, 'message'),
    closed.then(() => { throw new Error(`the program ended:\n${printed}`) })
  ])
  return { url: `http://localhost:${port}/v1.0`, printed: () => printed }
}
