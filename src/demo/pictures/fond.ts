import { between, blob, circle, curve, el, mix, n, path, pick, polygon, range, rect, shade } from './paint.js'
import type { Canvas, Point } from './paint.js'

// What those are fond of who do not show themselves.

/** A pet, or what one is fond of, of those who do not show themselves. */
export function emblem(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [back, coat, dark] = random.sample(colours, 3) as [string, string, string]
  const ground = rect(0, 0, width, height, { fill: back })
  return ground + pick(random, [cat, cat, sunset, pot, bird])(canvas, coat, shade(dark, -0.45))
}

type Fond = (canvas: Canvas, coat: string, dark: string) => string

const cat: Fond = ({ width, height, random }, coat, dark) => {
  const [x, y, r] = [width / 2, height * 0.54, width * 0.26]
  const ears = [-1, 1].map(
    (side) =>
      polygon(
        [
          [x + side * r * 0.95, y - r * 0.3],
          [x + side * r * 0.86, y - r * 1.3],
          [x + side * r * 0.2, y - r * 0.86],
        ],
        { fill: coat },
      ) +
      polygon(
        [
          [x + side * r * 0.8, y - r * 0.5],
          [x + side * r * 0.76, y - r * 1.04],
          [x + side * r * 0.38, y - r * 0.8],
        ],
        { fill: '#e8a0a0' },
      ),
  )
  const stripes = random.chance(0.5)
    ? range(3)
        .map((index) =>
          el('line', {
            x1: x + (index - 1) * r * 0.24,
            y1: y - r * 0.95,
            x2: x + (index - 1) * r * 0.18,
            y2: y - r * 0.56,
            stroke: shade(coat, -0.35),
            strokeWidth: r * 0.1,
            strokeLinecap: 'round',
          }),
        )
        .join('')
    : ''
  const eyes = [-1, 1].map(
    (side) =>
      el('ellipse', { cx: x + side * r * 0.4, cy: y - r * 0.06, rx: r * 0.15, ry: r * 0.2, fill: '#f6f2c4' }) +
      el('ellipse', { cx: x + side * r * 0.4, cy: y - r * 0.06, rx: r * 0.06, ry: r * 0.17, fill: '#1d1a1a' }),
  )
  const whiskers = [-1, 1].flatMap((side) =>
    range(3).map((index) =>
      el('line', {
        x1: x + side * r * 0.24,
        y1: y + r * 0.36,
        x2: x + side * r * 1.2,
        y2: y + r * (0.18 + index * 0.2),
        stroke: dark,
        strokeWidth: 2,
      }),
    ),
  )
  return (
    path(blob(random, [x, height * 1.04], width * 0.36, 0.04), { fill: shade(coat, -0.1) }) +
    ears.join('') +
    el('ellipse', { cx: x, cy: y, rx: r * 1.08, ry: r * 0.94, fill: coat }) +
    stripes +
    eyes.join('') +
    polygon(
      [
        [x - r * 0.1, y + r * 0.24],
        [x + r * 0.1, y + r * 0.24],
        [x, y + r * 0.36],
      ],
      { fill: '#d9797a' },
    ) +
    path(
      `M${n(x - r * 0.22)} ${n(y + r * 0.48)}q${n(r * 0.11)} ${n(r * 0.12)} ${n(r * 0.22)} ${n(-r * 0.1)}q${n(r * 0.11)} ${n(r * 0.22)} ${n(r * 0.22)} ${n(r * 0.1)}`,
      { fill: 'none', stroke: dark, strokeWidth: 4 },
    ) +
    whiskers.join('')
  )
}

const sunset: Fond = ({ width, height, random }, coat, dark) =>
  circle(width * between(random, 0.3, 0.7), height * 0.46, width * between(random, 0.16, 0.26), { fill: coat }) +
  range(4)
    .map((layer) =>
      path(
        `${curve(range(6).map((step): Point => [step * width * 0.22 - 10, height * (0.5 + layer * 0.13) + between(random, -18, 18)]))}L${n(width)} ${n(height)}L0 ${n(height)}Z`,
        { fill: mix(coat, dark, 0.3 + layer * 0.22) },
      ),
    )
    .join('')

const pot: Fond = ({ width, height, random }, coat, dark) => {
  const x = width / 2
  const leaves = range(random.int(7, 11)).map((index, _place, all) => {
    const angle = -160 + (index / (all.length - 1)) * 140
    const long = width * between(random, 0.22, 0.34)
    return path(`M0 0Q${n(long * 0.4)} ${n(-long * 0.2)} ${n(long)} 0Q${n(long * 0.4)} ${n(long * 0.2)} 0 0Z`, {
      fill: shade('#3f7d4f', between(random, -0.2, 0.25)),
      transform: `translate(${n(x)} ${n(height * 0.58)}) rotate(${n(angle)})`,
    })
  })
  return (
    leaves.join('') +
    path(
      `M${n(x - width * 0.2)} ${n(height * 0.56)}h${n(width * 0.4)}l${n(-width * 0.06)} ${n(height * 0.3)}h${n(-width * 0.28)}z`,
      { fill: coat },
    ) +
    rect(x - width * 0.22, height * 0.54, width * 0.44, height * 0.07, { fill: mix(coat, dark, 0.35) })
  )
}

const bird: Fond = ({ width, height }, coat, dark) => {
  const [x, y, r] = [width * 0.5, height * 0.52, width * 0.25]
  return (
    el('line', { x1: 0, y1: y + r * 1.05, x2: width, y2: y + r * 0.9, stroke: dark, strokeWidth: 9 }) +
    path(
      `M${n(x + r * 0.4)} ${n(y + r * 0.6)}L${n(x + r * 1.5)} ${n(y + r * 1.3)}L${n(x + r * 1.1)} ${n(y + r * 0.4)}Z`,
      { fill: dark },
    ) +
    circle(x, y, r, { fill: coat }) +
    circle(x - r * 0.6, y - r * 0.7, r * 0.62, { fill: coat }) +
    path(
      `M${n(x - r * 0.1)} ${n(y - r * 0.1)}Q${n(x + r)} ${n(y - r * 0.2)} ${n(x + r * 0.9)} ${n(y + r * 0.6)}Q${n(x)} ${n(y + r * 0.7)} ${n(x - r * 0.1)} ${n(y - r * 0.1)}Z`,
      { fill: mix(coat, dark, 0.4) },
    ) +
    circle(x - r * 0.74, y - r * 0.8, r * 0.09, { fill: '#171313' }) +
    polygon(
      [
        [x - r * 1.18, y - r * 0.72],
        [x - r * 1.56, y - r * 0.56],
        [x - r * 1.16, y - r * 0.5],
      ],
      { fill: '#e8963c' },
    )
  )
}
