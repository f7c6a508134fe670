/** HTTP's three ways to write a date (RFC 9110, section 5.6.7). */
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [\w :-]+(?: GMT| \d{4})$/

/** Clients read the seconds into 32 bits. */
const mostSeconds = 2 ** 31 - 1

/**
 * The seconds that a `Retry-After` of seconds or of a date says: Microsoft's SDK for Java, version 5, crashes on a date.
 * @returns `undefined` for anything else
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterSeconds (value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string') return undefined
  const seconds = /^\d+$/.test(text) ? Number(text) : secondsUntil(text)
  return seconds <= mostSeconds ? seconds : undefined
}

/** A date in the past says that now is the time. */
function secondsUntil (text: string): number {
  if (!httpDate.test(text)) return NaN
  // The date that C's asctime writes is in UTC too, and does not say so.
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Math.max(0, Math.ceil((date - Date.now()) / 1000))
}
