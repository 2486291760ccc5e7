import {
  along,
  between,
  brightness,
  byBrightness,
  circle,
  curve,
  el,
  layered,
  mix,
  n,
  noiseOf,
  path,
  pick,
  range,
  shade,
} from './paint.js'
import type { Canvas, Point } from './paint.js'
import { fronts } from './makers.js'

// What is computed pixel by pixel: heights with their lines, and light.

/** Pixels as bytes of red, green and blue, and what is drawn over them. */
export interface Field {
  readonly pixels: Buffer
  readonly over: string
}

const fill = (
  { width, height }: Canvas,
  colourAt: (x: number, y: number) => readonly [number, number, number],
): Buffer => {
  const pixels = Buffer.alloc(width * height * 3)
  let at = 0
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const [red, green, blue] = colourAt(x, y)
      pixels[at] = red
      pixels[at + 1] = green
      pixels[at + 2] = blue
      at += 3
    }
  return pixels
}

const rgb = (colour: string): readonly [number, number, number] => [
  parseInt(colour.slice(1, 3), 16),
  parseInt(colour.slice(3, 5), 16),
  parseInt(colour.slice(5, 7), 16),
]

/** Heights as a map shows them, with a path through them. */
export function contours(canvas: Canvas): Field {
  const { width, height, colours, random } = canvas
  const [ground = '#ffffff', ...others] = colours
  const isNight = brightness(ground) < 0.4
  const noise = layered(noiseOf(random), 3)
  const scale = between(random, 2.6, 4.2)
  const levels = random.int(9, 14)
  const tones = isNight ? byBrightness(others).slice(0, 3) : [ground, ...byBrightness(others).toReversed().slice(0, 3)]
  const bands = range(levels).map((level) => rgb(along(tones, level / (levels - 1))))
  const line = rgb(isNight ? mix(others.at(-1) ?? '#ffffff', ground, 0.35) : (byBrightness(others)[0] ?? '#000000'))
  const unit = scale / width
  const heightAt = (x: number, y: number): number =>
    Math.min(0.999, Math.max(0, (noise(x * unit, y * unit) - 0.2) * 1.65)) * levels
  const row = new Float64Array(width + 1)
  const pixels = fill(canvas, (x, y) => {
    const value = heightAt(x, y)
    const slope = Math.max(
      0.012,
      Math.abs(value - (row[x] ?? value)),
      x > 0 ? Math.abs(value - (row[x - 1] ?? value)) : 0,
    )
    row[x] = value
    const level = Math.floor(value)
    const near = Math.min(value - level, level + 1 - value) / slope
    const [red, green, blue] = bands[level] ?? [0, 0, 0]
    const strength = near < 1.6 ? (1 - near / 1.6) * (level % 4 === 0 ? 0.95 : 0.5) : 0
    return [red + (line[0] - red) * strength, green + (line[1] - green) * strength, blue + (line[2] - blue) * strength]
  })
  const accent = others.at(-1) ?? '#c0392b'
  const walk: Point[] = range(6).map((step) => [width * (0.06 + step * 0.176), height * between(random, 0.14, 0.86)])
  const route = path(curve(walk), {
    fill: 'none',
    stroke: isNight ? '#ffffff' : accent,
    strokeWidth: 5,
    strokeDasharray: '15 11',
    strokeLinecap: 'round',
  })
  const places = range(random.int(3, 6)).map(() => {
    const [x, y] = pick(random, walk)
    return circle(x, y, 11, { fill: accent }) + circle(x, y, 5, { fill: '#ffffff' })
  })
  const rose = ((): string => {
    const [x, y] = [width * 0.9, height * 0.14]
    return (
      circle(x, y, 40, { fill: 'none', stroke: shade(accent, -0.2), strokeWidth: 3 }) +
      path(`M${n(x)} ${n(y - 52)}L${n(x + 11)} ${n(y)}L${n(x)} ${n(y + 52)}L${n(x - 11)} ${n(y)}Z`, { fill: accent }) +
      el('line', { x1: x - 40, y1: y, x2: x + 40, y2: y, stroke: accent, strokeWidth: 2 })
    )
  })()
  return { pixels, over: route + places.join('') + rose }
}

