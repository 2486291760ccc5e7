import {
  between,
  blob,
  circle,
  curve,
  el,
  glow,
  gradient,
  group,
  mix,
  n,
  path,
  pick,
  polygon,
  range,
  rect,
  shade,
} from './paint.js'
import type { Canvas, Point } from './paint.js'

// What is sold: shops, loaves, the market.

/** The front of a shop in the evening, its sign still lit. */
export function shopfront(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [night = '#1b1b3a', ...others] = colours
  const [warm = '#f2a65a', light = '#eec170'] = others
  const street = height * between(random, 0.8, 0.86)
  const brick = pick(random, [
    mix(night, '#7a3b2e', 0.55),
    mix(night, '#4a5568', 0.5),
    mix(night, others[2] ?? warm, 0.4),
  ])
  const [left, wide] = [width * between(random, 0.14, 0.26), width * between(random, 0.46, 0.62)]
  const top = height * between(random, 0.34, 0.42)
  const bricks = range(170).map(() =>
    rect(Math.floor(random.next() * 40) * 26, Math.floor(random.next() * 40) * 15, 23, 11, {
      fill: shade(brick, between(random, -0.2, 0.12)),
      opacity: 0.6,
    }),
  )
  const upstairs = range(3).map((index) => {
    const [x, isLit] = [width * (0.14 + index * 0.29), random.chance(0.4)]
    return (
      rect(x, height * 0.06, width * 0.13, height * 0.19, { fill: isLit ? light : shade(night, -0.3) }) +
      rect(x, height * 0.15, width * 0.13, 4, { fill: shade(brick, -0.4) }) +
      rect(x + width * 0.063, height * 0.06, 4, height * 0.19, { fill: shade(brick, -0.4) })
    )
  })
  const paint = pick(random, [shade(others[2] ?? warm, -0.1), '#2f4a43', '#5b2a3c', '#27415e'])
  const front = rect(left, top, wide, street - top, { fill: paint })
  const glowing = `<defs>${gradient('inside', [light, warm])}${glow('spill', warm)}</defs>`
  const door = left + wide * (random.chance(0.5) ? 0.06 : 0.72)
  const pane = door > left + wide / 2 ? left + wide * 0.06 : left + wide * 0.32
  const window = rect(pane, top + height * 0.1, wide * 0.6, street - top - height * 0.2, { fill: 'url(#inside)' })
  const goods = range(random.int(7, 13)).map((index, _place, all) => {
    const x = pane + wide * 0.6 * ((index + 0.5) / all.length)
    const tall = between(random, 24, 96)
    const base = street - height * 0.1
    return random.chance(0.5)
      ? rect(x - 15, base - tall, 26, tall, { fill: shade(pick(random, others), -0.45), rx: 4 })
      : circle(x, base - tall * 0.5, tall * 0.42, { fill: shade(pick(random, others), -0.5) })
  })
  const keeper = random.chance(0.6) ? passerby(door + wide * 0.11, street, height * 0.3, shade(night, -0.4)) : ''
  const entrance =
    rect(door, top + height * 0.1, wide * 0.22, street - top - height * 0.1, {
      fill: random.chance(0.5) ? 'url(#inside)' : shade(paint, -0.5),
    }) +
    rect(door, top + height * 0.1, wide * 0.22, street - top - height * 0.1, {
      fill: 'none',
      stroke: shade(paint, 0.25),
      strokeWidth: 7,
    })
  const awning = random.chance(0.6)
    ? range(11)
        .map((index) =>
          path(
            `M${n(left + (index * wide) / 11)} ${n(top + 40)}h${n(wide / 11)}v${n(height * 0.06)}q${n(-wide / 22)} 22 ${n(-wide / 11)} 0z`,
            { fill: index % 2 === 0 ? '#f7f1e3' : (pick(random, [others[0], others[2]]) ?? warm) },
          ),
        )
        .join('')
    : ''
  const sign =
    rect(left + wide * 0.08, top - height * 0.12, wide * 0.84, height * 0.115, { fill: shade(night, -0.35), rx: 8 }) +
    neon(canvas, left + wide * 0.14, top - height * 0.062, wide * 0.72, light)
  const wet = `<defs>${gradient('wet', [shade(night, -0.25), shade(night, -0.55)])}</defs>${rect(0, street, width, height - street, { fill: 'url(#wet)' })}${el('ellipse', { cx: pane + wide * 0.3, cy: street + 30, rx: wide * 0.62, ry: (height - street) * 0.9, fill: 'url(#spill)', opacity: 0.55 })}${range(
    30,
  )
    .map(() =>
      rect(pane + random.next() * wide * 0.7, street + random.next() * (height - street), between(random, 20, 110), 3, {
        fill: pick(random, [warm, light]),
        opacity: 0.35,
      }),
    )
    .join('')}`
  const rain = random.chance(0.45)
    ? group(
        { stroke: '#ffffff', strokeWidth: 1.4, opacity: 0.24 },
        ...range(140).map(() => {
          const [x, y] = [random.next() * width, random.next() * height]
          return el('line', { x1: x, y1: y, x2: x - 8, y2: y + 30 })
        }),
      )
    : ''
  return (
    rect(0, 0, width, height, { fill: brick }) +
    bricks.join('') +
    upstairs.join('') +
    glowing +
    front +
    window +
    goods.join('') +
    entrance +
    keeper +
    awning +
    sign +
    wet +
    rain
  )
}

