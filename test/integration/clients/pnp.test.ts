import { graphfi, GraphBrowser, type GraphFI } from '@pnp/graph'
import type { IGroup } from '@pnp/graph/groups/index.js'
import '@pnp/graph/groups/index.js'
import type { IPhoto } from '@pnp/graph/photos/index.js'
import '@pnp/graph/photos/index.js'
import type { IUser } from '@pnp/graph/users/index.js'
import '@pnp/graph/users/index.js'
import { BearerToken } from '@pnp/queryable'
import t from 'tap'
import { portrait } from '../../fixtures/pictures.js'
import { designers, maeve } from '../../demo/directory.js'
import { demo, type Demo } from '../../clients/demo.js'

// The package declares these members for modules without an extension, which are not found from ECMAScript modules.
declare module '@pnp/graph/fi.js' {
  interface GraphFI {
    readonly me: IUser & { readonly photo: IPhoto }
    readonly users: { getById: (id: string) => IUser & { readonly photo: IPhoto } }
    readonly groups: { getById: (id: string) => IGroup & { readonly photo: IPhoto } }
  }
}

function clientOf ({ origin }: Demo, token: string): GraphFI {
  return graphfi().using(GraphBrowser({ baseUrl: `${origin}/v1.0` }), BearerToken(token))
}

const photo = new Blob([portrait], { type: 'image/jpeg' })

t.test('PnPjs patches the photo of its user, a user and a group, and calls it JSON', async (t) => {
  const server = await demo(t)

  await clientOf(server, server.userToken).me.photo.setContent(photo)
  await clientOf(server, server.appToken).users.getById(maeve.userPrincipalName).photo.setContent(photo)
  await clientOf(server, server.userToken).groups.getById(designers.id).photo.setContent(photo)

  t.match(server.requests, Array(3).fill({ method: 'PATCH', headers: { 'content-type': 'application/json' } }))
  for (const owner of ['/me', `/users/${maeve.id}`, `/groups/${designers.id}`]) t.ok(portrait.equals(await server.photo(owner)), owner)
})

t.test('PnPjs tells why a photo was refused', async (t) => {
  const server = await demo(t)

  await t.rejects(clientOf(server, server.userToken).users.getById(maeve.id).photo.setContent(photo), {
    status: 403, isHttpRequestError: true, message: /ErrorAccessDenied/
  })
})
