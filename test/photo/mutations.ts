import fc from 'fast-check'

/** Makes another picture of one; every change keeps within the bytes it is given. */
export type Mutation = (bytes: Buffer) => Buffer

const places = 1_000_000

/** A place in bytes of any length: the beginning, where the headers are, as often as all the rest. */
const place = fc.oneof(
  fc.nat(80).map((at) => (bytes: Buffer) => Math.min(at, bytes.length)),
  fc.nat(places).map((share) => (bytes: Buffer) => Math.floor(bytes.length * share / places))
)

/** Where a 0xFF stands, as before every marker of a JPEG; else any place. */
const markerPlace = fc.tuple(place, fc.nat(3)).map(([at, after]) => (bytes: Buffer) => {
  const found = bytes.indexOf(0xff, at(bytes))
  return found === -1 ? at(bytes) : Math.min(found + after, bytes.length)
})

const anyPlace = fc.oneof(place, markerPlace)
const part = fc.tuple(anyPlace, fc.nat(300)).map(([at, length]) => (bytes: Buffer) => ({ from: at(bytes), to: Math.min(at(bytes) + length, bytes.length) }))

const insert = (bytes: Buffer, at: number, inserted: Uint8Array): Buffer => Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)])

function overwrite (bytes: Buffer, at: number, written: Uint8Array): Buffer {
  const changed = Buffer.from(bytes)
  changed.set(written.subarray(0, changed.length - at), at)
  return changed
}

/** Lengths that lie, in every width and byte order that the formats use. */
const lyingLengths = [0, 1, 2, 3, 7, 8, 13, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff7, 0xffffffff].flatMap((length) => {
  const [big, little] = [Buffer.alloc(4), Buffer.alloc(4)]
  big.writeUInt32BE(length)
  little.writeUInt32LE(length)
  return [big, little, big.subarray(2), little.subarray(0, 2), big.subarray(3)]
})

const text = (latin1: string): Buffer => Buffer.from(latin1, 'latin1')

/** Whole blocks of each format, some of which stand where they must not. */
const blocks: readonly Buffer[] = [
  text('\xff\xd8'), text('\xff\xd9'), text('\xff\x00'), text('\xff\xff'), text('\xff\xd0'), text('\xff\x01'),
  text('\xff\xfe\x00\x02'), text('\xff\xfe\x00\x00'), text('\xff\xe1\xff\xff'), text('\xff\xdc\x00\x04\x00\x10'),
  text('\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00'), text('\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00'), text('\xff\xf7\x00\x02'),
  text('\0\0\0\0IEND\xae\x42\x60\x82'), text('\0\0\0\0IDAT\0\0\0\0'), text('\0\0\0\x01IDAT\0\0\0\0\0'), text('\0\0\0\0acTL\0\0\0\0'), text('\x7f\xff\xff\xfftEXt'),
  text('\0\0\0\x0dIHDR\xff\xff\xff\xff\xff\xff\xff\xff\x08\x06\0\0\0\0\0\0\0'), text('\0\0\0\x04CgBI\0\0\0\0\0\0\0\0'),
  text('\x21\xfe\x01a\0'), text('\x21\xf9\x04\0\0\0\0\0'), text('\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\x01\0\0'), text('\x3b'), text('\0'),
  text('VP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff'), text('VP8 \0\0\0\0'), text('VP8L\x01\0\0\0\x2f\0'), text('ANMF\0\0\0\0'), text('RIFF\0\0\0\0WEBP'),
  text('<svg width="1" height="1">'), text('GIF89a'), text('\x89PNG\r\n\x1a\n'), text('\xff\xd8\xff'), text('\0\0\0\x20ftypavif'), text('jP  ')
]

const oneMutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(anyPlace, fc.integer({ min: 1, max: 255 })).map(([at, bits]) => (bytes: Buffer) => overwrite(bytes, at(bytes), Buffer.of((bytes[at(bytes)] ?? 0) ^ bits))),
  fc.tuple(anyPlace, fc.uint8Array({ minLength: 1, maxLength: 20 })).map(([at, written]) => (bytes: Buffer) => overwrite(bytes, at(bytes), written)),
  fc.tuple(anyPlace, fc.constantFrom(...lyingLengths)).map(([at, length]) => (bytes: Buffer) => overwrite(bytes, at(bytes), length)),
  fc.tuple(part, fc.constantFrom(0x00, 0xff)).map(([range, value]) => (bytes: Buffer) => {
    const { from, to } = range(bytes)
    return overwrite(bytes, from, Buffer.alloc(to - from, value))
  }),
  anyPlace.map((at) => (bytes: Buffer) => bytes.subarray(0, at(bytes))),
  anyPlace.map((at) => (bytes: Buffer) => bytes.subarray(at(bytes))),
  part.map((range) => (bytes: Buffer) => {
    const { from, to } = range(bytes)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
  }),
  fc.tuple(anyPlace, fc.constantFrom(...blocks)).map(([at, block]) => (bytes: Buffer) => insert(bytes, at(bytes), block)),
  fc.tuple(anyPlace, fc.uint8Array({ maxLength: 40 })).map(([at, inserted]) => (bytes: Buffer) => insert(bytes, at(bytes), inserted)),
  fc.tuple(part, anyPlace).map(([range, at]) => (bytes: Buffer) => {
    const { from, to } = range(bytes)
    return insert(bytes, at(bytes), bytes.subarray(from, to))
  }),
  fc.tuple(part, fc.integer({ min: 2, max: 50 })).map(([range, times]) => (bytes: Buffer) => {
    const { from, to } = range(bytes)
    return insert(bytes, to, Buffer.concat(Array<Buffer>(times).fill(bytes.subarray(from, to))))
  })
)

/** A picture of those given, each format as often as the others, after up to four changes; or the head of one and the tail of another. */
export function mutated (formats: ReadonlyArray<readonly Buffer[]>): fc.Arbitrary<Buffer> {
  const picture = fc.oneof(...formats.map((pictures) => fc.constantFrom(...pictures)))
  const changed = fc.tuple(picture, fc.array(oneMutation, { minLength: 1, maxLength: 4 }))
    .map(([bytes, mutations]) => mutations.reduce((result, mutation) => mutation(result), bytes))
  const spliced = fc.tuple(picture, anyPlace, picture, anyPlace)
    .map(([head, end, tail, start]) => Buffer.concat([head.subarray(0, end(head)), tail.subarray(start(tail))]))
  return fc.oneof({ weight: 9, arbitrary: changed }, { weight: 1, arbitrary: spliced })
}
