import sharp, { type Sharp } from 'sharp'
import type { ImageType } from '../../../lib/index.js'
import { fixture } from '../../fixtures/pictures.js'

export interface Original { readonly name: string, readonly bytes: Buffer }

const portrait = fixture('portrait.jpg')
const pictures = (width: number, height: number): readonly Sharp[] => {
  const color = sharp(portrait).resize(width, height)
  return [color, color.clone().greyscale(), color.clone().ensureAlpha(0.5)]
}
const sizes = [[1, 1], [7, 5], [33, 20], [64, 48]] as const
const frames = (width: number, height: number): Sharp => {
  const pages = ['teal', 'coral'].map((color) => (
    Buffer.from(`<svg width="${width}" height="${height}"><rect width="99" height="99" fill="${color}"/></svg>`)))
  return sharp(pages, { join: { animated: true } })
}

const jpegOptions = [
  {}, { quality: 1 }, { quality: 100, chromaSubsampling: '4:4:4' }, { progressive: true },
  { progressive: true, chromaSubsampling: '4:4:4' }, { mozjpeg: true }, { optimiseCoding: false },
  { progressive: true, optimiseScans: true, quantisationTable: 3 }, { trellisQuantisation: true }
]
const pngOptions = [
  {}, { compressionLevel: 0 }, { progressive: true }, { adaptiveFiltering: true }, { palette: true }, { palette: true, colours: 2 },
  { palette: true, colours: 4 }, { palette: true, colours: 16, progressive: true }
]
const gifOptions = [{}, { colours: 2 }, { colours: 32 }, { progressive: true }, { dither: 0 }, { interFrameMaxError: 8 }]
const webpOptions = [
  {}, { quality: 1 }, { lossless: true }, { nearLossless: true }, { smartSubsample: true, effort: 0 }, { alphaQuality: 20 }, { effort: 6 }
]

/** What sharp writes with every option of its encoders, of a few pictures of a few sizes. */
export async function originals (type: ImageType): Promise<Original[]> {
  const found: Array<Promise<Original>> = []
  const add = (name: string, picture: Sharp): void => { found.push(picture.toBuffer().then((bytes) => ({ name, bytes }))) }
  for (const [width, height] of sizes) {
    pictures(width, height).forEach((picture, index) => {
      const write = (options: object, make: (picture: Sharp) => Sharp): void => (
        add(`${width} x ${height}, picture ${index}, ${JSON.stringify(options)}`, make(picture.clone())))
      if (type === 'image/jpeg') for (const options of jpegOptions) write(options, (picture) => picture.jpeg(options))
      if (type === 'image/png') for (const options of pngOptions) write(options, (picture) => picture.png(options))
      if (type === 'image/gif') for (const options of gifOptions) write(options, (picture) => picture.gif(options))
      if (type === 'image/webp') for (const options of webpOptions) write(options, (picture) => picture.webp(options))
    })
    const photo = sharp(portrait).resize(width, height)
    const tagged = photo.clone().withExif({ IFD0: { Artist: 'A' } }).withIccProfile('p3')
    const animation = frames(width, height)
    if (type === 'image/jpeg') {
      add('CMYK', photo.clone().toColourspace('cmyk').jpeg())
      add('metadata', tagged.jpeg())
    } else if (type === 'image/png') {
      add('16 bits', photo.clone().toColourspace('rgb16').png())
      add('metadata', tagged.png())
    } else if (type === 'image/gif') {
      add('animation', animation.gif({ delay: [100, 100], loop: 0 }))
    } else {
      add('animation', animation.clone().webp({ delay: [100, 100] }))
      add('lossless animation', animation.clone().webp({ lossless: true, delay: [100, 100] }))
      add('metadata', tagged.webp())
    }
  }
  return Promise.all(found)
}
