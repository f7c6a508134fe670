const imageChunks: readonly string[] = ['VP8 ', 'VP8L', 'ANMF']

/**
 * Whether a WebP has every chunk that its header announces, a picture among them.
 * @see https://developers.google.com/speed/webp/docs/riff_container
 */
export function isCompleteWebp (bytes: Buffer): boolean {
  if (bytes.length < 20) return false
  const end = 8 + bytes.readUInt32LE(4)
  if (end > bytes.length) return false
  let hasImage = false
  let position = 12
  while (position + 8 <= end) {
    const length = bytes.readUInt32LE(position + 4)
    if (position + 8 + length > end) return false
    if (length > 0 && imageChunks.includes(bytes.toString('latin1', position, position + 4))) hasImage = true
    position += 8 + length + length % 2
  }
  return hasImage
}
