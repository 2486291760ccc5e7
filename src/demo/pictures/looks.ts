import { DemoRandom } from '../random.js'
import type { Look, LookName } from '../studios/studio.js'
import { aurora, contours, isobars } from './fields.js'
import type { Field } from './fields.js'
import type { Canvas } from './paint.js'
import { arches, skyline } from './city.js'
import { quilt, ribbons, weave } from './cloth.js'
import { face, makeup } from './faces.js'
import { figures, flow } from './figures.js'
import { emblem } from './fond.js'
import { cutouts, rings, stems } from './grown.js'
import { ridges, stars } from './heights.js'
import { blocks, crossword, glass, terrazzo, tiles } from './laid.js'
import { bubbles, masks, strings, trinkets } from './makers.js'
import { patch, pixels, score, sprites } from './panels.js'
import { ink, pages, receipts, spines } from './paper.js'
import { loaves, market, shopfront } from './shops.js'
import { table } from './table.js'
import { lighthouse, reeds, waves } from './water.js'
import { wheels } from './wheels.js'

const LOOKS: Readonly<Record<LookName, (canvas: Canvas) => string | Field>> = {
  arches,
  aurora,
  blocks,
  bubbles,
  contours,
  crossword,
  cutouts,
  figures,
  flow,
  glass,
  ink,
  isobars,
  lighthouse,
  loaves,
  makeup,
  market,
  masks,
  pages,
  patch,
  pixels,
  quilt,
  receipts,
  reeds,
  ribbons,
  ridges,
  rings,
  score,
  shopfront,
  skyline,
  spines,
  sprites,
  stars,
  stems,
  strings,
  table,
  terrazzo,
  tiles,
  trinkets,
  waves,
  weave,
  wheels,
}

/** As SVG of the size that was asked for, with pixels of a size of their own under it where a look has them. */
export interface Drawing {
  readonly svg: string
  readonly under: (Field & Size) | null
}

type Size = Pick<Canvas, 'width' | 'height'>

/** Everything is drawn as if it were so wide, and then made as wide as it is wanted. */
const PICTURE_WIDTH = 960
const PERSON_WIDTH = 320

/** A picture in a creator's look, another one for each name. */
export function draw(look: Look, name: string, size: Size): Drawing {
  const canvas = canvasOf(look, name, PICTURE_WIDTH, size)
  const made = LOOKS[look.name](canvas)
  return typeof made === 'string'
    ? { svg: framed(made, canvas, size), under: null }
    : { svg: framed(made.over, canvas, size), under: { ...made, width: canvas.width, height: canvas.height } }
}

/** Somebody's face, or what they are fond of, another one for each name. */
export function drawPerson(kind: 'face' | 'emblem', look: Look, name: string, size: Size): Drawing {
  const canvas = canvasOf(look, name, PERSON_WIDTH, size)
  return { svg: framed((kind === 'face' ? face : emblem)(canvas), canvas, size), under: null }
}

const canvasOf = ({ colours }: Look, name: string, usual: number, { width, height }: Size): Canvas => ({
  width: usual,
  height: Math.floor((usual * height) / width),
  colours,
  random: new DemoRandom(`picture/${name}`),
})

const framed = (content: string, canvas: Size, { width, height }: Size): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${String(width)}" height="${String(height)}" viewBox="0 0 ${String(canvas.width)} ${String(canvas.height)}" preserveAspectRatio="none">${content}</svg>`
