import type { FastifyServerOptions } from 'fastify'
import pretty from 'pino-pretty'

type Logger = Exclude<FastifyServerOptions['logger'], boolean | undefined>

/** One line for a person where a terminal reads it, JSON where a file or another program does. */
export function logTo (output: NodeJS.WritableStream & { readonly isTTY?: boolean }): Logger {
  // Only warnings at first: Fastify's own lines would come before the welcome.
  const logger = { level: 'warn', base: null }
  if (output.isTTY !== true) return { ...logger, stream: output }
  return { ...logger, stream: pretty({ destination: output, singleLine: true, translateTime: 'SYS:HH:MM:ss', sync: true }) }
}
