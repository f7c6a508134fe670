import t from 'tap'
import { graphAuthorize, type GraphPhotoOptions } from '../../lib/index.js'
import { assertError, host, put } from '../helpers/host.js'
import { tenantId } from '../helpers/tokens.js'

const authorize: GraphPhotoOptions['authorize'] = (permissions, context) => graphAuthorize(permissions, context) &&
  (context.request.params as { readonly tenant: string }).tenant.toLowerCase() === context.caller.tenantId?.toLowerCase()

t.test('below /:tenant/v1.0 two lines of authorize compare the path with the tenant of the token', async (t) => {
  const { app, saved } = await host(t, { prefix: '/:tenant/v1.0', authorize } as Partial<GraphPhotoOptions>)
  t.equal((await put(app, { url: `/${tenantId.toUpperCase()}/v1.0/me/photo/$value` })).statusCode, 200)
  assertError(t, await put(app, { url: '/another/v1.0/me/photo/$value' }), { statusCode: 403, code: 'ErrorAccessDenied' })
  t.equal(saved.length, 1)
})

t.test('without them any tenant in the path passes', async (t) => {
  const { app } = await host(t, { prefix: '/:tenant/v1.0' } as Partial<GraphPhotoOptions>)
  t.equal((await put(app, { url: '/another/v1.0/me/photo/$value' })).statusCode, 200)
})
