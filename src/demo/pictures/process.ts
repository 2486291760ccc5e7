import { createHash } from 'node:crypto'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { makeImages } from '../../media/media.js'
import type { Recipe } from '../files.js'
import { draw, drawPerson } from './looks.js'
import type { Drawing } from './looks.js'
import type { MadeFile, Order } from './making.js'
import { MUSIC_MS, compose } from './music.js'

// Draws and plays what its parent orders, one after the other, and ends with it. A process of its own: what decodes pictures
// of strangers must never be let near a drawing program, and a server that has drawn once keeps the memory that it took.

const QUALITY = 92

process.on('message', (order: Order) => {
  make(order).then(
    (made) => process.send?.({ name: order.name, made }),
    (error: unknown) => process.send?.({ name: order.name, error: String(error) }),
  )
})
process.on('disconnect', () => process.exit(0))

async function make({ name, recipe }: Order): Promise<MadeFile> {
  return recipe.kind === 'sound' ? makeSound(name) : await makePicture(name, recipe)
}

function makeSound(name: string): MadeFile {
  const bytes = compose(name)
  const contentType = 'audio/wav'
  return {
    contentType,
    sizeBytes: bytes.byteLength,
    sha256: hashOf(bytes),
    width: null,
    height: null,
    durationMs: MUSIC_MS,
    thumbhash: null,
    parts: [
      { kind: 'RENDITION', label: 'original', name: 'original.wav', contentType, width: null, height: null, bytes },
    ],
  }
}

async function makePicture(
  name: string,
  { kind, look, ...size }: Exclude<Recipe, { kind: 'sound' }>,
): Promise<MadeFile> {
  const bytes = await render(kind === 'picture' ? draw(look, name, size) : drawPerson(kind, look, name, size), size)
  const { images, ...made } = await makeImages(bytes)
  return {
    ...made,
    contentType: 'image/jpeg',
    sizeBytes: bytes.byteLength,
    sha256: hashOf(bytes),
    durationMs: null,
    parts: images,
  }
}

/** A drawing as a file that somebody could have uploaded. */
async function render({ svg, under }: Drawing, { width, height }: { width: number; height: number }): Promise<Buffer> {
  sharp.concurrency(1)
  // whoever makes what is shown of a picture blocks it again
  sharp.unblock({ operation: ['VipsForeignLoadSvg'] })
  const picture = under ? await overPixels(svg, under, { width, height }) : sharp(Buffer.from(svg))
  return await picture.flatten({ background: '#ffffff' }).jpeg({ quality: QUALITY }).toBuffer()
}

async function overPixels(
  svg: string,
  { pixels, ...raw }: NonNullable<Drawing['under']>,
  size: { width: number; height: number },
): Promise<Sharp> {
  const base = sharp(pixels, { raw: { width: raw.width, height: raw.height, channels: 3 } }).resize({
    ...size,
    fit: 'fill',
  })
  return sharp(
    await base
      .composite([{ input: Buffer.from(svg) }])
      .png()
      .toBuffer(),
  )
}

const hashOf = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()
