import { script, type BurstShape } from './bursts.js'
import { abbreviations } from './requests.js'

/** A case as text: every connection with the bytes that it writes, each piece on a line. */
export function printed (burst: BurstShape): string {
  let ids = 0
  const scripts = burst.connections.map((shape) => script(shape, () => `00000000-0000-4000-8000-${(ids++).toString(16).padStart(12, '0')}`))
  const connections = scripts.map(({ writes, pause, leaving }, i) => [
    `connection ${i + 1}, ${pause} turns between pieces, leaves: ${leaving}`,
    ...writes.flatMap((pieces, i) => [...(i > 0 ? ['  (waits for an answer)'] : []), ...pieces.map((piece) => `  ${escaped(piece)}`)])
  ].join('\n'))
  return [`host: ${burst.host}${burst.closes ? ', which closes meanwhile' : ''}`, ...connections].join('\n')
}

/**
 * Bytes as JavaScript would write them; what comes often in a row is written once, with how often, and what
 * requests.ts has a name for is named.
 */
function escaped (bytes: Buffer): string {
  return abbreviations.reduce((text, [name, known]) => text.replaceAll(known.toString('latin1'), `<${name}>`), bytes.toString('latin1'))
    .replaceAll('\\', '\\\\')
    .replaceAll(/[^ -~]/g, (byte) => names[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replaceAll(/(\\x..|.)\1{31,}/g, times)
    .replaceAll(/(.{2,40}?)\1{7,}/g, times)
}

const times = (all: string, unit: string) => `<${all.length / unit.length} times ${unit}>`

const names: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n' }