/** Heights of the air, with its fronts. */
export function isobars(canvas: Canvas): Field {
  const { pixels } = contours(canvas)
  return { pixels, over: fronts(canvas) }
}

/** Light that hangs in the air. */
export function aurora(canvas: Canvas): Field {
  const { width, height, colours, random } = canvas
  const isDark = brightness(colours[0] ?? '#ffffff') < 0.4
  const noise = layered(noiseOf(random), 2)
  const lights = colours.slice(1).map((colour) => ({
    colour: rgb(colour),
    x: random.next(),
    y: between(random, 0.1, 0.9),
    size: between(random, 0.28, 0.6),
    bend: between(random, 0.3, 1.2),
  }))
  const base = rgb(colours[0] ?? '#000000')
  const dusk = rgb(shade(colours[0] ?? '#000000', isDark ? -0.5 : 0.1))
  const pixels = fill(canvas, (px, py) => {
    const [x, y] = [px / width, py / height]
    const warp = noise(x * 2.4, y * 2.4) - 0.5
    let [red, green, blue] = [
      base[0] + (dusk[0] - base[0]) * y,
      base[1] + (dusk[1] - base[1]) * y,
      base[2] + (dusk[2] - base[2]) * y,
    ]
    for (const light of lights) {
      const dx = x - light.x + warp * light.bend * 0.5
      const dy = (y - light.y) * (isDark ? 0.55 : 1) + warp * 0.25
      const strength =
        Math.exp(-(dx * dx * (isDark ? 3.4 : 1.4) + dy * dy) / (light.size * light.size * 0.42)) * (isDark ? 0.85 : 0.8)
      red += (light.colour[0] - red) * strength
      green += (light.colour[1] - green) * strength
      blue += (light.colour[2] - blue) * strength
    }
    const grain = (((px * 7919 + py * 104729) % 255) / 255 - 0.5) * 9
    return [clamp(red + grain), clamp(green + grain), clamp(blue + grain)]
  })
  const [cx, cy] = [width * between(random, 0.3, 0.7), height * between(random, 0.55, 0.75)]
  const sounds = isDark
    ? range(random.int(5, 9)).map((ring) =>
        circle(cx, cy, 30 + ring * ring * 6 + ring * 24, {
          fill: 'none',
          stroke: '#ffffff',
          strokeWidth: 1.6,
          opacity: 0.4 - ring * 0.035,
        }),
      )
    : stones(canvas)
  const wave = isDark
    ? path(
        curve(
          range(60).map((step): Point => [
            (step * width) / 59,
            height * 0.86 + Math.sin(step * 1.7) * 26 * Math.sin((step / 59) * Math.PI) * random.next(),
          ]),
        ),
        { fill: 'none', stroke: '#ffffff', strokeWidth: 2.4, opacity: 0.65 },
      )
    : ''
  return { pixels, over: sounds.join('') + wave }
}

const clamp = (value: number): number => Math.min(255, Math.max(0, value))

/** Smooth stones, one on the other. */
function stones({ width, height, colours, random }: Canvas): string[] {
  const x = width * between(random, 0.35, 0.65)
  let y = height * 0.9
  return range(random.int(3, 5)).map((index) => {
    const [rx, ry] = [width * (0.15 - index * 0.024), height * (0.062 - index * 0.007)]
    y -= ry * 1.72
    return el('ellipse', {
      cx: x + between(random, -9, 9),
      cy: y + ry,
      rx,
      ry,
      fill: shade(colours[1 + (index % (colours.length - 1))] ?? '#dddddd', -0.16),
      opacity: 0.95,
    })
  })
}
