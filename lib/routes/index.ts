export { declareRoutes, type RouteConfig } from './declare.js'
export { asRouted } from './odata-keys.js'
export { malformedId } from './schemas.js'
export { type PhotoParams, type PhotoRoute } from './table.js'
