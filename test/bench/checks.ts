/** What every server of the measurements checks, and where it takes photos. */
export const path = '/v1.0/me/photo/$value'
export const secret = 'the secret of the measurements, 32 characters or more'
export const audience = 'https://graph.microsoft.com'
export const issuer = 'https://issuer.example'
export const scope = 'User.ReadWrite'
export const mediaType = 'image/jpeg'
export const maxBytes = 4 * 1024 * 1024

export function hasScope (scp: unknown): boolean {
  return typeof scp === 'string' && scp.split(' ').includes(scope)
}

/** Whether bytes begin and end as a JPEG does. */
export function isWholeJpeg (bytes: Buffer): boolean {
  return bytes.length > 4 && bytes.readUInt16BE(0) === 0xffd8 && endsAsJpeg(bytes)
}

export function endsAsJpeg (bytes: Buffer): boolean {
  return bytes.length > 4 && bytes.readUInt16BE(bytes.length - 2) === 0xffd9
}
