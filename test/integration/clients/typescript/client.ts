import { readFile } from 'node:fs/promises'
import { HttpMethod, RequestInformation, type ErrorMappings, type RequestAdapter } from '@microsoft/kiota-abstractions'
import { AzureIdentityAuthenticationProvider } from '@microsoft/kiota-authentication-azure'
import { createGraphServiceClient, GraphRequestAdapter, type GraphServiceClient } from '@microsoft/msgraph-sdk'
import { createODataErrorFromDiscriminatorValue, type ODataError } from '@microsoft/msgraph-sdk/models/oDataErrors/index.js'
import '@microsoft/msgraph-sdk-users'

// Microsoft Graph's SDK for TypeScript, against a server of one's own.

interface Case {
  readonly name: string
  readonly path: PhotoPath
  readonly method: string
  readonly body: string
  readonly contentType?: string
  readonly times: number
  readonly token: string
  readonly baseUrl?: string
}

interface PhotoPath {
  readonly root: string
  readonly id: string
  readonly folder?: string
  readonly childFolder?: string
  readonly contact?: string
}

function graphAdapter (token: string, baseUrl: string | undefined): GraphRequestAdapter {
  // A token that was got elsewhere; @azure/identity's credentials are used in the same way.
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) }
  // To other hosts than Microsoft's the token is sent only if they are named here.
  const hosts = new Set(baseUrl === undefined ? [] : ['localhost'])
  const adapter = new GraphRequestAdapter(new AzureIdentityAuthenticationProvider(credential, [], undefined, hosts))
  if (baseUrl !== undefined) adapter.baseUrl = baseUrl
  return adapter
}

function photoOf (client: GraphServiceClient, { root, id, folder, childFolder, contact }: PhotoPath) {
  const user = root === 'me' ? client.me : client.users.byUserId(id)
  if (contact === undefined) return user.photo
  if (folder === undefined) return user.contacts.byContactId(contact).photo
  const inFolder = user.contactFolders.byContactFolderId(folder)
  if (childFolder === undefined) return inFolder.contacts.byContactId(contact).photo
  return inFolder.childFolders.byContactFolderId1(childFolder).contacts.byContactId(contact).photo
}

async function send (test: Case, adapter: RequestAdapter): Promise<void> {
  const photo = new Uint8Array(await readFile(test.body)).buffer
  const configuration = { headers: test.contentType === undefined ? {} : { 'Content-Type': test.contentType } }
  if (test.path.root === 'groups') return sendToGroup(test.path.id, photo, adapter)
  const builder = photoOf(createGraphServiceClient(adapter), test.path)
  await (test.method === 'GET' ? builder.get() : builder.content.put(photo, configuration))
}

/** What the request builders of groups, a package of their own, do. */
async function sendToGroup (groupId: string, photo: ArrayBuffer, adapter: RequestAdapter): Promise<void> {
  const request = new RequestInformation(HttpMethod.PUT, '{+baseurl}/groups/{group%2Did}/photo/$value', { 'group%2Did': groupId })
  request.headers.add('Accept', 'application/json')
  request.setStreamContent(photo, 'application/octet-stream')
  const errors: ErrorMappings = { XXX: createODataErrorFromDiscriminatorValue }
  await adapter.sendPrimitive(request, 'ArrayBuffer', errors)
}

async function outcome (test: Case, adapter: RequestAdapter): Promise<object> {
  try {
    await send(test, adapter)
    return { accepted: true }
  } catch (error) {
    const { responseStatusCode: status, errorEscaped: main } = error as ODataError
    if (status === undefined) return { failure: String(error) }
    const { requestId, clientRequestId } = main?.innerError ?? {}
    return { status, code: main?.code, message: main?.message, requestId, clientRequestId }
  }
}

const [file = ''] = process.argv.slice(2)
const tests: Case[] = JSON.parse(await readFile(file, 'utf8'))
for (const test of tests) {
  const adapter = graphAdapter(test.token, test.baseUrl)
  const outcomes = await Promise.all(Array.from({ length: test.times }, () => outcome(test, adapter)))
  for (const each of outcomes) console.log(JSON.stringify({ name: test.name, ...each }))
}
