import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fastifyJwt from '@fastify/jwt'
import createHttpError from 'http-errors'
import Fastify, { type FastifyInstance, type FastifyRequest, type InjectOptions, type LightMyRequestResponse } from 'fastify'
import t from 'tap'
import {
  callerFromClaims, graphEnvelope, GraphError, graphPhoto, graphServerOptions, photoKey, photoTarget, type Caller, type PhotoTarget
} from '../../lib/index.js'
import { portrait } from '../fixtures/pictures.js'
import { errorsIn, put, type LogLine } from '../helpers/host.js'
import { appClaims, audience, claims, jwt, secret, token, userId, type Claims } from '../helpers/tokens.js'

const known = new Set([userId, 'g-1'])

/** What the three plugins of this host agree upon. */
function resolveTarget (target: PhotoTarget): PhotoTarget | null {
  return known.has(target.kind === 'group' ? target.groupId : target.userId) ? target : null
}

async function callerOf (request: FastifyRequest): Promise<Caller> {
  return callerFromClaims(await request.jwtVerify<Claims>())
}

function denied (): GraphError {
  return new GraphError(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.')
}

function notFound (id = ''): GraphError {
  return new GraphError(404, 'Request_ResourceNotFound', `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`)
}

interface Ids {
  readonly userId?: string
  readonly groupId?: string
}

async function readable (request: FastifyRequest): Promise<PhotoTarget> {
  const caller = await callerOf(request)
  if (!caller.permissions.some((permission) => permission.startsWith('User.') || permission.startsWith('Group.'))) throw denied()
  // The router gives what the paths of these plugins name.
  const ids = request.params as Ids
  const target = resolveTarget(photoTarget(ids, caller))
  if (target === null) throw notFound(ids.userId ?? ids.groupId)
  if (request.headers['x-broken'] !== undefined) throw new Error('the database is down')
  return target
}

const owners = ['/me', '/users/:userId', '/groups/:groupId']

/** Users and groups, to read. */
async function directory (scope: FastifyInstance): Promise<void> {
  for (const path of owners) scope.get(path, async (request) => ({ id: photoKey(await readable(request)) }))
}

/** Photos, to read. */
async function photos (scope: FastifyInstance, { saved }: { readonly saved: ReadonlyMap<string, Buffer> }): Promise<void> {
  for (const path of owners) {
    scope.get(`${path}/photo/$value`, async (request, reply) => {
      const data = saved.get(photoKey(await readable(request)))
      if (data === undefined) throw new GraphError(404, 'ImageNotFound', "The photo wasn't found.")
      return reply.type('image/jpeg').send(data)
    })
  }
}

/** A host with three plugins on one prefix. */
async function compose () {
  const saved = new Map<string, Buffer>()
  const logs: LogLine[] = []
  const app = Fastify({ ...graphServerOptions, logger: { stream: { write: (line: string) => { logs.push(JSON.parse(line)) } } } })
  t.teardown(() => app.close())
  await app.register(fastifyJwt, { secret, verify: { allowedAud: audience } })
  app.addHook('onRequest', async ({ headers }) => {
    if (headers['x-limited'] !== undefined) throw createHttpError(429, 'Slow down.', { headers: { 'retry-after': '9' } })
  })
  await app.register(async (scope) => {
    await scope.register(graphEnvelope)
    await scope.register(directory)
    await scope.register(photos, { saved })
    await scope.register(graphPhoto, {
      resolveTarget,
      savePhoto (photo, { target, request }) {
        if (request.headers['x-broken'] !== undefined) throw new Error('the store is down')
        saved.set(photoKey(target), photo.data)
      }
    })
  }, { prefix: '/v1.0' })
  await app.ready()
  return { app, logs }
}

const { app, logs } = await compose()

interface Fault {
  readonly name: string
  readonly statusCode: number
  readonly owner?: string
  readonly claims?: Claims
  readonly headers?: Readonly<Record<string, string>>
}

const faults: readonly Fault[] = [
  { name: 'no token', statusCode: 401, headers: { authorization: '' } },
  { name: 'a token that is none', statusCode: 401, headers: { authorization: 'Bearer x' } },
  { name: 'a forged token', statusCode: 401, headers: { authorization: `Bearer ${token(claims(), 'another secret of 32 characters!')}` } },
  { name: 'an expired token', statusCode: 401, claims: claims({ exp: 1 }) },
  { name: 'a token of another audience', statusCode: 401, claims: claims({ aud: 'another' }) },
  { name: 'a token of nobody', statusCode: 401, claims: claims({ oid: undefined }) },
  { name: 'a permission that is missing', statusCode: 403, claims: claims({ scp: 'Mail.Read' }) },
  { name: 'a user who is not known', statusCode: 404, owner: '/users/nobody', claims: appClaims() },
  { name: 'a group that is not known', statusCode: 404, owner: '/groups/none' },
  { name: 'a limiter', statusCode: 429, headers: { 'x-limited': '1' } },
  { name: 'a server that fails', statusCode: 500, headers: { 'x-broken': '1' } }
]

/** The requests by which each of the three plugins meets a fault, or a path of each that does not exist. */
function requests ({ owner = '/me', claims, headers }: Partial<Fault>, unknown?: string): readonly InjectOptions[] {
  const common = { authorization: `Bearer ${token(claims)}`, ...headers }
  const resource = `/v1.0${owner}${unknown === undefined ? '' : `/${unknown}`}`
  const photo = `/v1.0${owner}/photo/${unknown ?? '$value'}`
  return [
    { method: 'GET', url: resource, headers: common },
    { method: 'GET', url: photo, headers: common },
    { method: 'PUT', url: photo, headers: { 'content-type': 'image/jpeg', ...common }, payload: portrait }
  ]
}

/** All that a client sees, but for what differs in any two answers. */
function seen ({ statusCode, headers, body }: LightMyRequestResponse): string {
  const same = Object.entries(headers).filter(([name]) => name !== 'date' && name !== 'content-length').toSorted()
  return JSON.stringify([statusCode, same, body])
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<guid>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, '<date>')
}

