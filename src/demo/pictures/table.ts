import { between, blob, circle, el, n, path, pick, polygon, range, rect, shade } from './paint.js'
import type { Canvas } from './paint.js'

// Jars, bowls and fruit.

/** Jars and bowls on a cloth. */
export function table(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [wall = '#ffffff', ...others] = colours
  const edge = height * between(random, 0.56, 0.64)
  const cloth = pick(random, others.slice(2))
  const dotsOn = range(60).map((index) =>
    circle(((index * 67) % width) + (Math.floor(index / 12) % 2) * 30, Math.floor(index / 12) * (edge / 5) + 34, 6, {
      fill: pick(random, others),
      opacity: 0.3,
    }),
  )
  const checks = range(14).map((index) =>
    polygon(
      [
        [(index * width) / 13 - 30, edge],
        [(index * width) / 13 + 6, edge],
        [(index * width) / 13 + (index - 6) * 44 + 26, height],
        [(index * width) / 13 + (index - 6) * 44 - 40, height],
      ],
      { fill: '#ffffff', opacity: 0.2 },
    ),
  )
  const things: string[] = []
  let x = width * 0.02
  while (x < width * 0.86) {
    const wide = between(random, 170, 300)
    const y = edge + between(random, height * 0.08, height * 0.26)
    const draw = pick(random, [jar, jar, bowl, fruit, bottle])
    things.push(draw(canvas, x + wide / 2, y, wide, others))
    x += wide * between(random, 0.75, 1)
  }
  return (
    rect(0, 0, width, height, { fill: wall }) +
    dotsOn.join('') +
    rect(0, edge, width, height - edge, { fill: cloth }) +
    checks.join('') +
    things.join('')
  )
}

type Thing = (canvas: Canvas, x: number, y: number, wide: number, colours: readonly string[]) => string

const shadow = (x: number, y: number, wide: number): string =>
  el('ellipse', { cx: x + wide * 0.1, cy: y, rx: wide * 0.5, ry: wide * 0.1, fill: '#000000', opacity: 0.2 })

const jar: Thing = ({ random }, x, y, wide, colours) => {
  const [w, h] = [wide * 0.62, wide * between(random, 0.95, 1.35)]
  const brine = pick(random, colours)
  const full = between(random, 0.62, 0.86)
  const bits = range(random.int(10, 20)).map(() =>
    path(
      blob(
        random,
        [x + between(random, -0.4, 0.4) * w, y - between(random, 0.08, full - 0.12) * h],
        between(random, 6, 15),
        0.3,
        6,
      ),
      { fill: shade(pick(random, colours), 0.15), opacity: 0.9 },
    ),
  )
  return (
    shadow(x, y, w * 1.2) +
    rect(x - w / 2, y - h, w, h, { fill: '#ffffff', opacity: 0.55, rx: w * 0.14 }) +
    rect(x - w / 2 + 5, y - h * full, w - 10, h * full - 6, { fill: brine, opacity: 0.8, rx: w * 0.1 }) +
    bits.join('') +
    rect(x - w * 0.46, y - h - w * 0.18, w * 0.92, w * 0.22, { fill: pick(random, colours), rx: 6 }) +
    rect(x - w * 0.36, y - h * 0.86, w * 0.08, h * 0.66, { fill: '#ffffff', opacity: 0.5, rx: 6 }) +
    (random.chance(0.5)
      ? rect(x - w * 0.3, y - h * 0.52, w * 0.6, h * 0.26, { fill: '#fffdf5' }) +
        rect(x - w * 0.22, y - h * 0.43, w * 0.4, 4, { fill: '#333333' }) +
        rect(x - w * 0.22, y - h * 0.37, w * 0.26, 4, { fill: '#333333' })
      : '')
  )
}

const bowl: Thing = ({ random }, x, y, wide, colours) => {
  const [r, clay] = [wide * 0.52, pick(random, colours)]
  const food = range(random.int(9, 16)).map(() =>
    circle(x + between(random, -0.7, 0.7) * r, y - r * 0.72 - between(random, 0, 0.24) * r, between(random, 9, 20), {
      fill: shade(pick(random, colours), between(random, -0.1, 0.25)),
    }),
  )
  return (
    shadow(x, y, wide * 1.1) +
    food.join('') +
    path(`M${n(x - r)} ${n(y - r * 0.7)}A${n(r)} ${n(r * 0.8)} 0 0 0 ${n(x + r)} ${n(y - r * 0.7)}Z`, { fill: clay }) +
    rect(x - r * 0.36, y - r * 0.1, r * 0.72, r * 0.14, { fill: shade(clay, -0.25) }) +
    path(
      `M${n(x - r * 0.86)} ${n(y - r * 0.5)}A${n(r * 0.9)} ${n(r * 0.7)} 0 0 0 ${n(x + r * 0.86)} ${n(y - r * 0.5)}`,
      { fill: 'none', stroke: shade(clay, 0.4), strokeWidth: 7 },
    )
  )
}

const fruit: Thing = ({ random }, x, y, wide, colours) =>
  range(random.int(2, 3))
    .map((index) => {
      const r = wide * between(random, 0.2, 0.28)
      const [cx, cy] = [x + (index - 1) * r * 1.3, y - r + index * 8]
      const colour = pick(random, colours)
      return (
        shadow(cx, cy + r, r * 2.1) +
        path(blob(random, [cx, cy], r, 0.05, 10), { fill: colour }) +
        path(blob(random, [cx - r * 0.3, cy - r * 0.3], r * 0.3, 0.1), { fill: '#ffffff', opacity: 0.4 }) +
        path(`M${n(cx)} ${n(cy - r)}q4 -16 16 -20`, { fill: 'none', stroke: '#3b2f1b', strokeWidth: 4 }) +
        path(`M${n(cx + 4)} ${n(cy - r - 6)}q24 -20 40 -4q-20 16 -40 4z`, { fill: '#5a7d2a' })
      )
    })
    .join('')

const bottle: Thing = ({ random }, x, y, wide, colours) => {
  const [w, h, colour] = [wide * 0.36, wide * 1.7, pick(random, colours)]
  return (
    shadow(x, y, w * 1.6) +
    path(
      `M${n(x - w / 2)} ${n(y)}v${n(-h * 0.6)}q0 ${n(-h * 0.12)} ${n(w * 0.32)} ${n(-h * 0.16)}v${n(-h * 0.22)}h${n(w * 0.36)}v${n(h * 0.22)}q${n(w * 0.32)} ${n(h * 0.04)} ${n(w * 0.32)} ${n(h * 0.16)}v${n(h * 0.6)}z`,
      { fill: colour, opacity: 0.88 },
    ) +
    rect(x - w * 0.36, y - h * 0.5, w * 0.72, h * 0.3, { fill: '#fffdf5', opacity: 0.92 }) +
    rect(x - w * 0.34, y - h * 0.94, w * 0.14, h * 0.8, { fill: '#ffffff', opacity: 0.25 })
  )
}
