import {
  along,
  between,
  brightness,
  byBrightness,
  circle,
  curve,
  el,
  glow,
  gradient,
  group,
  isWarm,
  mix,
  n,
  path,
  polygon,
  range,
  rect,
  shade,
  shining,
} from './paint.js'
import type { Canvas, Point } from './paint.js'

// Water, and what stands by it.

export const sky = ({ width, height }: Canvas, colours: readonly string[]): string =>
  `<defs>${gradient('sky', colours)}</defs>${rect(0, 0, width, height, { fill: 'url(#sky)' })}`

export function disc(colour: string, [x, y]: Point, radius: number): string {
  return `<defs>${glow('halo', colour)}</defs>${circle(x, y, radius * 3.2, { fill: 'url(#halo)', opacity: 0.55 })}${circle(x, y, radius, { fill: colour })}`
}

interface Sea {
  readonly horizon: number
  readonly svg: string
}

/** Bands of water, the nearer the larger. */
function sea({ width, height, colours, random }: Canvas, bands: readonly string[]): Sea {
  const horizon = height * between(random, 0.34, 0.52)
  const count = random.int(7, 10)
  const phase = random.next() * 10
  const layers = range(count).map((layer) => {
    const depth = layer / (count - 1)
    const top = horizon + (height - horizon) * depth ** 1.35
    const swell = 3 + depth * between(random, 22, 40)
    const length = 60 + depth * 260
    const points = range(Math.ceil(width / 24) + 2).map((step): Point => {
      const x = step * 24 - 12
      return [
        x,
        top +
          Math.sin(x / length + phase + layer * 1.9) * swell * 0.5 +
          Math.sin(x / (length * 0.43) + layer * 3.1) * swell * 0.22,
      ]
    })
    const line = curve(points)
    const colour = along(bands, depth)
    return (
      path(`${line}L${n(width + 20)} ${n(height + 20)}L-20 ${n(height + 20)}Z`, { fill: colour }) +
      path(line, { fill: 'none', stroke: shade(colour, 0.35), strokeWidth: 1 + depth * 2, opacity: 0.5 })
    )
  })
  return { horizon, svg: layers.join('') + glints({ width, height, colours, random }, horizon) }
}

const glints = ({ width, height, random }: Canvas, horizon: number): string =>
  group(
    { stroke: '#ffffff', strokeLinecap: 'round', opacity: 0.45 },
    ...range(40).map(() => {
      const y = horizon + (height - horizon) * random.next() ** 2
      const length = 4 + ((y - horizon) / (height - horizon)) * 40
      const x = random.next() * width
      return el('line', { x1: x, y1: y, x2: x + length, y2: y, strokeWidth: 1 + length / 20 })
    }),
  )

const bird = (x: number, y: number, size: number, colour: string): string =>
  path(
    `M${n(x - size)} ${n(y - size * 0.35)}Q${n(x - size * 0.4)} ${n(y - size * 0.6)} ${n(x)} ${n(y)}Q${n(x + size * 0.4)} ${n(y - size * 0.6)} ${n(x + size)} ${n(y - size * 0.35)}`,
    {
      fill: 'none',
      stroke: colour,
      strokeWidth: size * 0.16,
      strokeLinecap: 'round',
    },
  )

function seaUnder(canvas: Canvas, motif: (horizon: number, dark: string, light: string) => string): string {
  const { width, height, colours, random } = canvas
  const [ground = '#ffffff', ...others] = colours
  const sorted = byBrightness(others)
  const [dark = '#000000'] = sorted
  const cool = sorted.filter((colour) => !isWarm(colour))
  const water = cool.length > 1 ? cool : sorted.slice(0, -1)
  const bands = brightness(ground) > 0.5 ? water.toReversed() : water
  const sun = shining(others)
  const { horizon, svg } = sea(canvas, bands.slice(0, 4))
  const glowing = disc(
    sun,
    [width * between(random, 0.18, 0.82), horizon * between(random, 0.35, 0.85)],
    height * between(random, 0.05, 0.11),
  )
  return (
    sky(canvas, [ground, mix(ground, sun, 0.45), mix(ground, sun, 0.7)]) + glowing + svg + motif(horizon, dark, ground)
  )
}

export const waves = (canvas: Canvas): string =>
  seaUnder(canvas, (horizon, dark) => {
    const { width, random } = canvas
    const birds = range(random.int(0, 7)).map(() =>
      bird(
        width * between(random, 0.1, 0.9),
        horizon * between(random, 0.15, 0.8),
        between(random, 6, 15),
        mix(dark, '#000000', 0.4),
      ),
    )
    return birds.join('') + (random.chance(0.6) ? boat(canvas, horizon) : buoys(canvas, horizon))
  })

function boat({ width, colours, random }: Canvas, horizon: number): string {
  const x = width * between(random, 0.2, 0.75)
  const size = between(random, 26, 60)
  const y = horizon + size * 0.9
  const hull = `M${n(x - size)} ${n(y)}Q${n(x)} ${n(y + size * 0.42)} ${n(x + size)} ${n(y)}Z`
  const sail = polygon(
    [
      [x + 2, y - 4],
      [x + 2, y - size * 1.7],
      [x + size * 0.85, y - 4],
    ],
    { fill: colours.at(-1) },
  )
  const jib = polygon(
    [
      [x - 3, y - 4],
      [x - 3, y - size * 1.4],
      [x - size * 0.7, y - 4],
    ],
    { fill: shade(colours.at(-2) ?? '#ffffff', 0.3) },
  )
  return sail + jib + path(hull, { fill: '#22223b' })
}

