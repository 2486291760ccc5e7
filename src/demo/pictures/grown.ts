import {
  between,
  blob,
  brightness,
  circle,
  curve,
  el,
  glow,
  ground,
  group,
  mix,
  n,
  path,
  pick,
  range,
  rect,
  shade,
} from './paint.js'
import type { Canvas, Point } from './paint.js'

// What grows, is thrown or cut out: plants, pots, paper.

export function cutouts(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const others = colours.slice(1)
  const [columns, rows] = width > height ? [random.int(2, 4), random.int(2, 3)] : [random.int(2, 3), random.int(2, 4)]
  const [w, h] = [width / columns, height / rows]
  const panels = range(columns * rows).map((index) => {
    const [x, y] = [(index % columns) * w, Math.floor(index / columns) * h]
    const back = random.chance(0.25) ? (colours[0] ?? '#ffffff') : pick(random, others)
    const front = pick(
      random,
      colours.filter((colour) => Math.abs(brightness(colour) - brightness(back)) > 0.18),
    )
    const shape = pick(random, [alga, alga, sun, figure])
    return (
      rect(x + 5, y + 5, w - 10, h - 10, { fill: back }) +
      group(
        { transform: `rotate(${n(between(random, -14, 14))} ${n(x + w / 2)} ${n(y + h / 2)})` },
        shape(canvas, [x + w / 2, y + h / 2], Math.min(w, h) * 0.42, front || '#ffffff'),
      )
    )
  })
  return ground(canvas) + panels.join('')
}

/** Something between a leaf and a hand. */
const alga = ({ random }: Canvas, [x, y]: Point, size: number, colour: string): string => {
  const arms = random.int(3, 5)
  const side = (sign: number): Point[] =>
    range(arms).flatMap((arm): Point[] => {
      const at = y + size - ((arm + 0.4) / arms) * size * 1.7
      const long = size * between(random, 0.55, 0.95) * (1 - arm / (arms * 2.4))
      return [
        [x + sign * size * 0.12, at + size * 0.13],
        [x + sign * long, at - size * 0.06],
        [x + sign * long * 0.86, at - size * 0.22],
        [x + sign * size * 0.13, at - size * 0.08],
      ]
    })
  return path(curve([[x, y + size], ...side(1), [x, y - size * 1.02], ...side(-1).toReversed()], true), {
    fill: colour,
  })
}

const sun = ({ random }: Canvas, [x, y]: Point, size: number, colour: string): string => {
  const rays = random.int(9, 15)
  const points = range(rays * 2).map((index): Point => {
    const angle = (index / (rays * 2)) * Math.PI * 2
    const far = size * (index % 2 === 0 ? 1 : 0.58) * between(random, 0.86, 1.05)
    return [x + Math.cos(angle) * far, y + Math.sin(angle) * far]
  })
  return path(curve(points, true), { fill: colour })
}

/** Somebody who dances, more or less. */
const figure = ({ random }: Canvas, [x, y]: Point, size: number, colour: string): string => {
  const limb = (fromX: number, fromY: number, bend: Point, toX: number, toY: number, wide: number): string =>
    path(`M${n(fromX)} ${n(fromY)}Q${n(bend[0])} ${n(bend[1])} ${n(toX)} ${n(toY)}`, {
      fill: 'none',
      stroke: colour,
      strokeWidth: wide,
      strokeLinecap: 'round',
    })
  const lean = between(random, -0.25, 0.25) * size
  const hip: Point = [x - lean * 0.4, y + size * 0.2]
  return [
    circle(x + lean, y - size * 0.76, size * 0.17, { fill: colour }),
    limb(x + lean * 0.7, y - size * 0.42, [x + lean, y - size * 0.1], hip[0], hip[1], size * 0.3),
    limb(
      x + lean * 0.7,
      y - size * 0.42,
      [x + size * 0.6, y - size * 0.5],
      x + size * 0.8,
      y - size * between(random, 0.1, 0.9),
      size * 0.15,
    ),
    limb(
      x + lean * 0.7,
      y - size * 0.42,
      [x - size * 0.6, y - size * 0.4],
      x - size * 0.75,
      y - size * between(random, -0.1, 0.9),
      size * 0.15,
    ),
    limb(
      hip[0],
      hip[1],
      [x + size * 0.55, y + size * 0.4],
      x + size * between(random, 0.2, 0.6),
      y + size,
      size * 0.19,
    ),
    limb(
      hip[0],
      hip[1],
      [x - size * 0.5, y + size * 0.4],
      x - size * between(random, 0.2, 0.7),
      y + size * between(random, 0.7, 1),
      size * 0.19,
    ),
  ].join('')
}

