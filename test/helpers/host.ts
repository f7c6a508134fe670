import Fastify, { type FastifyInstance, type FastifyServerOptions, type InjectOptions, type LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { graphPhoto, graphServerOptions, type GraphPhotoOptions, type Photo, type PhotoContext } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { jwt, token, type Claims } from './tokens.js'

export interface Saved {
  readonly photo: Photo
  readonly context: PhotoContext
}

export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly [key: string]: unknown
}

export interface Host {
  readonly app: FastifyInstance
  readonly saved: Saved[]
  readonly logs: LogLine[]
}

/**
 * A server with the plugin at /v1.0, closed when the test ends. It keeps what was saved and what was logged, Fastify's own lines included.
 * `setUp` runs before the plugin is registered.
 */
export async function host (
  t: Test,
  options: Partial<GraphPhotoOptions> = {},
  server: FastifyServerOptions = graphServerOptions,
  setUp: (app: FastifyInstance) => unknown = () => {}
): Promise<Host> {
  const saved: Saved[] = []
  const logs: LogLine[] = []
  const stream = { write: (line: string) => { logs.push(JSON.parse(line)) } }
  const app = Fastify({ logger: { level: 'info', stream }, ...server })
  t.teardown(() => app.close())
  await setUp(app)
  await app.register(graphPhoto, {
    prefix: '/v1.0',
    ...(options.authenticate === undefined && { jwt }),
    savePhoto: (photo, context) => { saved.push({ photo, context }) },
    ...options
  })
  await app.ready()
  return { app, saved, logs }
}

export interface PutOptions {
  readonly url?: string
  readonly method?: 'PUT' | 'PATCH'
  /** Beside the token and the Content-Type; `undefined` removes one of them. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly claims?: Claims
  readonly payload?: InjectOptions['payload'] | undefined
}

/** Sends the portrait, as the signed-in user, to their own photo; every part can be replaced. */
export async function put (app: FastifyInstance, options: PutOptions = {}): Promise<LightMyRequestResponse> {
  const { url = '/v1.0/me/photo/$value', method = 'PUT' } = options
  const all = { authorization: `Bearer ${token(options.claims)}`, 'content-type': 'image/jpeg', ...options.headers }
  const headers = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  const payload = 'payload' in options ? options.payload : portrait
  return app.inject({ method, url, headers, ...(payload !== undefined && { payload }) })
}

export const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export interface ExpectedError {
  readonly statusCode: number
  readonly code: string
  readonly message?: string | RegExp
  /** The code of the reason, from hosts that explain; others say none. */
  readonly reason?: string
}

interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** A value, or the pattern that it matches: so a difference shows what is wrong, and nothing else. */
function shown (value: unknown, pattern: string | RegExp): unknown {
  const matches = typeof pattern === 'string' ? value === pattern || (pattern !== '' && String(value).includes(pattern)) : pattern.test(String(value))
  return matches ? pattern : value
}

const second = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/
const sentence = /\.$/
const challenge = /^Bearer realm="/

/** An answer in Graph's envelope, with every header that goes with it. */
export function assertError (t: Test, answer: Answer | undefined, expected: ExpectedError, about = 'an answer'): void {
  const { statusCode = 0, headers = {}, body = '{}' } = answer ?? {}
  const { error = {}, ...rest } = JSON.parse(body)
  const { innerError = {} } = error
  const { code, message = /^/, reason } = expected
  const ids = { 'request-id': headers['request-id'], 'client-request-id': headers['client-request-id'] }
  t.strictSame({
    statusCode,
    'content-type': headers['content-type'],
    'cache-control': headers['cache-control'],
    'request-id': shown(headers['request-id'], guid),
    'www-authenticate': statusCode === 401 && shown(headers['www-authenticate'], challenge),
    members: [Object.keys(rest), Object.keys(error), Object.keys(innerError)],
    details: error.details?.map((detail: Readonly<Record<string, unknown>>) => ({ ...detail, message: shown(detail['message'], sentence) })),
    error: { ...error, details: undefined, message: shown(error.message, message), innerError: { ...innerError, date: shown(innerError.date, second) } }
  }, {
    statusCode: expected.statusCode,
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'request-id': guid,
    'www-authenticate': expected.statusCode === 401 && challenge,
    members: [[], ['code', 'message', ...(reason === undefined ? [] : ['details']), 'innerError'], ['date', 'request-id', 'client-request-id']],
    details: reason === undefined ? undefined : [{ code: reason, message: sentence }],
    error: { code, message, details: undefined, innerError: { date: second, ...ids } }
  }, `${about}: ${expected.statusCode} ${code}, in Graph's envelope`)
}

export function errorsIn (logs: readonly LogLine[]): readonly LogLine[] {
  return logs.filter(({ level }) => level >= 50)
}
