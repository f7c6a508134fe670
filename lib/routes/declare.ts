import type { FastifyInstance, FastifySchema, onSendHookHandler, RouteGenericInterface, RouteHandlerMethod, RouteOptions } from 'fastify'
import { documentOperation } from './openapi.js'
import { hiddenSchema, operationSchema, type SchemaSettings } from './schemas.js'
import { otherSpellings } from './spellings.js'
import { childFolderRoutes, methods, routes, type PhotoRoute } from './table.js'

/** What a route of the plugin knows about itself. */
export interface RouteConfig {
  readonly photoRoute: PhotoRoute
  /** The path as the router matches it, for a route that stays hidden. */
  readonly spelling?: string
  /** Read by @fastify/swagger. */
  readonly swaggerTransform?: typeof documentOperation
}

/** What the routes need to know of the options. */
export interface RouteSettings extends SchemaSettings {
  readonly maxRequestBytes: number
}

/** Declares the fourteen operations, and the other spellings of their paths, which stay out of the OpenAPI document. */
export function declareRoutes (
  scope: FastifyInstance, handler: RouteHandlerMethod, onSend: onSendHookHandler, settings: RouteSettings
): void {
  const declare = (method: string, schema: FastifySchema, config: RouteConfig) => {
    scope.route<RouteGenericInterface, RouteConfig>({
      method,
      url: config.photoRoute.path,
      schema,
      handler,
      config,
      // For host plugins that read bodies too.
      bodyLimit: settings.maxRequestBytes
    })
  }
  const hide = (photoRoute: PhotoRoute, spellings: readonly string[]) => {
    for (const spelling of spellings) {
      for (const { method } of methods) declare(method, hiddenSchema(photoRoute), { photoRoute, spelling })
    }
  }

  routeSpellings(scope)
  sendLast(scope, onSend)
  for (const photoRoute of routes) {
    for (const verb of methods) {
      declare(verb.method, operationSchema(photoRoute, verb, settings), { photoRoute, swaggerTransform: documentOperation })
    }
    hide(photoRoute, otherSpellings(photoRoute.path, scope.initialConfig))
  }
  for (const photoRoute of childFolderRoutes) {
    hide(photoRoute, [photoRoute.path, ...otherSpellings(photoRoute.path, scope.initialConfig)])
  }
}

/**
 * Gives the router another spelling of a path while `request.routeOptions.url`, by which metrics and traces name a route, stays the
 * path: Fastify takes that from the route as it is declared, and routes what its `onRoute` hooks make of it.
 * @see https://fastify.dev/docs/latest/Reference/Hooks/#onroute
 */
function routeSpellings (scope: FastifyInstance): void {
  scope.addHook('onRoute', (route) => {
    const { photoRoute, spelling } = configOf(route)
    if (photoRoute === undefined || spelling === undefined) return
    const prefix = route.url.slice(0, -photoRoute.path.length)
    route.url = route.path = prefix + spelling
  })
}

/** Runs a hook of the plugin's routes behind those that the host's `onRoute` hooks add to a route, which run behind a scope's. */
function sendLast (scope: FastifyInstance, onSend: onSendHookHandler): void {
  scope.addHook('onRoute', (route) => {
    if (configOf(route).photoRoute !== undefined) route.onSend = [route.onSend ?? [], onSend].flat()
  })
}

/** A host's onRoute hook may declare routes of its own in the plugin's scope; the configuration of those is not ours. */
function configOf ({ config = {} }: RouteOptions): Partial<RouteConfig> {
  return config as Partial<RouteConfig>
}
