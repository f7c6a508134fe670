import type { FastifyInstance, FastifySchema, RouteGenericInterface, RouteHandlerMethod } from 'fastify'
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
export function declareRoutes (scope: FastifyInstance, handler: RouteHandlerMethod, settings: RouteSettings): void {
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
    // Only the plugin declares routes in this scope.
    const { photoRoute, spelling } = route.config as RouteConfig
    if (spelling === undefined) return
    const prefix = route.url.slice(0, -photoRoute.path.length)
    route.url = route.path = prefix + spelling
  })
}