export function rings(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const others = colours.slice(1)
  const count = random.int(3, 7)
  const placed: { x: number; y: number; r: number }[] = []
  for (let attempt = 0; attempt < 240 && placed.length < count; attempt += 1) {
    const r = Math.min(width, height) * between(random, 0.11, 0.3)
    const [x, y] = [between(random, r * 0.5, width - r * 0.5), between(random, r * 0.5, height - r * 0.5)]
    if (placed.every((other) => Math.hypot(other.x - x, other.y - y) > (other.r + r) * 1.06)) placed.push({ x, y, r })
  }
  const bowls = placed.map(({ x, y, r }) => {
    const [clay, glaze] = [pick(random, others), pick(random, others)]
    const shadow = circle(x + r * 0.09, y + r * 0.12, r * 1.02, { fill: '#000000', opacity: 0.18 })
    const lines = range(random.int(5, 9)).map((ring) => {
      const far = r * (1 - ring * 0.1)
      return path(blob(random, [x, y], far, 0.018, 16), {
        fill: ring === 0 ? clay : mix(clay, glaze, ring / 7),
        stroke: shade(mix(clay, glaze, ring / 7), ring % 2 === 0 ? -0.22 : 0.22),
        strokeWidth: between(random, 1.5, 4),
      })
    })
    const shine = path(
      `M${n(x - r * 0.6)} ${n(y - r * 0.35)}A${n(r * 0.7)} ${n(r * 0.7)} 0 0 1 ${n(x - r * 0.05)} ${n(y - r * 0.68)}`,
      { fill: 'none', stroke: '#ffffff', strokeWidth: r * 0.06, strokeLinecap: 'round', opacity: 0.5 },
    )
    return shadow + lines.join('') + shine
  })
  const planks = range(6).map((index) =>
    rect(0, (index * height) / 6, width, height / 6 - 3, {
      fill: shade(colours[0] ?? '#efe3d3', index % 2 === 0 ? -0.04 : 0.05),
    }),
  )
  return rect(0, 0, width, height, { fill: shade(colours[0] ?? '#efe3d3', -0.2) }) + planks.join('') + bowls.join('')
}

export function stems(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [paper = '#ffffff', ...inks] = colours
  const isBlueprint = brightness(paper) < 0.4
  const species = pick(random, [umbel, fern, broad, poppy])
  const count = species === umbel ? random.int(3, 5) : random.int(4, 8)
  const plants = range(count).map((index) => {
    const x = width * ((index + 0.5) / count) + between(random, -30, 30)
    const tall = height * between(random, 0.5, 0.84)
    const lean = between(random, -0.22, 0.22) * tall
    const ink = isBlueprint
      ? mix(inks[0] ?? '#ffffff', inks[1] ?? '#ffffff', random.next() * 0.5)
      : pick(random, inks.slice(0, 2))
    const at = (share: number): Point => [x + lean * share ** 1.8, height + 14 - tall * share]
    const stem = path(curve(range(6).map((step) => at(step / 5))), {
      fill: 'none',
      stroke: ink,
      strokeWidth: between(random, 3, 6),
      strokeLinecap: 'round',
    })
    return group(
      { opacity: isBlueprint ? 0.92 : 1 },
      stem,
      species(canvas, { at, ink, tall, bloom: pick(random, inks.slice(-3)) }),
    )
  })
  const wash = isBlueprint
    ? `<defs>${glow('wash', inks[3] ?? '#5b93d6')}</defs>${el('ellipse', { cx: width * 0.5, cy: height * 0.45, rx: width * 0.7, ry: height * 0.6, fill: 'url(#wash)', opacity: 0.35 })}`
    : path(blob(random, [width * 0.5, height * 0.45], Math.min(width, height) * 0.42, 0.08), {
        fill: mix(paper, pick(random, inks), 0.18),
      })
  const edge = isBlueprint
    ? rect(14, 14, width - 28, height - 28, {
        fill: 'none',
        stroke: mix(paper, '#ffffff', 0.35),
        strokeWidth: 10,
        opacity: 0.5,
      })
    : ''
  return rect(0, 0, width, height, { fill: paper }) + wash + plants.join('') + edge
}