for (const fault of faults) {
  t.test(`by its answer to ${fault.name} a client can't tell three plugins on one prefix apart`, async (t) => {
    logs.length = 0
    const answers = await Promise.all(requests(fault).map((request) => app.inject(request)))
    t.equal(new Set(answers.map(seen)).size, 1, answers.map(seen).join('\n'))
    t.equal(answers[0]?.statusCode, fault.statusCode)
    t.equal(errorsIn(logs).length, fault.statusCode >= 500 ? answers.length : 0, 'each 5xx is logged once')
  })
}

t.test("by an unknown path a client can't tell them apart either, nor by a method that none of them has", async (t) => {
  const unknown = requests({}, 'nothing')
  const answers = await Promise.all([...unknown, { method: 'POST', url: '/v1.0/nothing', payload: '{' } as const].map((request) => app.inject(request)))
  t.equal(new Set(answers.map(seen)).size, 1, answers.map(seen).join('\n'))
  t.match(answers[0]?.json(), { error: { code: 'ResourceNotFound', message: "Resource not found for the segment 'nothing'." } })
  const deleted = await Promise.all(['/me', '/me/photo'].map((path) => app.inject({ method: 'DELETE', url: `/v1.0${path}` })))
  t.strictSame(deleted.map((answer) => [answer.statusCode, answer.json().error.code]), [[404, 'ResourceNotFound'], [404, 'ResourceNotFound']])
})

t.test('what the plugin saves, its sibling finds', async (t) => {
  for (const owner of ['/me', '/groups/G-1', `/users/${userId.toUpperCase()}`]) {
    const [, get, put] = requests({ owner })
    t.equal((await app.inject(put ?? {})).statusCode, 200, owner)
    t.strictSame((await app.inject(get ?? {})).rawPayload, portrait)
  }
})

t.test('two copies of the package give a request the same ids, and bind them to its log once', async (t) => {
  const copy = t.testdir()
  for (const folder of ['lib', 'types']) await cp(new URL(`../../${folder}/`, import.meta.url), join(copy, folder), { recursive: true })
  const other: typeof import('../../lib/index.js') = await import(pathToFileURL(join(copy, 'lib/index.ts')).href)
  t.not(other.graphEnvelope, graphEnvelope, 'these are two')

  const logs: LogLine[] = []
  const app = Fastify({ ...graphServerOptions, genReqId: () => 'req-1', logger: { stream: { write: (line: string) => { logs.push(JSON.parse(line)) } } } })
  t.teardown(() => app.close())
  await app.register(async (scope) => {
    await scope.register(other.graphEnvelope)
    await scope.register(graphPhoto, { jwt, savePhoto () {} })
  }, { prefix: '/v1.0' })
  const { statusCode, headers } = await put(app)
  t.equal(statusCode, 200)
  const lines = logs.filter(({ photo }) => photo !== undefined)
  t.strictSame(lines.map((line) => line['request-id']), [headers['request-id']])
  t.equal(JSON.stringify(lines[0]).split('"request-id"').length, 2, 'the request id stands once in the line')
})
