import { readFileSync } from 'node:fs'
import { compileFunction } from 'node:vm'
import type { Caller } from '../../lib/index.js'
import type { Claims } from '../helpers/tokens.js'

export const page = readFileSync(new URL('../../.github/IDENTITY.md', import.meta.url), 'utf8')

interface Section {
  readonly code: readonly string[]
  readonly examples: ReadonlyArray<readonly [claims: Claims, caller: Caller]>
}

/** What a section of the page shows: programs, and claims with the caller that they make. */
export function section (heading: string): Section {
  const [, text = ''] = page.split(`\n## ${heading}\n`)
  const [own = ''] = text.split('\n## ')
  const blocksOf = (language: string) => [...own.matchAll(RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, block = '']) => block)
  const json = blocksOf('json').map((block) => JSON.parse(block))
  return { code: blocksOf('js'), examples: json.flatMap((claims, at) => at % 2 === 0 ? [[claims, json[at + 1]] as const] : []) }
}

/** The values that the page's code gives to options. */
export function valuesIn (code: string): Readonly<Record<string, string | null>> {
  return Object.fromEntries([...code.matchAll(/(\w+): (?:'([^']*)'|null)/g)].map(([, name = '', value]) => [name, value ?? null]))
}

/** Runs the page's code, which finds these names around it; what it calls `result` comes back. */
export async function runCode (code: string, around: Readonly<Record<string, unknown>>, result = 'undefined'): Promise<unknown> {
  const program = compileFunction(`return (async () => { ${code}\nreturn ${result} })()`, Object.keys(around))
  return program(...Object.values(around))
}
