import type { FastifyRequest } from 'fastify'
import { refuse, type Refusal } from '../answers/index.js'

/** Bytes of the request line and the headers, as they came over the wire in HTTP/1. */
export function headBytes ({ raw, method, originalUrl }: FastifyRequest): number {
  const requestLine = method.length + ' '.length + originalUrl.length + ' HTTP/1.1\r\n'.length
  let headers = 0
  for (const nameOrValue of raw.rawHeaders) headers += nameOrValue.length + 2
  return requestLine + headers + '\r\n'.length
}

/**
 * The values of a header that was sent; more than one where it was repeated, of which Node shows the first. A value that a host
 * hook has set counts as sent.
 */
export function valuesOf ({ raw: { headers, rawHeaders } }: FastifyRequest, name: 'authorization' | 'content-type'): readonly string[] {
  const sent: string[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const value = rawHeaders[at + 1]
    if (value !== undefined && isNamed(rawHeaders[at], name)) sent.push(value)
  }
  const shown = headers[name]
  return sent.length > 1 || shown === undefined ? sent : [shown]
}

/** Few names are as long, and only those need lower case. */
function isNamed (sent: string | undefined, name: string): boolean {
  return sent?.length === name.length && sent.toLowerCase() === name
}

/** Whether a header was sent more than once. */
export function isRepeated (request: FastifyRequest, name: 'authorization' | 'content-type'): boolean {
  return valuesOf(request, name).length > 1
}

/** The announced length of the body in bytes, or `undefined` where none is announced. */
export function contentLength ({ headers }: FastifyRequest): number | undefined {
  const announced = headers['content-length']
  return announced === undefined ? undefined : Number(announced)
}

/** The announced length of the whole request in bytes, head and body together, or `undefined` where none is announced. */
export function announcedBytes (request: FastifyRequest): number | undefined {
  const announced = contentLength(request)
  return announced === undefined ? undefined : headBytes(request) + announced
}

const MiB = 1024 * 1024

/** The refusal of a request that is longer than `maxRequestBytes`, head and body together. */
export function tooLarge (maxRequestBytes: number, announced?: number): Refusal {
  const limit = maxRequestBytes % MiB === 0 ? `${maxRequestBytes / MiB}MB` : `${maxRequestBytes} bytes`
  const facts = { limit, most: maxRequestBytes }
  return announced === undefined ? refuse('bodyTooLarge', facts) : refuse('requestTooLarge', { ...facts, announced })
}

/** Refuses a request that announces to be longer than `maxRequestBytes`. */
export function checkLength (request: FastifyRequest, maxRequestBytes: number): Refusal | undefined {
  const announced = announcedBytes(request)
  return announced !== undefined && announced > maxRequestBytes ? tooLarge(maxRequestBytes, announced) : undefined
}
