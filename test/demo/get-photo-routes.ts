import type { FastifySchema } from 'fastify'

/** The owners of photos, named as the plugin names them, so that GET stands beside PUT and PATCH in the document. */
const owners = [
  '/me',
  '/users/:userId',
  '/groups/:groupId',
  '/me/contacts/:contactId',
  '/users/:userId/contacts/:contactId',
  '/me/contactfolders/:contactFolderId/contacts/:contactId',
  '/users/:userId/contactfolders/:contactFolderId/contacts/:contactId'
]

const documentation: FastifySchema = {
  summary: 'Get the photo',
  security: [{ bearerAuth: [] }],
  response: {
    200: {
      description: 'The photo.',
      content: { 'image/jpeg': { schema: { type: 'string', format: 'binary' } } }
    },
    '4xx': {
      description: 'There is no photo, or the caller may not see it.',
      type: 'object',
      additionalProperties: true
    }
  }
}

/** The folder in a folder, which SDKs can address; it stays out of the document, as the plugin's does. */
const childFolders = owners
  .filter((owner) => owner.includes(':contactFolderId'))
  .map((owner) => owner.replace(':contactFolderId', ':parentFolderId/childFolders/:contactFolderId'))

/** As the plugin groups its operations. */
function tagOf (owner: string): string {
  const [kind = 'users'] = /contacts|groups/.exec(owner) ?? []
  return `${kind}.profilePhoto`
}

/** Clients spell these in more ways; the `rewriteUrl` of graphServerOptions makes one of them. */
export const getPhotoRoutes = [...owners, ...childFolders].map((owner) => {
  return { url: `${owner}/photo/$value`, schema: { ...documentation, tags: [tagOf(owner)], hide: childFolders.includes(owner) } }
})