interface Plant {
  readonly at: (share: number) => Point
  readonly ink: string
  readonly tall: number
  readonly bloom: string
}

const leaf = ([x, y]: Point, long: number, wide: number, angle: number, colour: string): string =>
  path(`M0 0Q${n(long * 0.4)} ${n(-wide)} ${n(long)} 0Q${n(long * 0.4)} ${n(wide)} 0 0Z`, {
    fill: colour,
    transform: `translate(${n(x)} ${n(y)}) rotate(${n(angle)})`,
  })

const umbel = ({ random }: Canvas, { at, ink, tall, bloom }: Plant): string => {
  const [x, y] = at(1)
  const rays = range(random.int(9, 14)).map((ray, _index, all) => {
    const angle = -Math.PI * (0.12 + (0.76 * ray) / (all.length - 1))
    const far = tall * between(random, 0.15, 0.22)
    const [ex, ey] = [x + Math.cos(angle) * far, y + Math.sin(angle) * far]
    const florets = range(9).map(() =>
      circle(
        ex + between(random, -1, 1) * far * 0.2,
        ey + between(random, -1, 0.6) * far * 0.16,
        between(random, 2, 5),
        { fill: random.chance(0.5) ? ink : bloom },
      ),
    )
    return el('line', { x1: x, y1: y, x2: ex, y2: ey, stroke: ink, strokeWidth: 1.8 }) + florets.join('')
  })
  return (
    rays.join('') +
    range(4)
      .map((index) => leaf(at(0.2 + index * 0.14), tall * 0.16, tall * 0.03, index % 2 === 0 ? -30 : 210, ink))
      .join('')
  )
}

const fern = ({ random }: Canvas, { at, ink, tall }: Plant): string =>
  range(15)
    .flatMap((index) => {
      const share = 0.15 + (index / 15) * 0.84
      const long = tall * 0.24 * Math.sin(Math.PI * (0.2 + share * 0.75))
      return [-1, 1].map((sign) =>
        leaf(at(share), long, long * 0.17, sign > 0 ? -26 + random.int(-5, 5) : 206 + random.int(-5, 5), ink),
      )
    })
    .join('')

const broad = ({ random }: Canvas, { at, ink, tall, bloom }: Plant): string =>
  range(random.int(5, 8))
    .map((index, _place, all) => {
      const share = 0.2 + (index / all.length) * 0.78
      const long = tall * between(random, 0.18, 0.3)
      const angle = index % 2 === 0 ? between(random, -60, -10) : between(random, 190, 240)
      const colour = random.chance(0.3) ? bloom : ink
      const [x, y] = at(share)
      return (
        leaf([x, y], long, long * 0.3, angle, colour) +
        el('line', {
          x1: x,
          y1: y,
          x2: x + Math.cos((angle * Math.PI) / 180) * long * 0.9,
          y2: y + Math.sin((angle * Math.PI) / 180) * long * 0.9,
          stroke: shade(colour, 0.4),
          strokeWidth: 1.6,
        })
      )
    })
    .join('')

const poppy = ({ random }: Canvas, { at, ink, tall, bloom }: Plant): string => {
  const [x, y] = at(1)
  const r = tall * between(random, 0.09, 0.15)
  const petals = range(random.int(5, 8)).map((index, _place, all) => {
    const angle = (index / all.length) * 360
    return el('ellipse', {
      cx: x,
      cy: y - r * 0.62,
      rx: r * 0.46,
      ry: r * 0.68,
      fill: shade(bloom, between(random, -0.12, 0.2)),
      transform: `rotate(${n(angle)} ${n(x)} ${n(y)})`,
    })
  })
  return (
    range(5)
      .map((index) => leaf(at(0.12 + index * 0.15), tall * 0.2, tall * 0.035, index % 2 === 0 ? -40 : 220, ink))
      .join('') +
    petals.join('') +
    circle(x, y, r * 0.34, { fill: shade(ink, -0.2) }) +
    range(8)
      .map((index) => circle(x + Math.cos(index) * r * 0.22, y + Math.sin(index) * r * 0.22, 2, { fill: '#f7d488' }))
      .join('')
  )
}