const buoys = ({ width, height, colours, random }: Canvas, horizon: number): string =>
  range(random.int(1, 4))
    .map((index) => {
      const depth = 0.15 + index * 0.18
      const [x, y, r] = [width * between(random, 0.1, 0.9), horizon + (height - horizon) * depth, 5 + depth * 26]
      return (
        circle(x, y, r, { fill: colours.at(-1) }) +
        el('ellipse', { cx: x, cy: y + r * 1.15, rx: r * 1.5, ry: r * 0.3, fill: '#000000', opacity: 0.2 })
      )
    })
    .join('')

export const lighthouse = (canvas: Canvas): string =>
  seaUnder(canvas, (horizon, dark) => {
    const { width, colours, random } = canvas
    const x = width * between(random, 0.2, 0.8)
    const tall = horizon * between(random, 0.65, 0.95)
    const [top, foot] = [tall * 0.11, tall * 0.19]
    const red = colours.at(-1) ?? '#d62828'
    const y = horizon + tall * 0.12
    const stripe = (from: number, to: number, fill: string): string =>
      polygon(
        [
          [x - foot + (foot - top) * from, y - tall * from],
          [x + foot - (foot - top) * from, y - tall * from],
          [x + foot - (foot - top) * to, y - tall * to],
          [x - foot + (foot - top) * to, y - tall * to],
        ],
        { fill },
      )
    const beam = polygon(
      [
        [x, y - tall * 1.06],
        [x + (random.chance(0.5) ? width : -width), y - tall * between(random, 1.1, 1.5)],
        [x + (random.chance(0.5) ? width : -width), y - tall * between(random, 0.6, 0.9)],
      ],
      { fill: '#fff6c2', opacity: 0.3 },
    )
    const body = range(5)
      .map((band) => stripe(band / 5, (band + 1) / 5, band % 2 === 0 ? red : '#fdfaf0'))
      .join('')
    const lamp =
      rect(x - top * 0.75, y - tall * 1.12, top * 1.5, tall * 0.12, { fill: '#ffe9a0' }) +
      polygon(
        [
          [x - top, y - tall * 1.12],
          [x + top, y - tall * 1.12],
          [x, y - tall * 1.24],
        ],
        { fill: dark },
      )
    const rock = path(
      curve([
        [x - tall * 0.7, y + tall * 0.16],
        [x - tall * 0.4, y - 2],
        [x, y - tall * 0.05],
        [x + tall * 0.38, y],
        [x + tall * 0.75, y + tall * 0.16],
      ]) + 'Z',
      { fill: shade(dark, -0.3) },
    )
    const gulls = range(random.int(1, 4)).map(() =>
      bird(x + between(random, -tall, tall), horizon * between(random, 0.1, 0.7), between(random, 7, 16), '#22223b'),
    )
    return beam + rock + body + lamp + gulls.join('')
  })

export function reeds(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [ground = '#ffffff', ...others] = colours
  const sorted = byBrightness(others)
  const [dark = '#000000', middle = '#000000'] = sorted
  const warm = shining(others)
  const horizon = height * between(random, 0.45, 0.58)
  const far = range(3).map((layer) => {
    const y = horizon - 26 + layer * 14
    const points = range(14).map((step): Point => [(step * width) / 12 - 20, y - random.next() * (30 - layer * 8)])
    return path(`${curve(points)}L${n(width)} ${n(horizon + 4)}L0 ${n(horizon + 4)}Z`, {
      fill: mix(ground, middle, 0.3 + layer * 0.2),
    })
  })
  const water = `<defs>${gradient('water', [mix(ground, warm, 0.5), mix(ground, middle, 0.6), middle])}</defs>${rect(0, horizon, width, height - horizon, { fill: 'url(#water)' })}`
  const sun = [width * between(random, 0.2, 0.8), horizon - height * between(random, 0.06, 0.2)] as const
  const mirror = el('ellipse', { cx: sun[0], cy: horizon + 60, rx: 46, ry: 70, fill: warm, opacity: 0.35 })
  const mist = range(3).map((index) =>
    el('ellipse', {
      cx: random.next() * width,
      cy: horizon + index * 8,
      rx: width * 0.5,
      ry: 16,
      fill: ground,
      opacity: 0.5,
    }),
  )
  const blades = range(random.int(46, 90)).map(() => {
    const x = random.chance(0.7)
      ? (random.next() ** 1.6 * (random.chance(0.5) ? 1 : -1) * 0.5 + 0.5) * width
      : random.next() * width
    const tall = height * between(random, 0.2, 0.62)
    const lean = between(random, -0.25, 0.25) * tall
    const head = random.chance(0.35)
      ? el('ellipse', {
          cx: x + lean,
          cy: height - tall + 4,
          rx: 5,
          ry: 24,
          fill: shade(dark, -0.35),
          transform: `rotate(${n(lean / 8)} ${n(x + lean)} ${n(height - tall)})`,
        })
      : ''
    return (
      path(
        `M${n(x)} ${n(height + 10)}Q${n(x + lean * 0.2)} ${n(height - tall * 0.6)} ${n(x + lean)} ${n(height - tall)}`,
        {
          fill: 'none',
          stroke: mix(dark, middle, random.next()),
          strokeWidth: between(random, 2, 6),
          strokeLinecap: 'round',
        },
      ) + head
    )
  })
  const cranes = range(random.int(2, 9)).map((index) =>
    bird(
      width * 0.2 + index * between(random, 40, 70),
      horizon * between(random, 0.2, 0.45) + index * 12,
      between(random, 12, 20),
      shade(dark, -0.2),
    ),
  )
  return (
    sky(canvas, [shade(ground, 0.2), ground, mix(ground, warm, 0.75)]) +
    disc(shade(warm, 0.3), sun, height * 0.06) +
    far.join('') +
    water +
    mirror +
    mist.join('') +
    cranes.join('') +
    blades.join('')
  )
}