/** A sign that could be letters, as tubes of light. */
function neon({ random }: Canvas, x: number, y: number, wide: number, colour: string): string {
  const letters = random.int(4, 8)
  const step = wide / letters
  const tubes = range(letters).map((index) => {
    const [left, size] = [x + index * step + step * 0.16, step * 0.56]
    return pick(random, [
      `M${n(left)} ${n(y - 22)}v44M${n(left)} ${n(y)}h${n(size)}M${n(left + size)} ${n(y - 22)}v44`,
      `M${n(left + size)} ${n(y - 16)}a${n(size / 2)} 22 0 1 0 0 32`,
      `M${n(left)} ${n(y + 22)}V${n(y - 22)}h${n(size)}M${n(left)} ${n(y)}h${n(size * 0.7)}M${n(left)} ${n(y + 22)}h${n(size)}`,
      `M${n(left)} ${n(y + 22)}L${n(left + size / 2)} ${n(y - 22)}L${n(left + size)} ${n(y + 22)}M${n(left + size * 0.22)} ${n(y + 6)}h${n(size * 0.56)}`,
      `M${n(left + size / 2)} ${n(y - 22)}a${n(size / 2)} 22 0 1 0 1 0Z`,
      `M${n(left)} ${n(y - 22)}v44h${n(size)}`,
    ])
  })
  const dead = random.int(0, letters - 1)
  return tubes
    .map((tube, index) =>
      index === dead
        ? path(tube, { fill: 'none', stroke: '#55505e', strokeWidth: 4 })
        : path(tube, { fill: 'none', stroke: colour, strokeWidth: 13, opacity: 0.28, strokeLinecap: 'round' }) +
          path(tube, { fill: 'none', stroke: shade(colour, 0.6), strokeWidth: 4.5, strokeLinecap: 'round' }),
    )
    .join('')
}

const passerby = (x: number, floor: number, tall: number, colour: string): string =>
  path(
    `M${n(x - tall * 0.16)} ${n(floor)}Q${n(x - tall * 0.18)} ${n(floor - tall * 0.7)} ${n(x)} ${n(floor - tall * 0.74)}Q${n(x + tall * 0.18)} ${n(floor - tall * 0.7)} ${n(x + tall * 0.16)} ${n(floor)}Z`,
    { fill: colour },
  ) + circle(x, floor - tall * 0.84, tall * 0.1, { fill: colour })

/** Loaves from above, scored and floured. */
export function loaves(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [linen = '#fff4e0', ...others] = colours
  const [pale = '#e0a96d', crust = '#b5723a', dark = '#7d451b'] = others
  const folds = range(12).map((index) =>
    el('line', {
      x1: (index * width) / 10 - 60,
      y1: 0,
      x2: (index * width) / 10 + 20,
      y2: height,
      stroke: shade(linen, -0.07),
      strokeWidth: between(random, 4, 16),
    }),
  )
  const count = random.int(2, 4)
  const all = range(count).map((index) => {
    const [x, y] = [width * ((index + 0.5) / count) + between(random, -20, 20), height * between(random, 0.36, 0.64)]
    const r = Math.min(height * 0.33, (width / count) * 0.46)
    const isLong = random.chance(0.35)
    const turn = between(random, -40, 40)
    const tone = shade(mix(crust, pick(random, [pale, dark]), random.next() * 0.5), 0)
    const body =
      path(blob(random, [0, 0], r, 0.035, 14), { fill: tone }) +
      path(blob(random, [-r * 0.08, -r * 0.1], r * 0.84, 0.04, 14), { fill: shade(tone, 0.16) }) +
      path(blob(random, [-r * 0.16, -r * 0.2], r * 0.52, 0.05, 12), { fill: shade(tone, 0.28), opacity: 0.7 })
    const flour = range(46).map(() =>
      circle(between(random, -0.75, 0.75) * r, between(random, -0.75, 0.75) * r, between(random, 1, 6), {
        fill: '#fffaf0',
        opacity: 0.35,
      }),
    )
    const cuts = pick(random, [wheat, cross, spiral])(random, r, mix(pale, '#fff6e6', 0.45))
    return (
      el('ellipse', {
        cx: x + r * 0.1,
        cy: y + r * 0.16,
        rx: r * (isLong ? 1.16 : 1.02),
        ry: r * (isLong ? 0.74 : 1),
        fill: '#000000',
        opacity: 0.16,
      }) +
      group(
        { transform: `translate(${n(x)} ${n(y)}) rotate(${n(turn)}) scale(${isLong ? '1.14 0.7' : '1 1'})` },
        body,
        ...flour,
        cuts,
      )
    )
  })
  const grains = range(60).map(() =>
    el('ellipse', {
      cx: random.next() * width,
      cy: random.next() * height,
      rx: 7,
      ry: 3.4,
      fill: pick(random, [pale, crust]),
      opacity: 0.8,
      transform: `rotate(${String(random.int(0, 180))} ${n(width / 2)} ${n(height / 2)})`,
    }),
  )
  return rect(0, 0, width, height, { fill: linen }) + folds.join('') + grains.join('') + all.join('')
}

