import {
  HttpMethod, InMemoryBackingStoreFactory, ParseNodeFactoryRegistry, RequestInformation,
  type AuthenticationProvider, type Parsable, type ParseNode
} from '@microsoft/kiota-abstractions'
import { FetchRequestAdapter } from '@microsoft/kiota-http-fetchlibrary'
import { JsonParseNodeFactory } from '@microsoft/kiota-serialization-json'
import t from 'tap'
import { portrait } from '../../fixtures/pictures.js'
import { ada, lin, maeve } from '../../demo/directory.js'
import { guid } from '../../helpers/host.js'
import { demo, type Demo } from '../../clients/demo.js'

// @microsoft/msgraph-sdk generates requests as below and leaves the rest to this adapter.

const userPhoto = '{+baseurl}/users/{user%2Did}/photo/$value'
const contactPhoto = '{+baseurl}/users/{user%2Did}/contactFolders/{contactFolder%2Did}/contacts/{contact%2Did}/photo/$value'

interface ODataError extends Error, Parsable {
  code?: string | undefined
  requestId?: string | undefined
  responseStatusCode?: number
}

/** The members of an error that its reader fills in. */
function oDataError () {
  return (error: Partial<ODataError> = {}): Record<string, (node: ParseNode) => void> => ({
    error: (node) => { node.getObjectValue(() => () => mainError(error)) }
  })
}

function mainError (error: Partial<ODataError>): Record<string, (node: ParseNode) => void> {
  return {
    code: (node) => { error.code = node.getStringValue() },
    innerError: (node) => {
      node.getObjectValue(() => () => ({ 'request-id': (id) => { error.requestId = id.getStringValue() } }))
    }
  }
}

async function put ({ origin }: Demo, token: string, template: string, ids: Record<string, string>): Promise<unknown> {
  const authentication: AuthenticationProvider = {
    authenticateRequest: async ({ headers }) => { headers.add('Authorization', `Bearer ${token}`) }
  }
  const parsers = new ParseNodeFactoryRegistry()
  parsers.registerDefaultDeserializer(JsonParseNodeFactory, new InMemoryBackingStoreFactory())
  const adapter = new FetchRequestAdapter(authentication, parsers)
  adapter.baseUrl = `${origin}/v1.0`
  const request = new RequestInformation(HttpMethod.PUT, template, { ...ids })
  request.headers.add('Accept', 'application/json')
  request.setStreamContent(Uint8Array.from(portrait).buffer, 'application/octet-stream')
  return adapter.sendPrimitive(request, 'ArrayBuffer', { XXX: oDataError })
}

t.test("Kiota's requests for users, whose ids it percent-encodes, and calls the photo an octet stream", async (t) => {
  const server = await demo(t)

  for (const { userPrincipalName } of [ada, maeve, lin]) await put(server, server.appToken, userPhoto, { 'user%2Did': userPrincipalName })

  t.match(server.requests, Array(3).fill({ method: 'PUT', headers: { 'content-type': 'application/octet-stream' } }))
  t.match(server.requests[2]?.url, /lin_fabrikam\.example%23EXT%23%40contoso\.example/)
  for (const { id } of [ada, maeve, lin]) t.ok(portrait.equals(await server.photo(`/users/${id}`)))
})

t.test("Kiota's requests for contacts, with contactFolders and encoded ids", async (t) => {
  const server = await demo(t)
  const ids = { 'user%2Did': maeve.id, 'contactFolder%2Did': 'AAMk/TG+=', 'contact%2Did': 'AAMk/To+=' }

  await put(server, server.appToken, contactPhoto, ids)

  // The server spells the collection as its router knows it.
  t.match(server.requests, [{ url: /\/contactfolders\/AAMk%2FTG%2B%3D\/contacts\/AAMk%2FTo%2B%3D\/photo\/\$value$/ }])
  t.ok(portrait.equals(await server.photo(`/users/${maeve.id}/contacts/AAMk%2FTo%2B%3D`)))
})

t.test('a refusal arrives as the ODataError of the SDK', async (t) => {
  const server = await demo(t)

  await t.rejects(put(server, server.userToken, userPhoto, { 'user%2Did': maeve.id }), {
    responseStatusCode: 403, code: 'ErrorAccessDenied', requestId: guid
  })
})
