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
  tags: ['profilePhoto'],
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

/** Clients also write `contactFolders` and `%24value`. Those spellings work, and stay out of the document. */
export const getPhotoRoutes = owners.flatMap((owner) => {
  const spellings = new Set([owner, owner.replace('contactfolders', 'contactFolders')])
  return [...spellings].flatMap((spelling) => [
    { url: `${spelling}/photo/$value`, schema: { ...documentation, hide: spelling !== owner } },
    { url: `${spelling}/photo/:value(^\\$value$)`, schema: { hide: true } }
  ])
})