type Cut = (random: Canvas['random'], r: number, colour: string) => string

const wheat: Cut = (_random, r, colour) =>
  path(`M0 ${n(r * 0.62)}L0 ${n(-r * 0.6)}`, { fill: 'none', stroke: colour, strokeWidth: r * 0.03 }) +
  range(6)
    .flatMap((index) =>
      [-1, 1].map((side) =>
        path(
          `M0 ${n(r * (0.4 - index * 0.17))}q${n(side * r * 0.3)} ${n(-r * 0.04)} ${n(side * r * 0.42)} ${n(-r * 0.2)}q${n(-side * r * 0.3)} ${n(-r * 0.02)} ${n(-side * r * 0.42)} ${n(r * 0.2)}z`,
          { fill: colour },
        ),
      ),
    )
    .join('')

const cross: Cut = (random, r, colour) =>
  range(random.int(2, 4))
    .map((index, _place, all) =>
      path(`M${n(-r * 0.6)} 0Q0 ${n(-r * 0.16)} ${n(r * 0.6)} 0Q0 ${n(r * 0.1)} ${n(-r * 0.6)} 0Z`, {
        fill: colour,
        transform: `rotate(${n((index * 180) / all.length)})`,
      }),
    )
    .join('')

const spiral: Cut = (_random, r, colour) =>
  path(
    curve(
      range(40).map((step): Point => [
        Math.cos(step * 0.42) * r * (0.08 + step * 0.016),
        Math.sin(step * 0.42) * r * (0.08 + step * 0.016),
      ]),
    ),
    { fill: 'none', stroke: colour, strokeWidth: r * 0.055, strokeLinecap: 'round' },
  )

/** Chillies, limes, onions and maize, laid out. */
export function market(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [cloth = '#2f1b12', red = '#e63946', orange = '#f4a261', green = '#80b918', cream = '#ffe8d6'] = colours
  const size = between(random, 150, 200)
  const items: string[] = []
  for (let row = 0; row * size < height + size; row += 1)
    for (let column = 0; column * size < width + size; column += 1) {
      const [x, y] = [(column + (row % 2) * 0.5) * size, row * size * 0.86]
      const draw = pick(random, [chilli, chilli, lime, onion, maize, tomato])
      items.push(
        group(
          { transform: `translate(${n(x)} ${n(y)}) rotate(${String(random.int(0, 359))})` },
          draw({ random, s: size * 0.36, red, orange, green, cream }),
        ),
      )
    }
  const leaves = range(40).map(() =>
    el('ellipse', {
      cx: random.next() * width,
      cy: random.next() * height,
      rx: 15,
      ry: 6,
      fill: shade(green, -0.35),
      opacity: 0.75,
      transform: `rotate(${String(random.int(0, 180))} ${n(random.next() * width)} ${n(random.next() * height)})`,
    }),
  )
  const ground = random.chance(0.5) ? cloth : pick(random, [cream, shade(orange, 0.3), shade(green, 0.55)])
  return rect(0, 0, width, height, { fill: ground }) + leaves.join('') + items.join('')
}

interface Stall {
  readonly random: Canvas['random']
  readonly s: number
  readonly red: string
  readonly orange: string
  readonly green: string
  readonly cream: string
}

