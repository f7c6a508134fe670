import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ExifTool } from 'exiftool-vendored'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import type { ImageType } from '../../../lib/index.js'
import { afterSoi, marker, parts, segment } from '../../fixtures/jpeg-segments.js'
import { acceptedJpegs, acceptedOthers, fixture, portrait } from '../../fixtures/pictures.js'
import { host, put } from '../../helpers/host.js'
import { withoutMetadata } from './without-metadata.js'

const exiftool = new ExifTool({ maxProcs: 1 })
t.teardown(() => exiftool.end())

/** ExifTool's package brings no Perl for Linux. */
const needsPerl = { skip: await exiftool.version().then(() => false as const, () => 'Perl is not installed') }

const imageTypes: readonly ImageType[] = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

/** What a server with the recipe saves of a picture. */
async function server (t: Test) {
  const saved: Buffer[] = []
  const { app } = await host(t, {
    imageTypes,
    savePhoto: async (photo) => { saved.push((await withoutMetadata(exiftool, photo)).data) }
  })
  return async (payload: Buffer): Promise<Buffer> => {
    const { statusCode } = await put(app, { payload })
    t.equal(statusCode, 200)
    return saved.pop() ?? Buffer.alloc(0)
  }
}

const street = '221B Baker Street'
const telling = {
  GPSLatitude: 51.5237,
  GPSLongitude: -0.1585,
  GPSLatitudeRef: 'N',
  GPSLongitudeRef: 'W',
  'IFD0:ImageDescription': street,
  'ExifIFD:UserComment': street,
  'XMP-dc:Description': street,
  'IPTC:Caption-Abstract': street,
  Comment: street
}

/** As a phone writes it: told where it was taken, lying on its side, with a colour profile and a thumbnail. */
async function fromPhone (t: Test): Promise<Buffer> {
  const file = join(t.testdir(), 'phone.jpg')
  await writeFile(file, await sharp(portrait).withIccProfile('p3').jpeg().toBuffer())
  await writeFile(`${file}.small`, await sharp(portrait).resize(32).jpeg().toBuffer())
  await exiftool.write(file, telling, {
    writeArgs: ['-overwrite_original', '-Orientation#=6', `-ThumbnailImage<=${file}.small`, '-JFIF:XResolution=72']
  })
  return readFile(file)
}

/** The segments that show the picture, and its data: without the application segments for metadata and the comments. */
function picture (jpeg: Buffer): Buffer {
  const metadata: readonly number[] = [marker.APP1, 0xed, marker.COM]
  return Buffer.concat(parts(jpeg).filter(({ code }) => !metadata.includes(code)).map(({ at, end }) => jpeg.subarray(at, end)))
}

const pixels = (bytes: Buffer) => sharp(bytes, { animated: true }).raw().toBuffer()

t.test('nothing tells any more where and by whom a picture was taken', needsPerl, async (t) => {
  const save = await server(t)
  const sent = await fromPhone(t)
  const told = await tagsOf(t, sent)
  for (const tag of ['ExifIFD:UserComment', 'GPS:GPSLatitude', 'IFD1:ThumbnailImage', 'IPTC:Caption-Abstract', 'XMP-dc:Description']) t.ok(told.includes(tag), tag)
  const saved = await save(sent)
  t.notOk(saved.includes(street))
  // What stands beside the orientation says nothing, and has to be there.
  t.strictSame(await tagsOf(t, saved), ['IFD0:Orientation', 'IFD0:ResolutionUnit', 'IFD0:XResolution', 'IFD0:YCbCrPositioning', 'IFD0:YResolution'])
})

t.test('the picture stays as it is, byte for byte, with its colour profile and its orientation', needsPerl, async (t) => {
  const save = await server(t)
  const sent = await fromPhone(t)
  const saved = await save(sent)
  t.ok(picture(saved).equals(picture(sent)))
  const { icc, orientation } = await sharp(saved).metadata()
  t.ok(icc)
  t.equal(orientation, 6)
})

t.test('a picture without metadata stays as it is', needsPerl, async (t) => {
  const save = await server(t)
  t.ok(portrait.equals(await save(portrait)))
})

t.test('every accepted picture shows the same as before, and is accepted again', needsPerl, async (t) => {
  const save = await server(t)
  for (const [name, sent] of [...acceptedJpegs, ...acceptedOthers]) {
    const saved = await save(sent)
    t.ok((await pixels(saved)).equals(await pixels(sent)), name)
    // ExifTool takes the first end of image after the picture data for the end, in a comment too.
    if (name !== 'comment before the end') t.ok((await save(saved)).equals(saved), name)
  }
})

t.test('what follows the picture goes, since it may tell as much', needsPerl, async (t) => {
  const save = await server(t)
  const saved = await save(Buffer.concat([portrait, await fromPhone(t)]))
  t.ok(portrait.equals(saved))
})

t.test('what follows a PNG, a GIF or a WebP goes too', needsPerl, async (t) => {
  const save = await server(t)
  const another = await fromPhone(t)
  for (const [name, sent] of acceptedOthers) {
    const saved = await save(Buffer.concat([sent, another, Buffer.from(street)]))
    t.notOk(saved.includes(street), name)
    t.ok((await pixels(saved)).equals(await pixels(sent)), name)
  }
})

t.test('a GIF without its trailer, or with zeros between its blocks, loses its metadata like any other', needsPerl, async (t) => {
  const save = await server(t)
  const sound = fixture('photo.gif')
  const blocks = sound.subarray(0, -1)
  for (const sent of [blocks, Buffer.concat([blocks, Buffer.alloc(3), sound.subarray(-1)])]) t.ok((await save(sent)).equals(sound))
})

t.test('PNG, GIF and WebP tell nothing either', needsPerl, async (t) => {
  const save = await server(t)
  for (const name of ['photo.png', 'photo.gif', 'lossy.webp']) {
    const file = join(t.testdir(), name)
    await writeFile(file, fixture(name))
    await exiftool.write(file, {}, { writeArgs: [`-XMP-dc:Description=${street}`, '-overwrite_original'] })
    const sent = await readFile(file)
    t.ok(sent.includes(street), name)
    t.notOk((await save(sent)).includes(street), name)
  }
})

t.test('EXIF data that is unreadable goes too', needsPerl, async (t) => {
  const save = await server(t)
  const saved = await save(afterSoi(portrait, segment(marker.APP1, 'Exif\0\0MM\0*\0\0\0\x08\xff\xff', street), segment(marker.APP1, street)))
  t.ok(portrait.equals(saved))
})

t.test('where the metadata cannot be removed nothing is saved, and no file is left', needsPerl, async (t) => {
  const folder = t.testdir()
  process.env.TMPDIR = folder
  t.teardown(() => { delete process.env.TMPDIR })
  const photo = { data: Buffer.from('no picture'), contentType: 'image/jpeg', width: 1, height: 1 } as const
  await t.rejects(withoutMetadata(exiftool, photo))
  await withoutMetadata(exiftool, { ...photo, data: portrait })
  t.strictSame(await readdir(folder), [])
})

/** The tags of EXIF, IPTC and XMP, by group and name. */
async function tagsOf (t: Test, jpeg: Buffer): Promise<string[]> {
  const file = join(t.testdir(), 'tags.jpg')
  await writeFile(file, jpeg)
  const names = Object.keys(await exiftool.readRaw(file, { readArgs: ['-G1', '-a', '-u'] }))
  return names.filter((name) => /^(?:IFD|ExifIFD|GPS|XMP|IPTC|Photoshop|MakerNotes)/.test(name)).sort()
}
