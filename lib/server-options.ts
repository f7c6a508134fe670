import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest, RawServerBase, RouteGenericInterface } from 'fastify'
import { codeOf, GraphError, logFailure, refuse, Refusal, sendError, setIdHeaders } from './answers/index.js'
import { asRouted } from './routes/index.js'

/** Microsoft's contact ids have 152 characters. */
const longestContactId = 152

const frameworkMessages: ReadonlyMap<string, readonly [statusCode: number, message: string]> = new Map([
  ['FST_ERR_BAD_URL', [400, 'The request URL is malformed.']],
  ['FST_ERR_MAX_PARAM_LENGTH', [414, 'The request URL has a segment that is too long.']]
])

/**
 * Options for the server that a host may spread into `Fastify({ … })`. The plugin works without them.
 *
 * - `routerOptions.maxParamLength`: 512 characters for ids; Fastify's 100 are too few for contact ids
 * - `genReqId`: GUIDs, which become Graph's `request-id`
 * - `requestTimeout`: 300 seconds for a whole request; Fastify's default is no limit
 * - `frameworkErrors`: Graph's error envelope for malformed URLs and ids that are too long
 * - `rewriteUrl`: any spelling of the plugin's paths as the router knows it, OData's key syntax `/users('a@b.c')/photo/$value` too
 *
 * @see https://fastify.dev/docs/latest/Reference/Server/
 */
export const graphServerOptions = {
  routerOptions: { maxParamLength: 512 },
  genReqId: (): string => randomUUID(),
  requestTimeout: 300_000,
  frameworkErrors (
    error: { readonly code: string },
    request: FastifyRequest<RouteGenericInterface, RawServerBase>, reply: FastifyReply<RouteGenericInterface, RawServerBase>
  ): void {
    // The default type is HTTP/1's; nothing that an answer touches differs in HTTP/2.
    answerFrameworkError(error, request as FastifyRequest, reply as FastifyReply)
  },
  rewriteUrl: ({ url = '/' }: { readonly url?: string | undefined }): string => asRouted(url)
}

function answerFrameworkError (error: { readonly code: string }, request: FastifyRequest, reply: FastifyReply): void {
  setIdHeaders(request, reply)
  sendError(frameworkRefusal(error, request), request, reply)
}

/** Fastify logs none of these; what is not the client's fault must not be lost. */
function frameworkRefusal (error: { readonly code: string }, request: FastifyRequest): Refusal {
  const [statusCode, message] = frameworkMessages.get(error.code) ?? []
  if (statusCode !== undefined && message !== undefined) return new Refusal(new GraphError(statusCode, codeOf(statusCode), message))
  logFailure(error, 'request failed', request)
  return refuse('hostFailed')
}

type Host = Pick<FastifyInstance, 'initialConfig' | 'version'>

let hasWarned = false

/** Emits a process warning, once, if the host's router refuses real contact ids. */
export function warnOfShortParams (host: Host): void {
  const warning = shortParams(host)
  if (warning === undefined || hasWarned) return
  hasWarned = true
  process.emitWarning(warning, { code: 'FST_GRAPH_PHOTO_MAX_PARAM_LENGTH' })
}

/** What a host should know of its router's limit, if that is too short. */
export function shortParams ({ initialConfig: { maxParamLength = 100, routerOptions }, version }: Host): string | undefined {
  // Where one of the two options is given, Fastify shows a default in the other.
  const longest = Math.max(maxParamLength, routerOptions?.maxParamLength ?? 0)
  if (longest >= longestContactId) return undefined
  return `Microsoft's contact ids have ${longestContactId} characters, and this server's router takes ${longest}. ${remedy(version)}`
}

/** `routerOptions` are of Fastify 5.5; before, they would be ignored. */
function remedy (version: string): string {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 5 || minor >= 5
    ? 'Set routerOptions.maxParamLength to 512, or spread graphServerOptions into the options of Fastify.'
    : 'Set maxParamLength to 512 in the options of Fastify.'
}
