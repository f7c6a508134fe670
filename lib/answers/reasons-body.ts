import type { ReasonRow } from './reason-row.js'

/** Why a body is not read, or not taken. */
export const bodyReasons = {
  requestTooLarge: [
    'requestTooLarge', 'The request announces {announced} bytes, head included; at most {most} are accepted.',
    'Send a smaller photo, or raise `maxRequestBytes`.'
  ],
  bodyTooLarge: [
    'requestTooLarge', 'The request is longer than {most} bytes.',
    'Send a smaller photo, or raise `maxRequestBytes`.'
  ],
  contentTypeMissing: [
    'contentTypeMissing', 'The request has no Content-Type; accepted: {accepted}.',
    "Let the client send one, or set `contentTypes: '*'`."
  ],
  contentTypeNotAccepted: [
    'contentTypeNotAccepted', "The Content-Type is '{sent}'; accepted: {accepted}.",
    "Let the client send an accepted one, or set `contentTypes: '*'`, as Microsoft's SDKs need."
  ],
  contentTypeMalformed: [
    'contentTypeMalformed', "The Content-Type '{sent}' is not a media type; accepted: {accepted}.",
    "Fix the client, or set `contentTypes: '*'`."
  ],
  contentEncodingNotAccepted: [
    'contentEncodingNotAccepted', "The Content-Encoding is '{sent}'; accepted: gzip, or none.",
    'Send the photo as it is.'
  ],
  bodyOverdue: [
    'requestTimeout', 'The body was not complete within {seconds} seconds.',
    'Look at the client\'s connection, or raise `requestTimeout` of the server.'
  ],
  bodyEmpty: [
    'bodyEmpty', 'The request has no body.',
    "Send the photo's bytes as the body; look for a stream that was read before."
  ],
  gzipInvalid: [
    'gzipInvalid', 'The body is not valid gzip, as its Content-Encoding says.',
    'Send all of it, with nothing after its end, or send the photo as it is.'
  ],
  bodyCutOff: [
    'bodyCutOff', 'The body ended before it was complete.',
    'Send it again.'
  ],
  bodyReadBefore: [
    'internal', 'Something in front of the plugin has read the body, and left no Buffer in `rawBody` or `body` of the raw request.',
    'Keep body parsers away from these paths, or let them leave the bytes as a Buffer.'
  ],
  bodyNotBytes: [
    'internal', 'A preParsing host hook replaced the body with something other than bytes.',
    'Let the hook return a stream of Buffers.'
  ]
} as const satisfies Record<string, ReasonRow>
