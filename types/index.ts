import type { FastifyRequest } from 'fastify'
import type { GraphPhotoJwtOptions } from './jwt.js'

export type * from './jwt.js'

/**
 * Image formats the plugin can check. The name is the media type.
 * @see https://www.iana.org/assignments/media-types/media-types.xhtml#image
 */
export type ImageType = 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp'

/**
 * A photo that passed every check.
 * @see https://learn.microsoft.com/graph/api/resources/profilephoto
 */
export interface Photo {
  /** The picture's bytes as the client has them, out of gzip if it sent them so; EXIF and GPS data are still inside. */
  readonly data: Buffer
  /** The type found in the bytes, whatever Content-Type the client sent. */
  readonly contentType: ImageType
  /** Width in pixels, as the picture claims. */
  readonly width: number
  /** Height in pixels, as the picture claims. */
  readonly height: number
}

/**
 * Whose photo is written.
 *
 * User and group ids and principal names are in lower case (A to Z only), because Graph ignores their case;
 * contact and folder ids are exactly as sent, because there case matters.
 *
 *     /me/photo/$value                        { kind: 'user', userId: caller.id }
 *     /groups/{id}/photo/$value               { kind: 'group', groupId }
 *     /users/{id}/contacts/{id}/photo/$value  { kind: 'contact', userId, contactId }
 *
 * @see https://learn.microsoft.com/graph/api/profilephoto-update#http-request
 */
export type PhotoTarget = {
  /** The caller's tenant, where the caller has one. */
  readonly tenantId?: string
} & (
  | {
    readonly kind: 'user'
    /** The user's object id; for other users than the caller it may be a principal name, until `resolveTarget` maps it. */
    readonly userId: string
  }
  | {
    readonly kind: 'group'
    /** The group's object id. */
    readonly groupId: string
  }
  | {
    readonly kind: 'contact'
    /** The user whose contact it is. */
    readonly userId: string
    /** The contact's id; 152 characters where Outlook gave it. */
    readonly contactId: string
    /** Only where the request addressed the contact through a folder. */
    readonly contactFolderId?: string
  })

/**
 * Who sends the request: a signed-in user through an app (delegated), or an app on its own (application).
 * @see https://learn.microsoft.com/graph/permissions-overview
 */
export interface Caller {
  /** `delegated` for a user, `application` for an app on its own. */
  readonly kind: 'delegated' | 'application'
  /** The user's object id, or the service principal's. */
  readonly id: string
  /** The client app's id. */
  readonly appId?: string
  /** The user's principal name. If it is known, users may address themselves by it. */
  readonly userPrincipalName?: string
  /** The tenant of the token; it becomes the target's. */
  readonly tenantId?: string
  /** `scp` of a delegated token, `roles` of an app-only one. Names match whole and exactly. */
  readonly permissions: readonly string[]
  /**
   * The directory roles of a signed-in user, as role-template ids (`wids` of a delegated token).
   * @see https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
   */
  readonly directoryRoles?: readonly string[]
}

/**
 * What the hooks are told about a request.
 * @see https://fastify.dev/docs/latest/Reference/Request/
 */
export interface PhotoContext {
  /** Who sends the request. */
  readonly caller: Caller
  /** Whose photo it is, as `resolveTarget` maps it. */
  readonly target: PhotoTarget
  /**
   * Whether the target belongs to the caller: their own photo, or that of one of their own contacts. It does if the user's id equals
   * the caller's, in any case, in the target as addressed or as `resolveTarget` maps it; `resolveTarget` itself sees the former only.
   */
  readonly isOwn: boolean
  /** Fastify's request. Its body is read only for `savePhoto`, whose `photo` has it. */
  readonly request: FastifyRequest
}

/**
 * The permissions that let each kind of caller write each kind of target; any one of a row suffices, and an
 * empty row refuses every caller.
 * @see https://learn.microsoft.com/graph/permissions-reference
 */
export type PermissionTable = Readonly<Record<PhotoTarget['kind'], Readonly<Record<Caller['kind'], readonly string[]>>>>

type Awaitable<T> = T | Promise<T>

/**
 * The options of the plugin. All hooks may be sync or async. The plugin never changes them; registration refuses a wrong one
 * with an error coded `FST_GRAPH_PHOTO_…` that names it.
 * @see https://fastify.dev/docs/latest/Reference/Plugins/#plugin-options
 */
export interface GraphPhotoOptions {
  /**
   * Saves a photo. Runs once per accepted request, after every check, and is awaited before the answer 200.
   * If it throws, nothing counts as saved: a `GraphError` is answered as written, an error with `expose: true` and
   * a 4xx status as thrown, anything else as 500.
   */
  readonly savePhoto: (photo: Photo, context: PhotoContext) => Awaitable<void>
  /**
   * Says who sends the request. Runs first, before any byte of the body is read, and is awaited.
   * Returning nothing results in 401. An error is answered like one from `savePhoto`, errors of @fastify/jwt and jose as 401.
   * Default: verifies the bearer token with `jwt`, else with the host's @fastify/jwt, and reads `callerFromClaims`.
   */
  readonly authenticate?: (request: FastifyRequest) => Awaitable<Caller | null | undefined>
  /**
   * Maps a target to the host's own ids, keeping its kind and tenant. Runs before the body is read, and is awaited.
   * Returning `null` or `undefined` says that the target does not exist. Default: the target as addressed.
   */
  readonly resolveTarget?: (
    target: PhotoTarget, context: Omit<PhotoContext, 'target'>
  ) => Awaitable<PhotoTarget | null | undefined>
  /**
   * Decides whether the caller may write the target. Runs before the body is read, and is awaited. Receives the permissions
   * of the table's row that the caller holds. Anything but `true` results in 403; throwing never grants access. Default: `graphAuthorize`.
   */
  readonly authorize?: (permissions: readonly string[], context: PhotoContext) => Awaitable<boolean>
  /** Replaces rows of `defaultPermissions`. */
  readonly permissions?: Partial<PermissionTable>
  /** The plugin's own token check, used whatever the host has. Not together with `authenticate`. */
  readonly jwt?: GraphPhotoJwtOptions
  /** Accepted Content-Types, or `'*'` for any, malformed ones too, or none. Default: `['image/jpeg']`. */
  readonly contentTypes?: readonly string[] | '*'
  /** Accepted formats, as found in the bytes. Default: `['image/jpeg']`. */
  readonly imageTypes?: readonly ImageType[]
  /** Largest whole request in bytes: request line, headers and body. Default: 4,194,304 (4 MiB). */
  readonly maxRequestBytes?: number
  /** Largest width × height in pixels, as the picture claims. Default: 100,000,000. */
  readonly maxPixels?: number
  /**
   * Puts the reason of a refusal into the answer too, as OData's `error.details`: for development, and for trusted clients,
   * since it tells the accepted audience and issuer, and the permissions of a row. Default: `false`, the log only.
   * @see https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ErrorResponse
   */
  readonly explain?: boolean
}
