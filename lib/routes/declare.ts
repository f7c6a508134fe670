import type { FastifyInstance, FastifySchema, RouteGenericInterface, RouteHandlerMethod } from 'fastify'
import { documentOperation } from './openapi.js'
import { hiddenSchema, operationSchema, type SchemaSettings } from './schemas.js'
import { hiddenSpellings } from './spellings.js'
import { methods, routes, type PhotoRoute } from './table.js'

/** What a route of the plugin knows about itself. */
export interface RouteConfig {
  readonly photoRoute: PhotoRoute
  /** Read by @fastify/swagger. */
  readonly swaggerTransform?: typeof documentOperation
}

/** Declares the fourteen operations, and the other spellings of their paths, which stay out of the OpenAPI document. */
export function declareRoutes (scope: FastifyInstance, handler: RouteHandlerMethod, settings: SchemaSettings): void {
  for (const photoRoute of routes) {
    for (const verb of methods) {
      const declare = (url: string, schema: FastifySchema, config: RouteConfig) => {
        scope.route<RouteGenericInterface, RouteConfig>({ method: verb.method, url, schema, handler, config })
      }
      declare(photoRoute.path, operationSchema(photoRoute, verb, settings), { photoRoute, swaggerTransform: documentOperation })
      for (const url of hiddenSpellings(photoRoute.path, scope.initialConfig)) declare(url, hiddenSchema(photoRoute), { photoRoute })
    }
  }
}
