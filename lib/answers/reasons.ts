import { accessReasons } from './reasons-access.js'
import { bodyReasons } from './reasons-body.js'
import { photoReasons } from './reasons-photo.js'
import { tokenReasons } from './reasons-token.js'

/** Why a request is refused: more than the answer tells, for the log and, where the host wants it, for the client. */
export const reasons = { ...tokenReasons, ...accessReasons, ...bodyReasons, ...photoReasons }

/** The code of a reason of the plugin. */
export type ReasonName = keyof typeof reasons
