// TypeScript is compiled once, not once a test file, which takes most of what a small test takes.
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'

const root = new URL('../../', import.meta.url)
const sources = new URL('lib/index.ts', root).href
const cache = new URL('node_modules/.cache/fastify-graph-photo/', root)
await mkdir(cache, { recursive: true })
const settings = await readFile(new URL('tsconfig.json', root), 'utf8')

async function compile (text, fileName) {
  const { default: ts } = await import('typescript')
  const { compilerOptions } = JSON.parse(settings)
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, '.')
  const { outputText } = ts.transpileModule(text, {
    fileName,
    compilerOptions: { ...options, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, inlineSourceMap: true, inlineSources: true }
  })
  return outputText
}

export const resolve = (name, context, next) => next(name === 'fastify-graph-photo' ? sources : name, context)

export async function load (url, context, next) {
  if (!url.startsWith(root.href) || !url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context)
  const text = await readFile(new URL(url), 'utf8')
  const key = createHash('sha256').update(settings).update(url).update(text).digest('hex')
  const kept = new URL(`${key}.js`, cache)
  let source = await readFile(kept, 'utf8').catch(() => undefined)
  if (source === undefined) {
    source = await compile(text, url)
    const own = new URL(`${key}.${process.pid}`, cache)
    await writeFile(own, source)
    await rename(own, kept) // whole, or not at all
  }
  return { format: 'module', source, shortCircuit: true }
}
