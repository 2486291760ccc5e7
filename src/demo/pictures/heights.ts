import {
  along,
  between,
  brightness,
  byBrightness,
  circle,
  el,
  glow,
  gradient,
  group,
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
import { disc, sky } from './water.js'

// Mountains and the sky over them.

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
