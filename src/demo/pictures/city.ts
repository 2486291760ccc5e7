import {
  along,
  between,
  byBrightness,
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
  shining,
} from './paint.js'
import type { Canvas, Point } from './paint.js'
import { dots } from './heights.js'
import { disc, sky } from './water.js'

// Streets, arches, bridges.

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
