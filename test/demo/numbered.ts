import type { PhotoTarget } from '../../types/index.js'

/** Bytes that say which they are, all along, so that half of one and half of another show. */
export function numbered (number: number): Buffer {
  return Buffer.alloc(200_000 + (number % 5) * 100_000, `${number} `)
}

/** Which these bytes are, or `undefined` where they are not whole. */
export function numberOf (bytes: Buffer): number | undefined {
  const number = Number.parseInt(bytes.toString('latin1', 0, 12), 10)
  return bytes.length > 0 && bytes.equals(numbered(number)) ? number : undefined
}

export const owners: readonly PhotoTarget[] = [
  { kind: 'user', userId: 'u' },
  { kind: 'group', groupId: 'g', tenantId: 't' },
  { kind: 'contact', userId: 'u', contactId: 'AA=', tenantId: 't' }
]
