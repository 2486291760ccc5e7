import {
  along,
  between,
  brightness,
  circle,
  curve,
  ground,
  group,
  layered,
  n,
  noiseOf,
  path,
  pick,
  polygon,
  range,
  rect,
} from './paint.js'
import type { Canvas, Point } from './paint.js'

// What can be seen of mathematics, and what a pen draws by rule.

/** What can be seen of mathematics. */
export function figures(canvas: Canvas): string {
  const { width, height, random } = canvas
  const size = Math.min(width, height) * 0.74
  const [x, y] = [(width - size) / 2, (height - size) / 2]
  const scene = pick(random, [gnomons, halves, squares, chessboard, roses])
  const grid = `<defs><pattern id="grid" width="24" height="24" patternUnits="userSpaceOnUse"><path d="M24 0H0V24" fill="none" stroke="#000000" stroke-width="1" opacity="0.08"/></pattern></defs>`
  return (
    ground(canvas) +
    grid +
    rect(0, 0, width, height, { fill: 'url(#grid)' }) +
    group({ transform: `translate(${n(x)} ${n(y)})` }, scene(canvas, size))
  )
}

const gnomons = ({ colours, random }: Canvas, size: number): string => {
  const count = random.int(6, 9)
  const unit = size / count
  return range(count)
    .flatMap((ring) =>
      range(ring * 2 + 1).map((index) => {
        const [column, row] = index <= ring ? [ring, index] : [index - ring - 1, ring]
        return circle((column + 0.5) * unit, size - (row + 0.5) * unit, unit * 0.4, {
          fill: colours[1 + (ring % (colours.length - 1))],
        })
      }),
    )
    .join('')
}

const halves = ({ colours, random }: Canvas, size: number): string => {
  const parts: string[] = []
  let [x, y, w, h] = [0, 0, size, size]
  const isTriangle = random.chance(0.4)
  for (let step = 0; step < 9; step += 1) {
    const fill = colours[1 + (step % (colours.length - 1))]
    const isAcross = step % 2 === 0
    const [pw, ph] = isAcross ? [w / 2, h] : [w, h / 2]
    parts.push(
      isTriangle && step % 3 === 2
        ? polygon(
            [
              [x, y],
              [x + pw, y],
              [x, y + ph],
            ],
            { fill },
          )
        : rect(x, y, pw, ph, { fill, stroke: '#ffffff', strokeWidth: 4 }),
    )
    if (isAcross) [x, w] = [x + pw, w - pw]
    else [y, h] = [y + ph, h - ph]
  }
  return parts.join('')
}

const squares = ({ colours, random }: Canvas, size: number): string => {
  const share = between(random, 0.26, 0.42)
  const a = size * share
  const outer = rect(0, 0, size, size, { fill: colours[3] })
  const inner = polygon(
    [
      [a, 0],
      [size, a],
      [size - a, size],
      [0, size - a],
    ],
    { fill: colours[4], stroke: '#ffffff', strokeWidth: 6 },
  )
  const corners = [
    polygon(
      [
        [0, 0],
        [a, 0],
        [0, size - a],
      ],
      { fill: colours[1] },
    ),
    polygon(
      [
        [size, 0],
        [size, a],
        [a, 0],
      ],
      { fill: colours[2] },
    ),
    polygon(
      [
        [size, size],
        [size - a, size],
        [size, a],
      ],
      { fill: colours[1] },
    ),
    polygon(
      [
        [0, size],
        [0, size - a],
        [size - a, size],
      ],
      { fill: colours[2] },
    ),
  ]
  return outer + inner + corners.join('')
}

const chessboard = ({ colours, random }: Canvas, size: number): string => {
  const unit = size / 8
  const cells = range(64)
    .filter((index) => index !== 0 && index !== 63)
    .map((index) =>
      rect((index % 8) * unit, Math.floor(index / 8) * unit, unit, unit, {
        fill: (index + Math.floor(index / 8)) % 2 === 0 ? colours[1] : colours[3],
      }),
    )
  const dominoes = range(random.int(5, 9)).map(() => {
    const isUpright = random.chance(0.5)
    const [column, row] = [random.int(1, isUpright ? 7 : 6), random.int(1, isUpright ? 6 : 7)]
    return rect(column * unit + 6, row * unit + 6, unit * (isUpright ? 1 : 2) - 12, unit * (isUpright ? 2 : 1) - 12, {
      fill: colours.at(-1),
      rx: 12,
      opacity: 0.92,
    })
  })
  return cells.join('') + dominoes.join('')
}

const roses = ({ colours, random }: Canvas, size: number): string => {
  const petals = random.int(5, 11)
  const middle = size / 2
  return range(4)
    .map((ring) => {
      const r = middle * (1 - ring * 0.22)
      const points = range(240).map((step): Point => {
        const angle = (step / 240) * Math.PI * 2
        const far = r * (0.62 + 0.38 * Math.cos(petals * angle))
        return [middle + Math.cos(angle) * far, middle + Math.sin(angle) * far]
      })
      return path(curve(points, true), {
        fill: colours[1 + (ring % (colours.length - 1))],
        stroke: '#ffffff',
        strokeWidth: 3,
      })
    })
    .join('')
}

export function flow(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const noise = layered(noiseOf(random), 2)
  const isDark = brightness(colours[0] ?? '#ffffff') < 0.4
  const scale = between(random, 1.6, 3.2)
  const turns = between(random, 1.4, 2.6)
  const others = colours.slice(1)
  const lines = range(isDark ? 420 : 620).map(() => {
    let [x, y] = [random.next() * width * 1.1 - width * 0.05, random.next() * height * 1.1 - height * 0.05]
    const steps = random.int(10, 34)
    const points: Point[] = []
    for (let step = 0; step < steps; step += 1) {
      points.push([x, y])
      const angle = noise((x / width) * scale, (y / height) * scale) * Math.PI * 2 * turns
      x += Math.cos(angle) * 13
      y += Math.sin(angle) * 13
    }
    const colour = along(others, noise(x / width + 20, y / height + 20) * 1.5 - 0.25)
    return path(curve(points), {
      stroke: colour,
      strokeWidth: isDark ? between(random, 2, 9) : between(random, 0.8, 3.4),
      opacity: between(random, 0.55, 0.95),
    })
  })
  return ground(canvas) + group({ fill: 'none', strokeLinecap: 'round' }, ...lines)
}
