/** Mutants that nobody can notice, because the program does the same with them. They count as noticed. */
export interface Equivalent {
  readonly file: string
  /** The line of the source, without its indentation. */
  readonly line: string
  /** What of it is replaced, and what by. */
  readonly mutants: ReadonlyArray<readonly [original: string, replacement: string]>
  readonly reason: string
}

export const equivalents: readonly Equivalent[] = [
  {
    file: 'lib/access/own-jwt.ts',
    line: 'return (request) => Reflect.apply(Reflect.get(request, decorator), request, [])',
    mutants: [['[]', '["Stryker was here"]']],
    reason: '@fastify/jwt goes by the properties of its argument, and text has none of those names.'
  },
  {
    file: 'lib/access/own-jwt.ts',
    line: "const needsRequest = typeof secret === 'function' || trusted !== undefined || decode !== undefined || verify?.extractToken !== undefined",
    mutants: [["typeof secret === 'function' || trusted !== undefined || decode !== undefined || verify?.extractToken !== undefined", 'true']],
    reason: 'The decorator verifies as well, more slowly.'
  },
  {
    file: 'lib/access/own-jwt.ts',
    line: 'const bearer = /^Bearer [^ ]+$/i',
    mutants: [['/^Bearer [^ ]+$/i', '/^Bearer [^ ]$/i']],
    reason: 'Then the decorator verifies the token as well, more slowly.'
  },
  {
    file: 'lib/access/own-jwt.ts',
    line: "if (authorization === undefined) return refuse('tokenMissing')",
    mutants: [['authorization === undefined', 'false']],
    reason: 'The decorator says the same of a request without a token, more slowly.'
  },
  {
    file: 'lib/access/own-jwt.ts',
    line: 'while (`graphPhoto$' + '{count}` in taken) count++',
    mutants: [['count++', 'count--']],
    reason: 'Any number that is not taken will do.'
  },
  {
    file: 'lib/answers/graph-error.ts',
    line: '} catch {',
    mutants: [['{\n    return false\n  }', '{}']],
    reason: 'Nothing is as false as false to whoever asks.'
  },
  {
    file: 'lib/answers/raised-error.ts',
    line: 'return text !== undefined && headerValue.test(text) ? text : undefined',
    mutants: [['text !== undefined', 'true']],
    reason: 'What is returned is undefined then too.'
  },
  {
    file: 'lib/answers/raised-error.ts',
    line: '...(retryAfter !== undefined && { retryAfter }),',
    mutants: [['retryAfter !== undefined', 'true']],
    reason: 'A GraphError is the same with an undefined retryAfter as without.'
  },
  {
    file: 'lib/answers/record.ts',
    line: 'for (const key of [recordKey, idsKey]) if (!scope.hasRequestDecorator(key)) scope.decorateRequest(key, null)',
    mutants: [
      ['[recordKey, idsKey]', '[]'], ['!scope.hasRequestDecorator(key)', 'scope.hasRequestDecorator(key)'],
      ['!scope.hasRequestDecorator(key)', 'false']
    ],
    reason: 'Where a request has no room for the record or the ids, the first call of recordOf makes it, more slowly.'
  },
  {
    file: 'lib/answers/retry-after.ts',
    line: "const date = Date.parse(text.endsWith('GMT') ? text : `$" + '{text} GMT`)',
    mutants: [["text.endsWith('GMT')", "text.startsWith('GMT')"]],
    reason: 'A date that says GMT twice is the same date.'
  },
  {
    file: 'lib/options/jwt.ts',
    line: '} catch {',
    mutants: [['{\n    return false\n  }', '{}']],
    reason: 'Nothing is as false as false to whoever asks.'
  },
  {
    file: 'lib/access/authenticate.ts',
    line: '...(allowedAud !== undefined && { audience: listed(allowedAud) }),',
    mutants: [['allowedAud !== undefined', 'true']],
    reason: 'Only where the option is given is a token refused for its audience, and told what is accepted.'
  },
  {
    file: 'lib/access/authenticate.ts',
    line: '...(allowedIss !== undefined && { issuer: listed(allowedIss) }),',
    mutants: [['allowedIss !== undefined', 'true']],
    reason: 'Only where the option is given is a token refused for its issuer, and told what is accepted.'
  },
  {
    file: 'lib/access/target.ts',
    line: 'return one === other || lowerCased(one) === lowerCased(other)',
    mutants: [['one === other', 'false']],
    reason: 'What is equal is equal in lower case too; this is the faster way.'
  },
  {
    file: 'lib/access/target.ts',
    line: 'return id.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())',
    mutants: [['/[A-Z]+/g', '/[A-Z]/g']],
    reason: 'The letters are lower-cased one by one.'
  },
  {
    file: 'lib/photo/jpeg-markers.ts',
    line: 'if (isMarker(bytes, from)) return from + 1',
    mutants: [['isMarker(bytes, from)', 'false']],
    reason: 'The search below finds the same marker, more slowly.'
  },
  {
    file: 'lib/photo/jpeg-markers.ts',
    line: 'const near = Math.min(position + nearby, bytes.length)',
    mutants: [['Math.min(position + nearby, bytes.length)', 'Math.max(position + nearby, bytes.length)']],
    reason: 'It only says how far to look byte by byte; behind the last byte neither way finds anything.'
  },
  {
    file: 'lib/photo/jpeg-markers.ts',
    line: 'if (position === near) position = bytes.indexOf(0xff, position)',
    mutants: [['position === near', 'true']],
    reason: 'Where a byte FF stands already, the search begins with it and ends there.'
  },
  {
    file: 'lib/photo/jpeg-markers.ts',
    line: 'do position++; while (bytes[position] === 0xff)',
    mutants: [['bytes[position] === 0xff', 'false']],
    reason: 'Fill bytes are no codes of markers, so that the loop around it passes them too, more slowly.'
  },
  {
    file: 'lib/photo/jpeg-tables.ts',
    line: 'if ((table & 0xef) >= mostTables || symbols > mostSymbols || next > end) return false',
    mutants: [['next > end', 'false']],
    reason: 'A table that reaches beyond its segment ends the loop elsewhere than at the end, which is false too.'
  },
  {
    file: 'lib/photo/jpeg.ts',
    line: '} else if (isForeign(marker) && (!hasScan || frame?.isProgressive === true)) {',
    mutants: [['frame?.isProgressive', 'frame.isProgressive']],
    reason: 'Where there is a scan there is a frame; the type does not say so.'
  },
  {
    file: 'lib/photo/png.ts',
    line: 'const checksum = end - start < fewBytes ? shortCrc32(bytes, start, end) : crc32(bytes.subarray(start, end))',
    mutants: [
      ['end - start < fewBytes', 'false'], ['end - start < fewBytes', 'true'], ['end - start < fewBytes', 'end - start <= fewBytes'],
      ['end - start < fewBytes', 'end - start >= fewBytes'], ['end - start', 'end + start']
    ],
    reason: 'Both functions compute the same; the one for short chunks is faster for those.'
  },
  {
    file: 'lib/wire/arrival.ts',
    line: '(request as Arriving)[arrivalKey] = { wire, reply, at: performance.now(), isGzip: false, isOverdue: false }',
    mutants: [['false', 'true']],
    reason: 'Whether a body is in gzip is noted again once the request is admitted; nobody asks before. The other false is noticed.'
  },
  {
    file: 'lib/wire/body.ts',
    line: 'if (turn !== true) hold(payload)',
    mutants: [['turn !== true', 'true'], ['true', 'false']],
    reason: 'A body that is held although it is its turn is resumed as it is read.'
  },
  {
    file: 'lib/wire/body.ts',
    line: 'if (hasCome) receive(request, payload, done)',
    mutants: [['hasCome', 'true']],
    reason: 'The body is read in vain, and is not saved: the connection has ended.'
  },
  {
    file: 'lib/wire/gunzip.ts',
    line: 'return result.length === result.buffer.byteLength ? result : Buffer.from(result)',
    mutants: [['result.length === result.buffer.byteLength', 'false']],
    reason: 'A copy is as good, and takes longer.'
  },
  {
    file: 'lib/wire/head.ts',
    line: 'return sent?.length === name.length && sent.toLowerCase() === name',
    mutants: [['sent?.length === name.length', 'true'], ['sent?.length', 'sent.length']],
    reason: 'The length is compared because it takes less time; where there is a value there is a name, though the type does not say so.'
  },
  {
    file: 'lib/wire/head.ts',
    line: 'return announced === undefined ? undefined : headBytes(request) + announced',
    mutants: [['announced === undefined', 'false']],
    reason: 'NaN is neither more nor less than any limit, as undefined is.'
  },
  {
    file: 'lib/wire/head.ts',
    line: 'return announced !== undefined && announced > maxRequestBytes ? tooLarge(maxRequestBytes, announced) : undefined',
    mutants: [['announced !== undefined', 'true']],
    reason: 'Nothing is more than undefined.'
  },
  {
    file: 'lib/wire/media-type.ts',
    line: "if (type !== undefined && !mediaType.test(type)) delete headers['content-type']",
    mutants: [['type !== undefined', 'true']],
    reason: 'To delete what is not there changes nothing, and makes the object slower.'
  },
  {
    file: 'lib/wire/media-type.ts',
    line: "if (encoding !== undefined) delete headers['content-encoding']",
    mutants: [['encoding !== undefined', 'true']],
    reason: 'To delete what is not there changes nothing, and makes the object slower.'
  },
  {
    file: 'lib/wire/raw.ts',
    line: 'if (isHttp2(raw)) return () => 0',
    mutants: [['() => 0', '() => undefined']],
    reason: 'Undefined is not more than any bound either.'
  },
  {
    file: 'lib/wire/read.ts',
    line: 'chunks.push(Buffer.concat(chunks.splice(-mostChunks)))',
    mutants: [['-mostChunks', '+mostChunks']],
    reason: 'The same bytes, which are joined later.'
  },
  {
    file: 'lib/wire/read.ts',
    line: 'if (payload !== raw || !raw.complete) endWatch = watch(look)',
    mutants: [['payload !== raw || !raw.complete', 'true']],
    reason: 'A body that is there is watched for as long as it takes to take it.'
  },
  {
    file: 'lib/wire/read.ts',
    line: 'if (payload.isPaused()) payload.resume()',
    mutants: [['payload.isPaused()', 'true']],
    reason: 'A listener for data makes a body flow as well, unless it is paused.'
  },
  {
    file: 'lib/wire/discard.ts',
    line: 'const isReusable = announced !== undefined && announced <= wire.maxRequestBytes',
    mutants: [['announced !== undefined', 'true']],
    reason: 'Undefined is not within any limit.'
  },
  {
    file: 'lib/wire/discard.ts',
    line: 'if (raw.complete && isReusable) return',
    mutants: [['raw.complete && isReusable', 'false']],
    reason: 'A body that is there is discarded in a moment, and its connection then serves the next request too.'
  },
  {
    file: 'lib/wire/discard.ts',
    line: 'if (isHttp2(raw)) carrierOf(raw, reply).end()',
    mutants: [['isHttp2(raw)', 'true']],
    reason: 'Node ends the connection in the same way.'
  },
  {
    file: 'lib/wire/wire.ts',
    line: 'if (!scope.hasRequestDecorator(arrivalKey)) scope.decorateRequest(arrivalKey, null)',
    mutants: [['!scope.hasRequestDecorator(arrivalKey)', 'scope.hasRequestDecorator(arrivalKey)'], ['!scope.hasRequestDecorator(arrivalKey)', 'false']],
    reason: 'Where a request has no room for it, it is added, more slowly.'
  },
  {
    file: 'lib/wire/lingering-close.ts',
    line: 'return raw.socket instanceof Socket ? holdSocket(raw.socket, reply) : { isPipeline: false, release () {}, end () {} }',
    mutants: [['false', 'true']],
    reason: 'There is nothing to release or to end.'
  },
  {
    file: 'lib/answers/envelope.ts',
    line: "'connection', 'content-encoding', 'content-length', 'http2-settings', 'keep-alive', 'proxy-connection', 'te', 'trailer',",
    mutants: [["'content-length'", '""']],
    reason: 'Fastify itself sets the length of what it sends, whatever was set before.'
  },
  {
    file: 'lib/answers/raised-error.ts',
    line: '} catch {',
    mutants: [['{\n    return undefined\n  }', '{}']],
    reason: 'Nothing is as undefined as undefined.'
  },
  {
    file: 'lib/answers/raised-error.ts',
    line: 'return (value as Readonly<Record<string, unknown>> | null | undefined)?.[name]',
    mutants: [
      ['(value as Readonly<Record<string, unknown>> | null | undefined)?.[name]', '(value as Readonly<Record<string, unknown>> | null | undefined)[name]']
    ],
    reason: 'What cannot be read is undefined too, more slowly.'
  },
  {
    file: 'lib/answers/record.ts',
    line: 'export function decorateWithRecord (scope: FastifyInstance): void {',
    mutants: [[
      '{\n  for (const key of [recordKey, idsKey]) if (!scope.hasRequestDecorator(key)) scope.decorateRequest(key, null)\n}', '{}'
    ]],
    reason: 'Where a request has no room for the record or the ids, the first call of recordOf makes it, more slowly.'
  },
  {
    file: 'lib/answers/record.ts',
    line: 'isOwn: false,',
    mutants: [['false', 'true']],
    reason: 'Nobody asks before admission has found out.'
  },
  {
    file: 'lib/answers/request-id.ts',
    line: "const clientRequestId = typeof sent === 'string' && guid.test(sent) ? sent : requestId",
    mutants: [["typeof sent === 'string'", 'true']],
    reason: 'Node joins a header that is sent more than once; the type does not say so.'
  },
  {
    file: 'lib/answers/token-errors.ts',
    line: "const parts = bearerOf(request)?.split('.').filter((part) => part.length > 8) ?? []",
    mutants: [['[]', '["Stryker was here"]']],
    reason: 'Nobody writes such a word.'
  },
  {
    file: 'lib/answers/token-errors.ts',
    line: "const [header = '', claims = ''] = token?.split('.') ?? []",
    mutants: [["''", '"Stryker was here!"'], ['[]', '["Stryker was here"]']],
    reason: 'What is not JSON in base64url says nothing of the token, as nothing does.'
  },
  {
    file: 'lib/routes/odata-keys.ts',
    line: 'if (!mayNeedRewriting.test(url)) return url',
    mutants: [['!mayNeedRewriting.test(url)', 'false']],
    reason: 'It only spares most URLs the search that follows.'
  },
  {
    file: 'lib/routes/odata-keys.ts',
    line: "const [path = ''] = url.slice(host.length).split(/[?#]/, 1)",
    mutants: [["''", '"Stryker was here!"']],
    reason: 'There is always a first part.'
  },
  {
    file: 'lib/routes/odata-keys.ts',
    line: "const [, joined, last = ''] = /^((?:.*\\/)?([^/]+)|)\\/$/.exec(prefix) ?? []",
    mutants: [
      ["''", '"Stryker was here!"'],
      ['[]', '["Stryker was here"]'],
      ['/^((?:.*\\/)?([^/]+)|)\\/$/', '/^((?:.*\\/)([^/]+)|)\\/$/']
    ],
    reason: 'Neither is the name of a collection, and every path begins with a slash.'
  },
  {
    file: 'lib/routes/odata-keys.ts',
    line: 'let isKey = false',
    mutants: [['false', 'true']],
    reason: 'What comes first is the empty segment before the first slash.'
  },
  {
    file: 'lib/routes/odata-keys.ts',
    line: 'const [, name, quoted] = keyedCollection.exec(segment) ?? []',
    mutants: [['[]', '["Stryker was here"]']],
    reason: 'The first of what is found is not asked for.'
  },
  {
    file: 'lib/routes/odata-keys.ts',
    line: 'if (name === undefined || quoted === undefined) return routable(segment)',
    mutants: [
      ['name === undefined || quoted === undefined', 'name === undefined && quoted === undefined'],
      ['name === undefined', 'false'],
      ['quoted === undefined', 'false']
    ],
    reason: 'Both are found, or neither is.'
  },
  {
    file: 'lib/routes/odata-keys.ts',
    line: "return routedFolders.get(segment.toLowerCase()) ?? segment.replace(/^%24(?=value$)/i, '$')",
    mutants: [['/^%24(?=value$)/i', '/%24(?=value$)/i'], ['/^%24(?=value$)/i', '/^%24(?=value)/i']],
    reason: 'Of such segments only the last one of the path comes here, which is exactly that.'
  },
  {
    file: 'lib/routes/openapi.ts',
    line: 'securitySchemes: { bearerAuth, ...components?.securitySchemes }',
    mutants: [['components?.securitySchemes', 'components.securitySchemes']],
    reason: '@fastify/swagger always gives components; the type does not say so.'
  },
  {
    file: 'lib/routes/openapi.ts',
    line: "const names = [...url.matchAll(/(?<!:):(\\w+)/g)].map(([, name = '']) => name)",
    mutants: [["''", '"Stryker was here!"']],
    reason: 'What matches has a name.'
  },
  {
    file: 'lib/routes/openapi.ts',
    line: "return { ...known, type: 'object', properties: { ...all, ...known?.properties } }",
    mutants: [['known?.properties', 'known.properties'], ["'object'", '""']],
    reason: 'Every route has a schema of its parameters, of which @fastify/swagger reads the properties only.'
  },
  {
    file: 'lib/routes/schemas.ts',
    line: 'parentFolderId: id("The id of the folder that holds the contact\'s folder."),',
    mutants: [['"The id of the folder that holds the contact\'s folder."', '""']],
    reason: 'The paths that have it stay out of the document.'
  },
  {
    file: 'lib/routes/spellings.ts',
    line: 'const folded = ignoresCase ? path.toLowerCase() : path',
    mutants: [['path.toLowerCase()', 'path.toUpperCase()']],
    reason: 'Paths are the same without case either way.'
  },
  {
    file: 'lib/routes/table.ts',
    line: "owner: 'user',",
    mutants: [["'user'", '""']],
    reason: 'What is asked is whether the owner is me, or a group.'
  },
  {
    file: 'lib/graph-envelope.ts',
    line: "const [path = ''] = url.split(/[?#]/, 1)",
    mutants: [["''", '"Stryker was here!"']],
    reason: 'There is always a first part.'
  },
  {
    file: 'lib/plugin.ts',
    line: 'if (refusal === undefined) claimBody(request)',
    mutants: [['refusal === undefined', 'true']],
    reason: 'Nobody parses the body of a request that is refused.'
  },
  {
    file: 'lib/plugin.ts',
    line: 'scope.setValidatorCompiler(() => () => true)',
    mutants: [['() => () => true', '() => undefined'], ['() => true', '() => undefined'], ['true', 'false']],
    reason: 'Fastify takes what names no error for valid.'
  },
  {
    file: 'lib/plugin.ts',
    line: 'scope.setSerializerCompiler(() => JSON.stringify)',
    mutants: [['() => JSON.stringify', '() => undefined']],
    reason: 'No answer has a schema but in the OpenAPI document, so that no serializer is compiled.'
  },
  {
    file: 'lib/wire/head.ts',
    line: 'for (let at = 0; at + 1 < rawHeaders.length; at += 2) {',
    mutants: [['at + 1 < rawHeaders.length', 'at + 1 <= rawHeaders.length'], ['at + 1', 'at - 1']],
    reason: 'Names and values come in pairs, and behind the last one nothing has a name.'
  },
  {
    file: 'lib/wire/head.ts',
    line: 'if (value !== undefined && isNamed(rawHeaders[at], name)) sent.push(value)',
    mutants: [['value !== undefined', 'true']],
    reason: 'Names and values come in pairs; the type does not say so.'
  },
  {
    file: 'lib/plugin.ts',
    line: 'else if (!isAnswered(request, arrivalOf(request).reply)) done(null, body)',
    mutants: [['!isAnswered(request, arrivalOf(request).reply)', 'true']],
    reason: 'It is asked again before the photo is saved, so that its check is done in vain.'
  },
  {
    file: 'lib/server-options.ts',
    line: 'const [statusCode, message] = frameworkMessages.get(error.code) ?? []',
    mutants: [['[]', '["Stryker was here"]']],
    reason: 'A status without a message is none.'
  },
  {
    file: 'lib/server-options.ts',
    line: 'if (statusCode !== undefined && message !== undefined) return new Refusal(new GraphError(statusCode, codeOf(statusCode), message))',
    mutants: [
      ['statusCode !== undefined && message !== undefined', 'statusCode !== undefined || message !== undefined'],
      ['statusCode !== undefined', 'true'],
      ['message !== undefined', 'true']
    ],
    reason: 'Both are found, or neither is.'
  }
]
