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
  layered,
  mix,
  n,
  noiseOf,
  path,
  pick,
  polygon,
  range,
  rect,
  shade,
  shining,
} from './paint.js'
import type { Canvas, Point } from './paint.js'

// Land, water and sky.

const sky = ({ width, height }: Canvas, colours: readonly string[]): string =>
  `<defs>${gradient('sky', colours)}</defs>${rect(0, 0, width, height, { fill: 'url(#sky)' })}`

function disc(colour: string, [x, y]: Point, radius: number): string {
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

export function ridges(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [ground = '#ffffff', ...others] = colours
  const isNight = brightness(ground) < 0.4
  const accent = isNight ? (others.at(-2) ?? ground) : shining(others)
  const slopes = byBrightness(others.filter((colour) => colour !== accent))
  const tones = isNight ? slopes.slice(0, 4).toReversed() : slopes.toReversed()
  const noise = layered(noiseOf(random), 5)
  const count = random.int(4, 7)
  const start = between(random, 0.4, 0.58)
  const layers = range(count).map((layer) => {
    const depth = layer / (count - 1)
    const base = height * (start + depth * (0.9 - start))
    const rise = height * (0.34 - depth * 0.16)
    const points = range(Math.ceil(width / 8) + 1).map((step): Point => {
      const x = step * 8
      const peak = 1 - Math.abs(noise((x / width) * (2.2 + depth * 2) + layer * 9, layer * 7.3) * 2 - 1)
      return [x, base - (peak - 0.45) * rise * 1.5]
    })
    const colour = along(tones, depth)
    const id = `slope${String(layer)}`
    return `<defs>${gradient(id, [colour, mix(colour, isNight ? shade(ground, 0.15) : ground, 0.55 - depth * 0.4)])}</defs>${polygon([...points, [width, height], [0, height]], { fill: `url(#${id})` })}${firs(canvas, points, layer === count - 1, shade(colour, -0.35))}`
  })
  const orb = [width * between(random, 0.2, 0.8), height * between(random, 0.12, start - 0.12)] as const
  const night = isNight ? dots(canvas, 140, 0.55) : ''
  const top = isNight
    ? [shade(ground, -0.3), ground, mix(ground, others[1] ?? ground, 0.6)]
    : [mix(ground, accent, 0.25), ground, mix(ground, accent, 0.4)]
  return (
    sky(canvas, top) +
    night +
    disc(isNight ? shade(accent, 0.5) : accent, orb, height * between(random, 0.045, 0.085)) +
    layers.join('') +
    (isNight ? train(canvas) : '')
  )
}

/** A lit train under the slopes. */
function train({ width, height, colours, random }: Canvas): string {
  const y = height * between(random, 0.78, 0.86)
  const [lit = '#f3b562'] = colours.slice(-2)
  const cars = random.int(4, 7)
  const [from, wide, tall] = [width * between(random, -0.1, 0.15), width * 0.17, height * 0.052]
  const all = range(cars).map((car) => {
    const x = from + car * (wide + 5)
    const panes = range(8).map((pane) =>
      rect(x + 10 + pane * ((wide - 16) / 8), y + tall * 0.24, (wide - 16) / 8 - 6, tall * 0.36, {
        fill: random.chance(0.75) ? lit : '#20223f',
      }),
    )
    return rect(x, y, wide, tall, { fill: '#141530', rx: 5 }) + panes.join('')
  })
  const rails = rect(0, y + tall + 4, width, 5, { fill: '#0a0b18' })
  const shine = range(cars * 4).map(() =>
    rect(from + random.next() * cars * wide, y + tall + 12, between(random, 10, 40), 3, { fill: lit, opacity: 0.4 }),
  )
  return (
    rect(0, y + tall + 2, width, height - y, { fill: '#0d0e20', opacity: 0.55 }) + rails + all.join('') + shine.join('')
  )
}

/** Trees on the nearest slope. */
function firs({ random }: Canvas, points: readonly Point[], isNear: boolean, colour: string): string {
  if (!isNear) return ''
  return points
    .filter(() => random.chance(0.45))
    .map(([x, y]) => {
      const tall = between(random, 16, 58)
      return polygon(
        [
          [x - tall * 0.2, y + 6],
          [x, y - tall],
          [x + tall * 0.2, y + 6],
        ],
        { fill: colour },
      )
    })
    .join('')
}

/** Stars. */
export const dots = ({ width, height, random }: Canvas, count: number, share: number, colour = '#ffffff'): string =>
  range(count)
    .map(() => {
      const size = random.next() ** 6
      return circle(random.next() * width, random.next() * height * share, 0.7 + size * 2.6, {
        fill: colour,
        opacity: 0.35 + random.next() * 0.6,
      })
    })
    .join('')

export function stars(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [ground = '#000000', ...others] = colours
  const clouds = range(random.int(4, 7)).map((index) => {
    const id = `cloud${String(index)}`
    return `<defs>${glow(id, pick(random, others))}</defs>${el('ellipse', { cx: width * between(random, 0.1, 0.9), cy: height * between(random, 0.1, 0.8), rx: width * between(random, 0.2, 0.5), ry: height * between(random, 0.14, 0.4), fill: `url(#${id})`, opacity: between(random, 0.4, 0.75), transform: `rotate(${n(between(random, -40, 40))} ${n(width / 2)} ${n(height / 2)})` })}`
  })
  const bright = range(random.int(4, 9)).map(() => {
    const [x, y, r] = [random.next() * width, random.next() * height * 0.8, between(random, 2, 4.5)]
    const ray = r * 7
    return (
      group(
        { stroke: '#ffffff', opacity: 0.85 },
        el('line', { x1: x - ray, y1: y, x2: x + ray, y2: y, strokeWidth: 0.7 }),
        el('line', { x1: x, y1: y - ray, x2: x, y2: y + ray, strokeWidth: 0.7 }),
      ) + circle(x, y, r, { fill: '#ffffff' })
    )
  })
  const scene = pick(random, [trails, planet, galaxy, roofs])
  return (
    sky(canvas, [shade(ground, -0.3), ground, colours[1] ?? ground]) +
    clouds.join('') +
    dots(canvas, 620, 1) +
    scene(canvas) +
    bright.join('')
  )
}

const trails = ({ width, height, colours, random }: Canvas): string => {
  const [x, y] = [width * between(random, 0.3, 0.7), height * between(random, 0.5, 0.95)]
  return group(
    { fill: 'none', strokeLinecap: 'round' },
    ...range(90).map(() => {
      const r = 20 + random.next() * width * 0.75
      const from = random.next() * Math.PI * 2
      const to = from + between(random, 0.3, 0.9)
      return path(
        `M${n(x + Math.cos(from) * r)} ${n(y + Math.sin(from) * r)}A${n(r)} ${n(r)} 0 0 1 ${n(x + Math.cos(to) * r)} ${n(y + Math.sin(to) * r)}`,
        {
          stroke: shade(pick(random, colours.slice(2)), 0.35),
          strokeWidth: between(random, 0.8, 2.2),
          opacity: between(random, 0.3, 0.8),
        },
      )
    }),
  )
}

const planet = ({ width, height, colours, random }: Canvas): string => {
  const [x, y, r] = [
    width * between(random, 0.35, 0.65),
    height * between(random, 0.4, 0.6),
    height * between(random, 0.14, 0.24),
  ]
  const tilt = between(random, -30, 30)
  const [, , , pale = '#ffffff', warm = '#f7b267'] = colours
  const ring = (isFront: boolean): string =>
    range(5)
      .map((band) => {
        const [rx, ry] = [r * (1.5 + band * 0.16), r * (0.36 + band * 0.04)]
        return path(`M${n(x - rx)} ${n(y)}A${n(rx)} ${n(ry)} 0 0 ${isFront ? '0' : '1'} ${n(x + rx)} ${n(y)}`, {
          fill: 'none',
          stroke: mix(pale, warm, band / 5),
          strokeWidth: r * 0.09,
          opacity: 0.75,
        })
      })
      .join('')
  const body = `<defs>${gradient('body', [shade(warm, 0.35), warm, shade(warm, -0.5)])}<clipPath id="disc">${circle(x, y, r, {})}</clipPath></defs>${circle(x, y, r, { fill: 'url(#body)' })}${group({ clipPath: 'url(#disc)' }, ...range(7).map((band) => rect(x - r, y - r + band * r * 0.3, r * 2, r * between(random, 0.04, 0.14), { fill: pick(random, [pale, shade(warm, -0.3)]), opacity: 0.3 })))}`
  return group({ transform: `rotate(${n(tilt)} ${n(x)} ${n(y)})` }, ring(false), body, ring(true))
}

const galaxy = ({ width, height, colours, random }: Canvas): string => {
  const [x, y, size] = [width / 2, height * 0.48, height * between(random, 0.34, 0.46)]
  const specks = range(1_500).map(() => {
    const arm = random.int(0, 1) * Math.PI
    const far = random.next() ** 0.7
    const angle = arm + far * 5.2 + between(random, -0.5, 0.5) * (1.1 - far * 0.5)
    return circle(
      x + Math.cos(angle) * far * size * 1.5,
      y + Math.sin(angle) * far * size * 0.62,
      between(random, 0.5, 2.1),
      { fill: shade(along(colours.slice(3), random.next()), 0.3), opacity: between(random, 0.2, 0.85) },
    )
  })
  return `<defs>${glow('core', '#fff2d8')}</defs>${group({ transform: `rotate(${n(between(random, -35, 35))} ${n(x)} ${n(y)})` }, ...specks, el('ellipse', { cx: x, cy: y, rx: size * 0.5, ry: size * 0.3, fill: 'url(#core)' }))}`
}

const roofs = ({ width, height, colours, random }: Canvas): string => {
  let x = -20
  const houses: string[] = []
  while (x < width) {
    const wide = between(random, 60, 130)
    const tall = height * between(random, 0.1, 0.24)
    const dark = shade(colours[0] ?? '#000000', -0.4)
    houses.push(
      polygon(
        [
          [x, height],
          [x, height - tall],
          [x + wide / 2, height - tall - wide * between(random, 0.1, 0.4)],
          [x + wide, height - tall],
          [x + wide, height],
        ],
        { fill: dark },
      ),
    )
    if (random.chance(0.5))
      houses.push(rect(x + wide * 0.3, height - tall * 0.7, 12, 16, { fill: colours[4] ?? '#f7b267' }))
    x += wide
  }
  const [tx, ty] = [width * between(random, 0.3, 0.7), height * 0.86]
  return (
    houses.join('') +
    group(
      { stroke: '#000000', strokeLinecap: 'round' },
      el('line', { x1: tx, y1: ty, x2: tx + 46, y2: ty - 62, strokeWidth: 18 }),
      el('line', { x1: tx, y1: ty, x2: tx - 16, y2: ty + 70, strokeWidth: 5 }),
      el('line', { x1: tx, y1: ty, x2: tx + 20, y2: ty + 70, strokeWidth: 5 }),
    )
  )
}

export function skyline(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [ground = '#1b1b3a', ...others] = colours
  const lit = byBrightness(others).slice(-2)
  const [warm = '#ffffff', light = '#ffffff'] = lit
  const hour = pick(random, [0.25, 0.55, 0.85, 0.85])
  const street = height * between(random, 0.74, 0.86)
  const rows = range(3).map((row) => {
    const colour = along([mix(ground, warm, 0.42), mix(ground, warm, 0.16), shade(ground, -0.35)], row / 2)
    const houses: string[] = []
    let x = -random.next() * 60
    while (x < width) {
      const wide = between(random, 44, 120) * (0.8 + row * 0.2)
      const tall = street * between(random, 0.2, 0.72) * (1 - row * 0.16)
      houses.push(
        rect(x, street - tall, wide, tall + 2, { fill: colour }),
        topOf(canvas, x, street - tall, wide, colour),
        windows(canvas, { x, y: street - tall, wide, tall }, row, lit),
      )
      x += wide + (random.chance(0.3) ? between(random, 4, 30) : 0)
    }
    return houses.join('')
  })
  const mirror = `<defs>${gradient('wet', [shade(ground, -0.2), shade(ground, -0.55)])}</defs>${rect(0, street, width, height - street, { fill: 'url(#wet)' })}${range(
    46,
  )
    .map(() =>
      rect(
        random.next() * width,
        street + random.next() * (height - street),
        between(random, 3, 9),
        between(random, 10, 54),
        { fill: pick(random, lit), opacity: between(random, 0.08, 0.4) },
      ),
    )
    .join('')}`
  const sun = disc(
    warm,
    [width * between(random, 0.25, 0.75), street * between(random, 0.3, 0.6)],
    height * between(random, 0.09, 0.16),
  )
  return (
    sky(canvas, [
      mix(ground, others[0] ?? ground, 0.5 - hour * 0.4),
      mix(ground, warm, hour * 0.6),
      mix(ground, light, hour),
    ]) +
    dots(canvas, hour < 0.5 ? 120 : 40, 0.4) +
    sun +
    rows.join('') +
    mirror +
    lamps(canvas, street, light)
  )
}

function topOf({ random }: Canvas, x: number, y: number, wide: number, colour: string): string {
  const middle = x + wide / 2
  switch (random.int(0, 4)) {
    case 0:
      return el('line', {
        x1: middle,
        y1: y,
        x2: middle,
        y2: y - between(random, 20, 60),
        stroke: colour,
        strokeWidth: 3,
      })
    case 1:
      return polygon(
        [
          [x, y + 1],
          [middle, y - wide * 0.35],
          [x + wide, y + 1],
        ],
        { fill: colour },
      )
    case 2:
      return rect(x + wide * 0.2, y - 18, wide * 0.35, 19, { fill: colour })
    default:
      return ''
  }
}

function windows(
  { random }: Canvas,
  { x, y, wide, tall }: { x: number; y: number; wide: number; tall: number },
  row: number,
  lit: readonly string[],
): string {
  const [w, h, gap] = [6 + row * 2, 8 + row * 3, 8 + row * 3]
  const panes: string[] = []
  for (let top = y + gap; top < y + tall - h; top += h + gap)
    for (let left = x + gap * 0.8; left < x + wide - w - 2; left += w + gap * 0.8)
      if (random.chance(0.34))
        panes.push(rect(left, top, w, h, { fill: pick(random, lit), opacity: 0.5 + random.next() * 0.5 }))
  return panes.join('')
}

const lamps = ({ width, height, random }: Canvas, street: number, light: string): string =>
  range(random.int(2, 5))
    .map((index) => {
      const x = width * (0.12 + index * 0.22 + random.next() * 0.08)
      const y = street - height * 0.16
      return `<defs>${glow(`lamp${String(index)}`, light)}</defs>${circle(x, y, 60, { fill: `url(#lamp${String(index)})`, opacity: 0.6 })}${el('line', { x1: x, y1: y, x2: x, y2: street + 30, stroke: '#0b0b12', strokeWidth: 5 })}${circle(x, y, 7, { fill: shade(light, 0.5) })}`
    })
    .join('')

export function arches(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [ground = '#ffffff', wall = '#c8553d', ...others] = colours
  const accent = random.chance(0.7) ? shining(others) : pick(random, others)
  return random.chance(0.5)
    ? colonnade(canvas, { ground, wall, accent })
    : bridge({ width, height, colours, random }, { ground, wall, accent })
}

interface Stone {
  readonly ground: string
  readonly wall: string
  readonly accent: string
}

function colonnade(canvas: Canvas, { ground, wall, accent }: Stone): string {
  const { width, height, random } = canvas
  const count = random.int(2, 5)
  const [step, floor] = [width / count, height * between(random, 0.78, 0.88)]
  const top = height * between(random, 0.2, 0.3)
  const openings = range(count).map((index) => {
    const [left, right] = [index * step + step * 0.14, (index + 1) * step - step * 0.14]
    const r = (right - left) / 2
    const shape = `M${n(left)} ${n(floor)}L${n(left)} ${n(top + r)}A${n(r)} ${n(r)} 0 0 1 ${n(right)} ${n(top + r)}L${n(right)} ${n(floor)}Z`
    const deep = 0.2 + random.next() * 0.15
    return (
      path(shape, { fill: index % 2 === 0 ? mix(ground, accent, 0.5) : shade(ground, 0.15) }) +
      path(
        `M${n(left)} ${n(floor)}L${n(left)} ${n(top + r)}A${n(r)} ${n(r)} 0 0 1 ${n(left + r)} ${n(top)}L${n(left + r * deep * 3)} ${n(top + r * 0.8)}L${n(left + r * deep * 2)} ${n(floor)}Z`,
        { fill: shade(wall, -0.4), opacity: 0.55 },
      ) +
      polygon(
        [
          [left, floor],
          [right, floor],
          [right - step * 0.5, height],
          [left - step * 0.5, height],
        ],
        { fill: shade(ground, 0.35), opacity: 0.75 },
      )
    )
  })
  const bricks = range(26).map(() =>
    rect(random.next() * width, random.next() * top, between(random, 14, 46), 7, {
      fill: shade(wall, random.chance(0.5) ? 0.2 : -0.2),
      opacity: 0.4,
    }),
  )
  const sun = circle(width * between(random, 0.2, 0.8), height * 0.5, height * 0.1, { fill: accent })
  const figure = passer(canvas, floor)
  return (
    rect(0, 0, width, height, { fill: wall }) +
    bricks.join('') +
    rect(0, floor, width, height - floor, { fill: shade(wall, -0.45) }) +
    openings.join('') +
    (random.chance(0.5) ? group({ opacity: 0.9 }, sun) : '') +
    figure
  )
}

/** Somebody who walks by. */
function passer({ width, colours, random }: Canvas, floor: number): string {
  const [x, tall] = [width * between(random, 0.15, 0.85), between(random, 90, 150)]
  const coat = colours.at(-1) ?? '#222222'
  return (
    path(
      `M${n(x - tall * 0.15)} ${n(floor - tall * 0.05)}Q${n(x - tall * 0.13)} ${n(floor - tall * 0.7)} ${n(x)} ${n(floor - tall * 0.74)}Q${n(x + tall * 0.13)} ${n(floor - tall * 0.7)} ${n(x + tall * 0.16)} ${n(floor - tall * 0.05)}Z`,
      { fill: coat },
    ) +
    circle(x, floor - tall * 0.83, tall * 0.085, { fill: '#2b2118' }) +
    group(
      { stroke: '#2b2118', strokeWidth: tall * 0.05 },
      el('line', { x1: x - tall * 0.05, y1: floor - tall * 0.06, x2: x - tall * 0.1, y2: floor + tall * 0.06 }),
      el('line', { x1: x + tall * 0.05, y1: floor - tall * 0.06, x2: x + tall * 0.1, y2: floor + tall * 0.05 }),
    ) +
    polygon(
      [
        [x - tall * 0.08, floor + tall * 0.06],
        [x + tall * 0.1, floor + tall * 0.06],
        [x + tall * 0.7, floor + tall * 0.22],
        [x + tall * 0.5, floor + tall * 0.22],
      ],
      { fill: '#000000', opacity: 0.28 },
    )
  )
}

function bridge(canvas: Canvas, { ground, wall, accent }: Stone): string {
  const { width, height, colours, random } = canvas
  const water = height * between(random, 0.62, 0.72)
  const deck = height * between(random, 0.3, 0.4)
  const count = random.int(2, 4)
  const step = width / count
  const stone = random.chance(0.5) ? wall : (colours[2] ?? wall)
  const side = (flip: boolean): string => {
    const y = (value: number): number => (flip ? water * 2 - value : value)
    const holes = range(count).map((index) => {
      const [left, right] = [index * step + step * 0.08, (index + 1) * step - step * 0.08]
      const r = (right - left) / 2
      return `M${n(left)} ${n(y(water))}L${n(left)} ${n(y(water - 20))}A${n(r)} ${n(Math.min(r, water - deck - 30))} 0 0 ${flip ? '0' : '1'} ${n(right)} ${n(y(water - 20))}L${n(right)} ${n(y(water))}Z`
    })
    return path(
      `M0 ${n(y(water))}L0 ${n(y(deck))}Q${n(width / 2)} ${n(y(deck - 34))} ${n(width)} ${n(y(deck))}L${n(width)} ${n(y(water))}Z${holes.join('')}`,
      { fill: flip ? shade(stone, -0.3) : stone, fillRule: 'evenodd', opacity: flip ? 0.5 : 1 },
    )
  }
  const hills = path(
    `${curve(range(9).map((index): Point => [(index * width) / 7 - 40, water - between(random, 30, 130)]))}L${n(width)} ${n(water)}L0 ${n(water)}Z`,
    { fill: mix(ground, colours[3] ?? wall, 0.7) },
  )
  const ripples = range(40).map(() => {
    const [x, y] = [random.next() * width, water + random.next() ** 1.4 * (height - water)]
    return el('line', {
      x1: x,
      y1: y,
      x2: x + between(random, 20, 90),
      y2: y,
      stroke: shade(ground, 0.4),
      strokeWidth: between(random, 1, 3),
      opacity: 0.45,
      strokeLinecap: 'round',
    })
  })
  const rail = path(`M0 ${n(deck - 8)}Q${n(width / 2)} ${n(deck - 42)} ${n(width)} ${n(deck - 8)}`, {
    fill: 'none',
    stroke: shade(stone, -0.35),
    strokeWidth: 9,
  })
  return (
    sky(canvas, [mix(ground, accent, 0.15), ground, mix(ground, accent, 0.35)]) +
    disc(shining(colours.slice(2)), [width * between(random, 0.2, 0.8), height * 0.17], height * 0.07) +
    hills +
    rect(0, water, width, height - water, { fill: mix(ground, colours.at(-1) ?? '#1d3557', 0.55) }) +
    side(true) +
    side(false) +
    rail +
    ripples.join('')
  )
}
