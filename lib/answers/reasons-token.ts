import type { ReasonRow } from './reason-row.js'

/** Why a token is refused. */
export const tokenReasons = {
  tokenMissing: [
    'tokenMissing', 'The request has no Authorization header.',
    'Send `Authorization: Bearer <token>`.'
  ],
  tokenSchemeOther: [
    'tokenMissing', 'The Authorization header is not `Bearer`, a space and a token.',
    'Send `Authorization: Bearer <token>`.'
  ],
  tokenRepeated: [
    'tokenInvalid', 'The request has more than one Authorization header.',
    'Send one.'
  ],
  tokenWithoutDots: [
    'tokenMalformed', 'The token is not a JSON Web Token: it has no dots.',
    'Send the access token itself, not its name, its id or an opaque token.'
  ],
  tokenUnreadable: [
    'tokenInvalid', 'The token is not a JSON Web Token: a part of it is missing, or is not JSON in base64url.',
    'Send the token exactly as issued; look for quotes, line breaks or a cut end.'
  ],
  tokenExpired: [
    'tokenExpired', 'The token expired at {at}.',
    'Get a new token. If it is new, compare the clocks of issuer and server.'
  ],
  tokenNotYetValid: [
    'tokenInvalid', 'The token is not valid before {at}.',
    'Compare the clocks of issuer and server, or set `verify.clockTolerance`.'
  ],
  signatureInvalid: [
    'tokenInvalid', 'The signature of the token does not fit the key.',
    'Sign and verify with the same secret, or with the two halves of one key pair.'
  ],
  signatureMissing: [
    'tokenInvalid', 'The token is not signed.',
    'Send a signed token.'
  ],
  algorithmNotAccepted: [
    'tokenInvalid', 'The token is signed with {found}; accepted: {accepted}.',
    'Let the issuer sign with an accepted algorithm, or add it to `verify.algorithms`.'
  ],
  typeNotAccepted: [
    'tokenInvalid', 'The header of the token has another `typ` than the one that is accepted.',
    'Send an access token, or set `decode.checkTyp` (with jose `typ`) to what the issuer writes.'
  ],
  audienceInvalid: [
    'tokenForAnotherAudience', 'The token is for the audience {found}; accepted: {accepted}.',
    'Request a token for an accepted audience, or add its `aud` to `verify.allowedAud` (with jose `audience`).'
  ],
  issuerInvalid: [
    'tokenInvalid', 'The token is from the issuer {found}; accepted: {accepted}.',
    'Get the token from an accepted issuer, or add its `iss` to `verify.allowedIss` (with jose `issuer`). A final slash counts.'
  ],
  claimNotAccepted: [
    'tokenInvalid', "The token's claim '{claim}' has a value that is not accepted.",
    "Compare it with the option of `verify` that names the claim's accepted values."
  ],
  keyNotFound: [
    'tokenInvalid', "The key that the token names is not one of the issuer's.",
    'Check that the token is from the issuer whose keys are read, and that the issuer publishes its current key.'
  ],
  keyFailed: [
    'tokenInvalid', 'The key, or whatever else verifies the token, was not available.',
    'Read the error in the log; throw a `GraphError` with status 503 where the issuer is out of reach.'
  ],
  tokenUntrusted: [
    'tokenInvalid', 'The host does not trust the token.',
    'Look at what `jwt.trusted` returns for it.'
  ],
  tokenInvalid: [
    'tokenInvalid', 'The token is not valid ({code}).',
    'Look the code up in the documentation of @fastify/jwt, fast-jwt or jose.'
  ],
  claimMissing: [
    'tokenInvalid', "The token has no claim '{claim}'.",
    'Let the issuer add the claim.'
  ],
  claimInvalid: [
    'tokenInvalid', "The token's claim '{claim}' must be {type}.",
    'Let the issuer write the claim as such, or map its tokens in `authenticate`.'
  ],
  neitherUserNorApp: [
    'tokenInvalid', "The token is neither a user's (`scp`) nor an app's own.",
    'Request an access token; for other issuers than Entra ID map its claims in `authenticate`.'
  ],
  claimsHidden: [
    'internal', "The host's @fastify/jwt hides the claims 'exp' and 'aud' of a token that has them.",
    'Register it without `formatUser`, or pass `authenticate`.'
  ],
  scopeBesideApp: [
    'tokenInvalid', "The token claims to be an app's own (`idtyp`) and a user's (`scp`).",
    'Let the issuer write one of the two.'
  ]
} as const satisfies Record<string, ReasonRow>
