import {
  between,
  blob,
  circle,
  curve,
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

// Paper and ink.

export function pages(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [paper = '#ffffff', ink = '#222222', ...others] = colours
  const sheets = range(random.int(3, 6)).map((index, _place, all) => {
    const isLast = index === all.length - 1
    const [w, h] = [
      Math.min(width, height) * between(random, 0.46, 0.56),
      Math.min(width, height) * between(random, 0.62, 0.74),
    ]
    const [x, y] = [width * between(random, 0.28, 0.72) - w / 2, height * between(random, 0.42, 0.58) - h / 2]
    return group(
      {
        transform: `rotate(${n(between(random, isLast ? -6 : -24, isLast ? 6 : 24))} ${n(x + w / 2)} ${n(y + h / 2)})`,
      },
      rect(x + 7, y + 9, w, h, { fill: '#000000', opacity: 0.16 }),
      rect(x, y, w, h, { fill: shade(paper, between(random, 0.1, 0.7)) }),
      lines(canvas, { x, y, w, h }, ink, pick(random, others)),
    )
  })
  const desk = `<defs>${gradient('desk', [mix(others[0] ?? ink, paper, 0.25), mix(others[1] ?? ink, ink, 0.25)], true)}</defs>${rect(0, 0, width, height, { fill: 'url(#desk)' })}`
  return desk + sheets.join('') + (random.chance(0.6) ? pen(canvas) : cup(canvas))
}

interface Box {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

/** Lines of writing with a heading, a few of them struck out or marked. */
function lines({ random }: Canvas, { x, y, w, h }: Box, ink: string, accent: string): string {
  const margin = w * 0.13
  const parts = [rect(x + margin, y + margin, w * between(random, 0.3, 0.6), 11, { fill: ink })]
  const step = 15
  for (let at = y + margin + 34; at < y + h - margin; at += step) {
    if (random.chance(0.1)) continue
    const long = (w - margin * 2) * (random.chance(0.2) ? between(random, 0.3, 0.7) : between(random, 0.86, 1))
    const isMarked = random.chance(0.08)
    if (isMarked) parts.push(rect(x + margin - 4, at - 5, long * 0.6, 14, { fill: accent, opacity: 0.5 }))
    parts.push(rect(x + margin, at, long, 4, { fill: ink, opacity: 0.5 }))
    if (random.chance(0.05))
      parts.push(
        path(
          curve([
            [x + margin, at + 2],
            [x + margin + long * 0.5, at - 3],
            [x + margin + long, at + 4],
          ]),
          { fill: 'none', stroke: accent, strokeWidth: 3 },
        ),
      )
  }
  return parts.join('')
}

const pen = ({ width, height, colours, random }: Canvas): string => {
  const [x, y, angle] = [
    width * between(random, 0.55, 0.8),
    height * between(random, 0.5, 0.75),
    between(random, -60, -20),
  ]
  const colour = colours.at(-1) ?? '#222222'
  return group(
    { transform: `translate(${n(x)} ${n(y)}) rotate(${n(angle)})` },
    rect(-150, 6, 290, 16, { fill: '#000000', opacity: 0.18, rx: 8 }),
    rect(-150, -8, 250, 17, { fill: colour, rx: 8 }),
    rect(-150, -8, 70, 17, { fill: shade(colour, -0.4), rx: 8 }),
    polygon(
      [
        [100, -8],
        [140, 0],
        [100, 9],
      ],
      { fill: '#d8c9a3' },
    ),
  )
}

const cup = ({ width, height, colours, random }: Canvas): string => {
  const [x, y, r] = [
    width * (random.chance(0.5) ? 0.16 : 0.84),
    height * between(random, 0.2, 0.8),
    Math.min(width, height) * 0.13,
  ]
  return (
    circle(x + 6, y + 9, r, { fill: '#000000', opacity: 0.2 }) +
    circle(x, y, r, { fill: colours.at(-1) }) +
    circle(x, y, r * 0.8, { fill: shade(colours.at(-1) ?? '#ffffff', 0.35) }) +
    circle(x, y, r * 0.7, { fill: '#5b3a21' }) +
    path(blob(random, [x, y], r * 0.3, 0.3), { fill: '#8a5a34' })
  )
}

/** Shelves of books, seen from the back. */
export function spines(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [paper = '#f3ede2', ...others] = colours
  const rows = random.int(2, 3)
  const tall = height / rows
  const shelves = range(rows).map((row) => {
    const books: string[] = []
    let x = between(random, 4, 30)
    while (x < width - 20) {
      const [wide, high] = [between(random, 24, 66), tall * between(random, 0.56, 0.84)]
      const colour = shade(pick(random, others), between(random, -0.15, 0.2))
      const y = (row + 1) * tall - 18 - high
      const lean = random.chance(0.07) ? 8 : 0
      const bands = range(random.int(1, 4)).map((band) =>
        rect(x, y + high * (0.14 + band * 0.2), wide, 5, { fill: shade(colour, random.chance(0.5) ? 0.5 : -0.4) }),
      )
      const label = random.chance(0.5)
        ? rect(x + wide * 0.2, y + high * 0.3, wide * 0.6, high * 0.16, { fill: paper })
        : ''
      books.push(
        group(
          { transform: `rotate(${String(lean)} ${n(x)} ${n(y + high)})` },
          rect(x, y, wide, high, { fill: colour, rx: 3 }),
          rect(x, y, wide * 0.18, high, { fill: '#ffffff', opacity: 0.14 }),
          ...bands,
          label,
        ),
      )
      x += wide + (random.chance(0.12) ? between(random, 20, 70) : 2)
    }
    return (
      rect(0, row * tall, width, tall, { fill: mix(paper, others[0] ?? '#7f5539', 0.25 + row * 0.06) }) +
      books.join('') +
      rect(0, (row + 1) * tall - 18, width, 18, { fill: shade(others[0] ?? '#7f5539', -0.25) })
    )
  })
  return shelves.join('')
}

/** Poems on the backs of receipts. */
export function receipts(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [ground = '#ffe5ec', ...others] = colours
  const strips = range(random.int(2, 4)).map((index, _place, all) => {
    const w = width * between(random, 0.2, 0.27)
    const h = height * between(random, 0.7, 0.95)
    const [x, y] = [width * ((index + 0.5) / all.length) - w / 2, (height - h) / 2 + between(random, -30, 30)]
    const teeth = range(13).map((tooth): Point => [x + (tooth / 12) * w, y + h + (tooth % 2 === 0 ? 0 : 9)])
    const words: string[] = []
    for (let at = y + 40; at < y + h * 0.7; at += 30) {
      let left = x + w * 0.12
      for (let word = 0; word < random.int(2, 4) && left < x + w * 0.78; word += 1) {
        const long = between(random, 14, 52)
        words.push(
          path(curve(range(5).map((step): Point => [left + (step / 4) * long, at + between(random, -4, 4)])), {
            fill: 'none',
            stroke: '#3a3136',
            strokeWidth: 2.6,
            strokeLinecap: 'round',
          }),
        )
        left += long + 12
      }
    }
    const code = range(34).map((bar) =>
      rect(x + w * 0.14 + bar * ((w * 0.72) / 34), y + h * 0.84, between(random, 1, 3.6), h * 0.08, {
        fill: '#3a3136',
        opacity: 0.75,
      }),
    )
    const total =
      rect(x + w * 0.12, y + h * 0.76, w * 0.34, 5, { fill: '#3a3136', opacity: 0.6 }) +
      rect(x + w * 0.68, y + h * 0.755, w * 0.2, 9, { fill: pick(random, others), opacity: 0.85 })
    return group(
      { transform: `rotate(${n(between(random, -7, 7))} ${n(x + w / 2)} ${n(y + h / 2)})` },
      polygon(
        [[x, y], [x + w, y], ...teeth.toReversed()].map(([px, py]): Point => [px + 7, py + 9]),
        { fill: '#000000', opacity: 0.15 },
      ),
      polygon([[x, y], [x + w, y], ...teeth.toReversed()], { fill: '#fffdf8' }),
      ...words,
      ...code,
      total,
    )
  })
  const petals = range(16).map(() =>
    circle(random.next() * width, random.next() * height, between(random, 8, 60), {
      fill: pick(random, others),
      opacity: 0.35,
    }),
  )
  return rect(0, 0, width, height, { fill: ground }) + petals.join('') + strips.join('')
}

/** Brush and ink, and a red seal. */
export function ink(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [paper = '#f7f4ec', black = '#1f1f1f', grey = '#4b4b4b', pale = '#8a8a86', faint = '#c4bfb2', red = '#b3001b'] =
    colours
  const moon = circle(
    width * between(random, 0.25, 0.75),
    height * between(random, 0.22, 0.4),
    height * between(random, 0.1, 0.17),
    { fill: 'none', stroke: faint, strokeWidth: between(random, 12, 30), opacity: 0.8 },
  )
  const hills = range(random.int(1, 3)).map((index) =>
    path(
      `${curve(range(7).map((step): Point => [(step * width) / 5 - 60, height * (0.74 + index * 0.07) - between(random, 0, 90)]))}L${n(width)} ${n(height)}L0 ${n(height)}Z`,
      { fill: [faint, pale, grey][index] ?? grey, opacity: 0.28 + index * 0.12 },
    ),
  )
  const scene = pick(random, [bamboo, branch, crow])
  const fibres = range(60).map(() =>
    path(curve(range(3).map((): Point => [random.next() * width, random.next() * height])), {
      fill: 'none',
      stroke: faint,
      strokeWidth: 0.5,
      opacity: 0.12,
    }),
  )
  const [sx, sy] = [random.chance(0.5) ? width * 0.08 : width * 0.88, height * 0.84]
  const seal =
    rect(sx, sy, 42, 42, { fill: red, rx: 5 }) +
    group(
      { stroke: paper, strokeWidth: 4, fill: 'none' },
      path(
        `M${n(sx + 11)} ${n(sy + 12)}h20M${n(sx + 21)} ${n(sy + 8)}v26M${n(sx + 11)} ${n(sy + 24)}h20M${n(sx + 11)} ${n(sy + 33)}h20`,
        {},
      ),
    )
  return (
    rect(0, 0, width, height, { fill: paper }) +
    fibres.join('') +
    moon +
    hills.join('') +
    scene(canvas, black, grey) +
    seal
  )
}

export const stroke = (random: Canvas['random'], points: readonly Point[], wide: number, colour: string): string =>
  range(5)
    .map((hair) =>
      path(
        curve(
          points.map(([x, y]): Point => [
            x + between(random, -1, 1) * wide * 0.14,
            y + between(random, -1, 1) * wide * 0.14,
          ]),
        ),
        { fill: 'none', stroke: colour, strokeWidth: wide * (1 - hair * 0.17), strokeLinecap: 'round', opacity: 0.5 },
      ),
    )
    .join('')

const bamboo = ({ width, height, random }: Canvas, black: string, grey: string): string =>
  range(random.int(2, 4))
    .map(() => {
      const x = width * between(random, 0.15, 0.85)
      const lean = between(random, -60, 60)
      const joints = random.int(4, 6)
      const colour = random.chance(0.6) ? black : grey
      const stalk = range(joints).map((joint) => {
        const [from, to] = [height - (joint * height) / joints, height - ((joint + 0.93) * height) / joints]
        const at = (y: number): number => x + lean * ((height - y) / height)
        return stroke(
          random,
          [
            [at(from), from],
            [at((from + to) / 2), (from + to) / 2],
            [at(to), to],
          ],
          24,
          colour,
        )
      })
      const leaves = range(random.int(7, 14)).map(() => {
        const [lx, ly] = [x + lean * 0.6 + between(random, -120, 120), height * between(random, 0.06, 0.6)]
        const angle = between(random, 15, 70) * (random.chance(0.5) ? 1 : -1) + (random.chance(0.5) ? 0 : 180)
        const long = between(random, 50, 130)
        return path(`M0 0Q${n(long * 0.35)} -13 ${n(long)} 0Q${n(long * 0.35)} 13 0 0Z`, {
          fill: colour,
          opacity: between(random, 0.55, 0.95),
          transform: `translate(${n(lx)} ${n(ly)}) rotate(${n(angle)})`,
        })
      })
      return stalk.join('') + leaves.join('')
    })
    .join('')

const branch = ({ width, height, colours, random }: Canvas, black: string): string => {
  const limb: Point[] = range(6).map((step) => [
    -20 + step * width * 0.17,
    height * (0.75 - step * 0.1) + between(random, -36, 36),
  ])
  const twigs = limb.slice(1).map(([x, y]) =>
    stroke(
      random,
      [
        [x, y],
        [x + between(random, 20, 70), y - between(random, 50, 120)],
        [x + between(random, 50, 130), y - between(random, 110, 210)],
      ],
      9,
      black,
    ),
  )
  const blossoms = range(random.int(14, 30)).map(() => {
    const [x, y] = pick(random, limb)
    const [bx, by] = [x + between(random, -20, 130), y - between(random, -10, 190)]
    return (
      range(5)
        .map((petal) =>
          circle(bx + Math.cos(petal * 1.257) * 9, by + Math.sin(petal * 1.257) * 9, 8, {
            fill: colours.at(-1),
            opacity: 0.62,
          }),
        )
        .join('') + circle(bx, by, 3, { fill: black })
    )
  })
  return stroke(random, limb, 30, black) + twigs.join('') + blossoms.join('')
}

const crow = ({ width, height, random }: Canvas, black: string, grey: string): string => {
  const [x, y, size] = [
    width * between(random, 0.4, 0.6),
    height * between(random, 0.42, 0.55),
    height * between(random, 0.14, 0.2),
  ]
  const body = path(
    `M${n(x - size * 1.5)} ${n(y + size * 0.7)}Q${n(x - size * 0.4)} ${n(y - size * 0.5)} ${n(x + size * 0.5)} ${n(y - size * 0.6)}Q${n(x + size)} ${n(y - size * 0.7)} ${n(x + size * 0.95)} ${n(y - size * 0.2)}Q${n(x + size * 0.8)} ${n(y + size * 0.7)} ${n(x - size * 0.2)} ${n(y + size * 0.72)}Q${n(x - size * 0.8)} ${n(y + size * 0.7)} ${n(x - size * 1.5)} ${n(y + size * 0.7)}Z`,
    { fill: black },
  )
  const beak = polygon(
    [
      [x + size * 0.9, y - size * 0.5],
      [x + size * 1.45, y - size * 0.3],
      [x + size * 0.92, y - size * 0.2],
    ],
    { fill: grey },
  )
  const limb = stroke(
    random,
    [
      [-20, y + size * 1.2],
      [width * 0.4, y + size * 0.95],
      [width * 0.75, y + size * 1.1],
      [width + 20, y + size * 0.7],
    ],
    22,
    grey,
  )
  return limb + body + beak + circle(x + size * 0.7, y - size * 0.42, size * 0.06, { fill: '#f7f4ec' })
}
