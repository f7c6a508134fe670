import type { ReasonRow } from './reason-row.js'

/** Why a caller may not write a target, and what host hooks did wrong. */
export const accessReasons = {
  callerMissing: [
    'tokenInvalid', 'The host\'s authenticate returned no caller.',
    'Look at what `authenticate` returns for this request; a recipe returns null for an ID token, or one without the claims it reads.'
  ],
  callerInvalid: [
    'internal', "The host's authenticate returned something other than a caller.",
    'Return `{ kind, id, permissions }`, with `kind` `delegated` or `application`.'
  ],
  meNeedsUser: [
    'meNeedsUser', 'An app on its own has no /me.',
    'Address the user: `/users/{id}/…`; or send a token of a signed-in user.'
  ],
  personalAccount: [
    'personalAccount', "The caller has a personal Microsoft account ('tid').",
    'Sign in with a work or school account.'
  ],
  idMalformed: [
    'idMalformed', 'The {name} in the path is empty or has control characters.',
    'Look at how the client builds the path.'
  ],
  permissionMissing: [
    'accessDenied', 'The {caller} caller holds {held}; one of these is needed: {needed}.',
    'Request one of the permissions, or change the row in `permissions`.'
  ],
  notOwn: [
    'accessDenied', 'A signed-in user may change their own photo and those of their own contacts.',
    'Address the caller, or let `authorize` allow more.'
  ],
  authorizeRefused: [
    'accessDenied', "The host's authorize returned {returned}; only true grants access.",
    'Look at what `authorize` returns; a missing `return` gives undefined.'
  ],
  targetUnknown: [
    'accessDenied', "The host's resolveTarget did not find the {kind}.",
    'Look at what `resolveTarget` returns for the id; ids of users and groups arrive in lower case.'
  ],
  targetInvalid: [
    'internal', "The host's resolveTarget returned a target of another kind or tenant, or without an id.",
    'Return `{ ...target, userId }`, with the same `kind` and `tenantId`.'
  ],
  hookFailed: [
    'internal', "The host's {hook} failed; its error is logged.",
    'Read the error in the log.'
  ],
  hostFailed: [
    'internal', 'A host hook or plugin failed; its error is logged.',
    'Read the error in the log.'
  ]
} as const satisfies Record<string, ReasonRow>
