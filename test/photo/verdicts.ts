import sharp from 'sharp'
import type { Test } from 'tap'
import { checkPhoto, type PhotoLimits } from '../../lib/photo/index.js'

export const limits = { imageTypes: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'], maxPixels: 100_000_000 } as const

/** The size that the check finds, such as `320 x 240`, or the name of its reason. */
export async function verdictOf (bytes: Buffer, accepted: PhotoLimits = limits): Promise<string> {
  const found = await checkPhoto(bytes, accepted)
  return 'reason' in found ? found.reason : `${found.width} x ${found.height}`
}

/** The reason with what its sentence tells, such as `blockUnknown: 42`. */
async function reasonOf (bytes: Buffer): Promise<string> {
  const found = await checkPhoto(bytes, limits)
  return 'reason' in found ? `${found.reason}: ${Object.values(found.facts).join(', ')}` : 'accepted'
}

export type Rows = Readonly<Record<string, readonly [bytes: Buffer, verdict: string]>>

/** One assertion for a table of inputs and their right verdicts, with or without facts; what is wrong shows by its name. */
export async function assertVerdicts (t: Test, rows: Rows): Promise<void> {
  const found = await Promise.all(Object.entries(rows).map(async ([name, [bytes, verdict]]) => (
    [name, await (verdict.includes(': ') ? reasonOf(bytes) : verdictOf(bytes))])))
  t.strictSame(Object.fromEntries(found), Object.fromEntries(Object.entries(rows).map(([name, [, verdict]]) => [name, verdict])))
}

/** 320 × 240 of noise, to be written by sharp in any format. */
export const noise = sharp({
  create: { width: 320, height: 240, channels: 3, background: 'black', noise: { type: 'gaussian', mean: 128, sigma: 40 } }
})

export const overwritten = (bytes: Buffer, at: number, ...written: number[]): Buffer => {
  const changed = Buffer.from(bytes)
  changed.set(written, at)
  return changed
}

export function inserted (bytes: Buffer, at: number, ...between: Buffer[]): Buffer {
  return Buffer.concat([bytes.subarray(0, at), ...between, bytes.subarray(at)])
}
