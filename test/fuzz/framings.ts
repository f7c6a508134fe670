import fc from 'fast-check'

/** A request's bytes, and what they do to a connection. */
export interface Framed {
  readonly bytes: Buffer
  /** Whether the body is as long as its framing says, so that what follows it is the next request. */
  readonly isWhole: boolean
}

type Framing = (head: string, body: Buffer) => Framed

function framed (lines: string, head: string, body: Buffer, isWhole: boolean): Framed {
  return { bytes: Buffer.concat([Buffer.from(`${head}${lines}\r\n`, 'latin1'), body]), isWhole }
}

function announced (difference: number, isWhole = false): Framing {
  return (head, body) => framed(`Content-Length: ${Math.max(0, body.length + difference)}\r\n`, head, body, isWhole)
}

function chunked (size: number, extension: string, end: string): Framing {
  return (head, body) => {
    const chunks: Buffer[] = []
    for (let at = 0; at < body.length; at += size) {
      const bytes = body.subarray(at, at + size)
      chunks.push(Buffer.from(`${bytes.length.toString(16)}${extension}\r\n`), bytes, Buffer.from('\r\n'))
    }
    return framed('Transfer-Encoding: chunked\r\n', head, Buffer.concat([...chunks, Buffer.from(end)]), end.startsWith('0'))
  }
}

const lastChunk = '0\r\n\r\n'

const wholeChunks = fc.record({
  // Never so small that a large body is thousands of chunks: CPU is the bench's to measure.
  size: fc.oneof(fc.integer({ min: 64, max: 70_000 }), fc.constant(1000)),
  extension: fc.constantFrom('', ';a', ';a="b c"', ';' + 'x'.repeat(200)),
  end: fc.constantFrom(lastChunk, '0;last\r\n\r\n', '0\r\nTrailer: x\r\n\r\n', '000\r\n\r\n')
}).map(({ size, extension, end }) => chunked(size, extension, end))

const unwhole: readonly Framing[] = [
  (head, body) => framed('', head, body, false),
  (head, body) => framed('Content-Length: 5\r\nContent-Length: 6\r\n', head, body, false),
  (head, body) => framed('Content-Length: -1\r\n', head, body, false),
  (head, body) => framed('Content-Length: 0x10\r\n', head, body, false),
  (head, body) => framed(`Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`, head, body, false),
  (head, body) => framed('Transfer-Encoding: gzip, chunked\r\n', head, body, false),
  (head, body) => framed('Transfer-Encoding: chunked\r\n', head, Buffer.concat([Buffer.from('zz\r\n'), body]), false),
  (head, body) => framed('Transfer-Encoding: chunked\r\n', head, Buffer.concat([Buffer.from('5\r\n'), body]), false),
  (head, body) => framed('Transfer-Encoding: chunked\r\n', head, Buffer.concat([Buffer.from(`5;${'x'.repeat(20_000)}\r\n`), body]), false),
  chunked(1000, '', ''),
  chunked(1000, '', '0\r\nTrailer: without an end')
]
const broken = unwhole.map((framing): Framing => (head, body) => ({ ...framing(head, body), isWhole: false }))

const differences = fc.oneof(fc.integer({ min: -600, max: 600 }), fc.constantFrom(-1, 1, 5_000_000))
  .filter((difference) => difference !== 0)

export const framings: fc.Arbitrary<Framing> = fc.oneof(
  { arbitrary: fc.constant(announced(0, true)), weight: 8 },
  { arbitrary: wholeChunks, weight: 4 },
  { arbitrary: differences.map((difference) => announced(difference)), weight: 1 },
  { arbitrary: fc.constantFrom(...broken), weight: 1 }
)
