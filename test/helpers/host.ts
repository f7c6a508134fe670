import { createSigner } from 'fast-jwt'
import Fastify, { type FastifyInstance, type FastifyServerOptions, type InjectOptions, type LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { graphPhoto, graphServerOptions, type GraphPhotoOptions, type Photo, type PhotoContext } from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'

export const secret = 'a secret of this test, 32 characters or more'
export const audience = 'https://graph.microsoft.com'
export const userId = '6e7b768e-07e2-4810-8459-485f84f8f204'
export const userPrincipalName = 'adele@contoso.example'
export const tenantId = '84841066-274d-4ec0-a5c1-276be684bdd3'

type Claims = Record<string, unknown>

const inOneHour = () => Math.floor(Date.now() / 1000) + 3600

/** The claims of a signed-in user's token; an override of `undefined` removes a claim. */
export function claims (overrides: Claims = {}): Claims {
  return {
    aud: audience,
    exp: inOneHour(),
    oid: userId,
    upn: userPrincipalName,
    tid: tenantId,
    azp: 'f6b4f1d2-7f0b-4e0e-8f53-0a2f2cf4a0c1',
    scp: 'User.ReadWrite Contacts.ReadWrite Group.ReadWrite.All',
    ...overrides
  }
}

/** The claims of an app's own token. */
export function appClaims (overrides: Claims = {}): Claims {
  return {
    aud: audience,
    exp: inOneHour(),
    oid: '0b9cfb5c-3a53-4e2b-8d5a-0f7a1c0d9f11',
    tid: tenantId,
    azp: 'f6b4f1d2-7f0b-4e0e-8f53-0a2f2cf4a0c1',
    idtyp: 'app',
    roles: ['User.ReadWrite.All', 'Contacts.ReadWrite', 'Group.ReadWrite.All'],
    ...overrides
  }
}

export function token (payload: Claims = claims(), key: string = secret): string {
  return createSigner({ key, algorithm: 'HS256', noTimestamp: true })(payload)
}

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

/** A server with the plugin at /v1.0, closed when the test ends. It keeps what was saved and what was logged, Fastify's own lines included. */
export async function host (
  t: Test, options: Partial<GraphPhotoOptions> = {}, server: FastifyServerOptions = graphServerOptions
): Promise<Host> {
  const saved: Saved[] = []
  const logs: LogLine[] = []
  const stream = { write: (line: string) => { logs.push(JSON.parse(line)) } }
  const app = Fastify({ logger: { level: 'info', stream }, ...server })
  t.teardown(() => app.close())
  const jwt = { secret, verify: { allowedAud: audience } }
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
  /** Beside the token and the label; `undefined` removes one of them. */
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
}

interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** An answer in Graph's envelope, with every header that goes with it. */
export function assertError (t: Test, { statusCode, headers, body }: Answer, expected: ExpectedError): void {
  t.equal(statusCode, expected.statusCode)
  t.equal(headers['content-type'], 'application/json')
  t.equal(headers['cache-control'], 'no-store')
  t.match(headers['request-id'], guid)
  const { error, ...rest } = JSON.parse(body)
  t.strictSame(rest, {})
  t.strictSame(Object.keys(error), ['code', 'message', 'innerError'])
  t.equal(error.code, expected.code)
  if (expected.message !== undefined) t.match(error.message, expected.message)
  t.strictSame(Object.keys(error.innerError), ['date', 'request-id', 'client-request-id'])
  t.match(error.innerError.date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
  t.equal(error.innerError['request-id'], headers['request-id'])
  t.equal(error.innerError['client-request-id'], headers['client-request-id'])
  if (statusCode === 401) t.match(headers['www-authenticate'], /^Bearer realm="/)
}

/** The environment for a child process that measures no coverage: tap would take another compiler's lines for its own. */
export const plainEnv = { ...process.env, _TAPJS_PROCESSINFO_COVERAGE_: '0' }
