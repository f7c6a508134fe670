// Recipe: photos that a directory takes care of are refused with 409.
// npm install fastify-graph-photo fastify
import { GraphError, type GraphPhotoOptions, type PhotoTarget } from 'fastify-graph-photo'

type SavePhoto = GraphPhotoOptions['savePhoto']

/** For the option `savePhoto`: saves all photos but those that a directory, or the personnel office, takes care of. */
export function exceptDirectoryPhotos (isFromDirectory: (target: PhotoTarget) => Promise<boolean>, savePhoto: SavePhoto): SavePhoto {
  return async (photo, context) => {
    if (await isFromDirectory(context.target)) {
      throw new GraphError(409, 'Conflict', "This photo comes from your organization's directory. Change it there.")
    }
    await savePhoto(photo, context)
  }
}