const chilli = ({ random, s, red, orange, green }: Stall): string => {
  const colour = pick(random, [red, red, orange, shade(green, -0.1), shade(red, -0.35)])
  return (
    path(
      `M${n(-s * 0.9)} ${n(-s * 0.1)}Q${n(-s * 0.2)} ${n(-s * 0.62)} ${n(s * 0.5)} ${n(-s * 0.3)}Q${n(s * 1.05)} ${n(s * 0.1)} ${n(s * 1.1)} ${n(s * 0.6)}Q${n(s * 0.5)} ${n(s * 0.3)} ${n(-s * 0.1)} ${n(s * 0.26)}Q${n(-s * 0.7)} ${n(s * 0.3)} ${n(-s * 0.9)} ${n(-s * 0.1)}Z`,
      { fill: colour },
    ) +
    path(`M${n(-s * 0.5)} ${n(-s * 0.16)}Q${n(s * 0.1)} ${n(-s * 0.36)} ${n(s * 0.6)} ${n(-s * 0.04)}`, {
      fill: 'none',
      stroke: shade(colour, 0.5),
      strokeWidth: s * 0.08,
      strokeLinecap: 'round',
    }) +
    path(`M${n(-s * 0.82)} ${n(-s * 0.14)}Q${n(-s * 1.1)} ${n(-s * 0.3)} ${n(-s * 1.15)} ${n(-s * 0.6)}`, {
      fill: 'none',
      stroke: shade(green, -0.3),
      strokeWidth: s * 0.14,
      strokeLinecap: 'round',
    })
  )
}

const lime = ({ s, green }: Stall): string =>
  circle(0, 0, s * 0.74, { fill: green }) +
  circle(0, 0, s * 0.63, { fill: shade(green, 0.75) }) +
  range(8)
    .map((index) =>
      path(
        `M0 0L${n(Math.cos(index * 0.785 + 0.1) * s * 0.56)} ${n(Math.sin(index * 0.785 + 0.1) * s * 0.56)}A${n(s * 0.56)} ${n(s * 0.56)} 0 0 1 ${n(Math.cos(index * 0.785 + 0.68) * s * 0.56)} ${n(Math.sin(index * 0.785 + 0.68) * s * 0.56)}Z`,
        { fill: shade(green, 0.28) },
      ),
    )
    .join('')

const onion = ({ s, cream }: Stall): string =>
  range(5)
    .map((ring) => circle(0, 0, s * (0.74 - ring * 0.14), { fill: ring % 2 === 0 ? '#a23b72' : shade(cream, 0.3) }))
    .join('')

const tomato = ({ s, red, green }: Stall): string =>
  circle(0, 0, s * 0.7, { fill: shade(red, -0.05) }) +
  circle(-s * 0.22, -s * 0.26, s * 0.16, { fill: '#ffffff', opacity: 0.5 }) +
  path(
    range(5)
      .map((index) => `M0 0L${n(Math.cos(index * 1.257) * s * 0.42)} ${n(Math.sin(index * 1.257) * s * 0.42)}`)
      .join(''),
    { fill: 'none', stroke: shade(green, -0.3), strokeWidth: s * 0.13, strokeLinecap: 'round' },
  )

const maize = ({ random, s, orange, green }: Stall): string =>
  el('ellipse', { cx: 0, cy: 0, rx: s * 1.05, ry: s * 0.4, fill: shade(orange, 0.1) }) +
  range(40)
    .map(() =>
      circle(between(random, -0.85, 0.85) * s, between(random, -0.28, 0.28) * s, s * 0.085, {
        fill: shade(orange, between(random, 0.2, 0.6)),
      }),
    )
    .join('') +
  [-1, 1]
    .map((side) =>
      path(
        `M${n(-s * 1.1)} 0Q${n(-s * 0.2)} ${n(side * s * 0.75)} ${n(s * 0.5)} ${n(side * s * 0.5)}Q${n(-s * 0.3)} ${n(side * s * 0.34)} ${n(-s * 1.1)} 0Z`,
        { fill: green },
      ),
    )
    .join('')

export type Piece = (random: Canvas['random'], x: number, y: number, r: number, metal: string, stone: string) => string

export const ring: Piece = (_random, x, y, r, metal, stone) =>
  circle(x + 6, y + 8, r, { fill: 'none', stroke: '#000000', strokeWidth: r * 0.24, opacity: 0.15 }) +
  circle(x, y, r, { fill: 'none', stroke: metal, strokeWidth: r * 0.24 }) +
  circle(x, y, r * 1.05, { fill: 'none', stroke: shade(metal, 0.5), strokeWidth: r * 0.05 }) +
  polygon(
    [
      [x - r * 0.36, y - r],
      [x - r * 0.2, y - r * 1.4],
      [x + r * 0.2, y - r * 1.4],
      [x + r * 0.36, y - r],
      [x, y - r * 0.66],
    ],
    { fill: stone },
  ) +
  polygon(
    [
      [x - r * 0.2, y - r * 1.4],
      [x, y - r],
      [x + r * 0.2, y - r * 1.4],
    ],
    { fill: shade(stone, 0.4) },
  )
