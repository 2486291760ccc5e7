import type { Sharp, SharpConstructor, SharpOptions } from 'sharp'
import { rgbaToThumbHash } from 'thumbhash'
import { BLURRED_WIDTH, IMAGE_TIMEOUT_SECONDS, MAX_PIXELS, THUMBNAIL_WIDTHS } from './limits.js'
import { BLURRED_NAME, keptFormat, originalName, thumbnailName } from './names.js'
import { Turns } from './turns.js'
import type { MediaVariantKind } from './types.js'

/** What is made of a picture: itself without metadata, smaller ones, and a hint of it. */
export interface MadeImage {
  readonly kind: MediaVariantKind
  readonly label: string
  /** Its name in the file's folder of the store. */
  readonly name: string
  readonly contentType: string
  readonly width: number
  readonly height: number
  readonly bytes: Buffer
}

/** Everything that is made of one picture. */
export interface MadeImages {
  /** As it is looked at: its orientation is applied. */
  readonly width: number
  readonly height: number
  readonly thumbhash: Uint8Array
  readonly images: readonly MadeImage[]
}

/** Hashing wants at most this many pixels a side. */
const THUMBHASH_SIDE = 100
const BLUR_SIGMA = 3
const QUALITY = { original: 90, small: 80, blurred: 50 } as const
/** Pictures that this process works on at once: each may take hundreds of megabytes. */
const turns = new Turns(2)

/** Those of the formats that are taken. */
const DECODERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((format) => `VipsForeignLoad${format}`)

/** The library is loaded when the first picture comes: a server that shows none starts without it. */
export async function openSharp(): Promise<SharpConstructor> {
  const { default: library } = await import('sharp')
  // every picture is another one, and the process has other things to do
  library.cache(false)
  library.concurrency(1)
  // whatever a file pretends to be, no other decoder is ever run on it
  library.block({ operation: ['VipsForeignLoad'] })
  library.unblock({ operation: DECODERS })
  return library
}

/**
 * Decodes a picture, in a file or in memory, and makes what is shown of it: nothing that is made carries a byte of what was not pixels.
 * @throws Error when it cannot be decoded
 */
export const makeImages = (picture: string | Buffer): Promise<MadeImages> => turns.take(() => make(picture))

async function make(picture: string | Buffer): Promise<MadeImages> {
  const library = await openSharp()
  const open = (options: SharpOptions = {}): Sharp =>
    library(picture, { limitInputPixels: MAX_PIXELS, failOn: 'error', ...options })
      .timeout({ seconds: IMAGE_TIMEOUT_SECONDS })
      .autoOrient()
  const { format, pages } = await library(picture, { limitInputPixels: MAX_PIXELS }).metadata()
  const original = await makeOriginal(open({ animated: (pages ?? 1) > 1 }), format, (pages ?? 1) > 1)
  const { width, height } = original
  const images = [original]
  for (const wide of widthsFor(width)) images.push(await makeThumbnail(open(), wide))
  images.push(await makeBlurred(open()))
  return { width, height, images, thumbhash: await hashOf(open()) }
}

/** The widths up to the first that is not narrower than the picture. */
const widthsFor = (width: number): number[] =>
  THUMBNAIL_WIDTHS.filter((_wide, index) => index === 0 || (THUMBNAIL_WIDTHS[index - 1] ?? 0) < width)

async function makeOriginal(picture: Sharp, format: string, isAnimated: boolean): Promise<MadeImage> {
  const kept = keptFormat(format)
  const { data, info } = await (
    kept === 'gif'
      ? picture.gif()
      : kept === 'png'
        ? picture.png()
        : picture.toFormat(kept, { quality: QUALITY.original })
  ).toBuffer({ resolveWithObject: true })
  const height = isAnimated ? (info.pageHeight ?? info.height) : info.height
  return {
    kind: 'RENDITION',
    label: 'original',
    name: originalName(kept),
    contentType: `image/${kept}`,
    width: info.width,
    height,
    bytes: data,
  }
}

async function makeThumbnail(picture: Sharp, width: number): Promise<MadeImage> {
  const { data, info } = await picture
    .resize({ width, withoutEnlargement: true })
    .webp({ quality: QUALITY.small })
    .toBuffer({ resolveWithObject: true })
  return {
    kind: 'THUMBNAIL',
    label: `w${String(width)}`,
    name: thumbnailName(width),
    contentType: 'image/webp',
    width: info.width,
    height: info.height,
    bytes: data,
  }
}

/** So few pixels, and those blurred, that nothing can be made out again. */
async function makeBlurred(picture: Sharp): Promise<MadeImage> {
  // in two steps: a blur that is asked for together with a resize would be applied to the large picture's pixels
  const small = await picture.resize({ width: BLURRED_WIDTH }).removeAlpha().png().toBuffer()
  const library = await openSharp()
  const { data, info } = await library(small)
    .blur(BLUR_SIGMA)
    .webp({ quality: QUALITY.blurred })
    .toBuffer({ resolveWithObject: true })
  return {
    kind: 'BLURRED',
    label: 'default',
    name: BLURRED_NAME,
    contentType: 'image/webp',
    width: info.width,
    height: info.height,
    bytes: data,
  }
}

async function hashOf(picture: Sharp): Promise<Uint8Array> {
  const { data, info } = await picture
    .resize({ width: THUMBHASH_SIDE, height: THUMBHASH_SIDE, fit: 'inside' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return rgbaToThumbHash(info.width, info.height, data)
}
