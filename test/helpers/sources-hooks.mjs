// TypeScript is compiled once, not once a test file, which takes most of what a small test takes.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

const root = new URL('../../', import.meta.url)
const sources = new URL('lib/index.ts', root).href
const cache = new URL('node_modules/.cache/fastify-graph-photo/', root)
mkdirSync(cache, { recursive: true })
const settings = readFileSync(new URL('tsconfig.json', root), 'utf8')

const isOwn = (url) => url?.startsWith(root.href) && !url.includes('/node_modules/')

/** Sources import one another by the names that they have once they are compiled. */
function sourceOf (name, importer) {
  if (name === 'fastify-graph-photo') return sources
  if (!/^\.{1,2}\/.*\.js(?:\?|$)/.test(name) || !isOwn(importer)) return undefined
  const url = new URL(name.replace(/\.js(?=\?|$)/, '.ts'), importer)
  return existsSync(url) ? url.href : undefined
}

export function resolve (name, context, next) {
  const url = sourceOf(name, context.parentURL)
  return url === undefined ? next(name, context) : { url, format: 'module', shortCircuit: true }
}

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

export async function load (url, context, next) {
  if (!isOwn(url) || !/\.ts(?:\?|$)/.test(url)) return next(url, context)
  const text = readFileSync(new URL(url), 'utf8')
  const key = createHash('sha256').update(settings).update(url).update(text).digest('hex')
  const kept = new URL(`${key}.js`, cache)
  if (!existsSync(kept)) {
    const own = new URL(`${key}.${process.pid}`, cache)
    writeFileSync(own, await compile(text, url))
    renameSync(own, kept) // whole, or not at all
  }
  return { format: 'module', source: readFileSync(kept), shortCircuit: true }
}
