import {
  between,
  blob,
  brightness,
  byBrightness,
  circle,
  curve,
  el,
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

// What lies on a table or hangs on a wall: paper, ink, jars, cables, pixels.

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

const stroke = (random: Canvas['random'], points: readonly Point[], wide: number, colour: string): string =>
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

/** Staves that swing, with notes on them. */
export function score(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [paper = '#ffffff', ...others] = colours
  const dark = byBrightness(others)[0] ?? '#000000'
  const staves = range(random.int(2, 4)).map((stave, _place, all) => {
    const base = height * ((stave + 0.5) / all.length)
    const swing = between(random, 18, 60)
    const at = (x: number): number => base + Math.sin(x / between(random, 170, 171) + stave * 2) * swing
    const wave = (offset: number): string =>
      path(curve(range(16).map((step): Point => [(step * width) / 15, at((step * width) / 15) + offset])), {
        fill: 'none',
        stroke: dark,
        strokeWidth: 2,
        opacity: 0.6,
      })
    const notes = range(random.int(8, 14)).map((index, _same, list) => {
      const x = width * ((index + 0.7) / (list.length + 0.6))
      const y = at(x) + random.int(-4, 4) * 8
      const colour = pick(random, others.slice(0, 3))
      const flag = random.chance(0.4)
        ? path(`M${n(x + 13)} ${n(y - 62)}q22 12 16 36`, { fill: 'none', stroke: dark, strokeWidth: 5 })
        : ''
      return (
        el('line', { x1: x + 12, y1: y - 4, x2: x + 12, y2: y - 62, stroke: dark, strokeWidth: 4 }) +
        flag +
        el('ellipse', { cx: x, cy: y, rx: 15, ry: 11, fill: colour, transform: `rotate(-22 ${n(x)} ${n(y)})` })
      )
    })
    return (
      range(5)
        .map((line) => wave((line - 2) * 16))
        .join('') + notes.join('')
    )
  })
  const spots = range(7).map(() =>
    circle(random.next() * width, random.next() * height, between(random, 40, 130), {
      fill: pick(random, others),
      opacity: 0.26,
    }),
  )
  return rect(0, 0, width, height, { fill: paper }) + spots.join('') + staves.join('')
}

/** Modules with knobs and lamps, and the cables between them. */
export function patch(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [rack = '#120136', ...others] = colours
  const panels: string[] = []
  const jacks: Point[] = []
  for (let x = 8; x < width - 60;) {
    const wide = Math.min(between(random, 90, 190), width - x - 8)
    const face = mix(rack, pick(random, [...others.slice(0, 2), '#e8e8ea']), between(random, 0.2, 0.75))
    panels.push(rect(x, 26, wide - 6, height - 52, { fill: face, rx: 5 }))
    const columns = Math.max(1, Math.floor(wide / 62))
    for (let row = 0; row < 6; row += 1)
      for (let column = 0; column < columns; column += 1) {
        const [cx, cy] = [x + (wide * (column + 0.5)) / columns - 3, 74 + row * ((height - 130) / 5.4)]
        if (row < 3) panels.push(knob(canvas, cx, cy, random.chance(0.3) ? 24 : 17))
        else if (random.chance(0.25))
          panels.push(
            circle(cx, cy, 7, { fill: pick(random, others) }) +
              circle(cx, cy, 15, { fill: pick(random, others), opacity: 0.25 }),
          )
        else {
          jacks.push([cx, cy])
          panels.push(circle(cx, cy, 14, { fill: '#b8bcc4' }), circle(cx, cy, 8, { fill: '#0a0a10' }))
        }
      }
    x += wide
  }
  const cables = range(random.int(6, 12)).map(() => {
    const [[ax, ay], [bx, by]] = [pick(random, jacks), pick(random, jacks)]
    const colour = pick(random, others)
    const line = `M${n(ax)} ${n(ay)}C${n(ax)} ${n(ay + 150)} ${n(bx)} ${n(by + 170)} ${n(bx)} ${n(by)}`
    return (
      path(line, { fill: 'none', stroke: '#000000', strokeWidth: 12, opacity: 0.25, transform: 'translate(4 7)' }) +
      path(line, { fill: 'none', stroke: colour, strokeWidth: 10, strokeLinecap: 'round' }) +
      path(line, { fill: 'none', stroke: shade(colour, 0.45), strokeWidth: 3, strokeLinecap: 'round' }) +
      circle(ax, ay, 12, { fill: shade(colour, -0.3) }) +
      circle(bx, by, 12, { fill: shade(colour, -0.3) })
    )
  })
  return rect(0, 0, width, height, { fill: shade(rack, -0.4) }) + panels.join('') + cables.join('')
}

const knob = ({ random }: Canvas, x: number, y: number, r: number): string => {
  const angle = between(random, -2.3, 2.3) - Math.PI / 2
  return (
    circle(x, y + 3, r + 2, { fill: '#000000', opacity: 0.35 }) +
    circle(x, y, r, { fill: '#23232e' }) +
    circle(x, y, r * 0.68, { fill: '#3a3a48' }) +
    el('line', {
      x1: x,
      y1: y,
      x2: x + Math.cos(angle) * r,
      y2: y + Math.sin(angle) * r,
      stroke: '#ffffff',
      strokeWidth: 3.4,
      strokeLinecap: 'round',
    })
  )
}

/** A small world of squares. */
export function pixels({ width, height, colours, random }: Canvas): string {
  const size = 16
  const [columns, rows] = [Math.ceil(width / size), Math.ceil(height / size)]
  const [air = '#8ecae6', deep = '#219ebc', grass = '#80b918', dark = '#386641', roof = '#f4a261', gold = '#ffb703'] =
    colours
  const cells: string[] = []
  const put = (x: number, y: number, fill: string, w = 1, h = 1): void => {
    cells.push(rect(x * size, y * size, w * size + 0.6, h * size + 0.6, { fill }))
  }
  const season = pick(random, [grass, grass, gold, '#f1f5f2'])
  const horizon = Math.floor(rows * between(random, 0.42, 0.55))
  for (let y = 0; y < horizon; y += 1) put(0, y, mix(deep, air, y / horizon), columns, 1)
  const sunX = random.int(4, columns - 8)
  put(sunX, 3, '#fff3c4', 4, 4)
  put(sunX + 1, 2, '#fff3c4', 2, 6)
  put(sunX - 1, 4, '#fff3c4', 6, 2)
  for (let cloud = 0; cloud < random.int(2, 5); cloud += 1) {
    const [x, y, w] = [random.int(0, columns - 8), random.int(1, horizon - 6), random.int(4, 9)]
    put(x, y, '#ffffff', w, 1)
    put(x + 1, y - 1, '#ffffff', Math.max(1, w - 3), 1)
  }
  let hill = random.int(2, 5)
  for (let x = 0; x < columns; x += 1) {
    hill = Math.min(8, Math.max(1, hill + random.int(-1, 1)))
    put(x, horizon - hill, mix(dark, air, 0.45), 1, hill)
  }
  for (let y = horizon; y < rows; y += 1)
    for (let x = 0; x < columns; x += 1) put(x, y, shade(season, ((x * 7 + y * 13) % 5) * 0.02 - 0.04))
  const field = {
    x: random.int(2, Math.floor(columns / 3)),
    y: horizon + random.int(4, 7),
    w: random.int(14, 22),
    h: random.int(7, 10),
  }
  for (let y = 0; y < field.h; y += 1) {
    put(field.x, field.y + y, y % 2 === 0 ? '#7a4a2a' : '#8d5a35', field.w, 1)
    if (y % 2 === 0)
      for (let x = 1; x < field.w - 1; x += 2)
        if (random.chance(0.85)) put(field.x + x, field.y + y, pick(random, [dark, grass, gold]))
  }
  const house = { x: random.int(Math.floor(columns * 0.55), columns - 14), y: horizon + random.int(0, 3) }
  put(house.x, house.y, '#f6e7cf', 10, 7)
  for (let step = 0; step < 5; step += 1) put(house.x - 1 + step, house.y - 1 - step, roof, 12 - step * 2, 1)
  put(house.x + 4, house.y + 3, '#6b3f22', 2, 4)
  put(house.x + 1, house.y + 2, gold, 2, 2)
  put(house.x + 7, house.y + 2, gold, 2, 2)
  for (let tree = 0; tree < random.int(3, 7); tree += 1) {
    const [x, y] = [random.int(0, columns - 4), horizon + random.int(-1, 3)]
    put(x + 1, y, '#6b3f22', 1, 3)
    put(x, y - 3, dark, 3, 3)
    put(x + 1, y - 4, shade(dark, 0.2), 1, 1)
  }
  const pond = { x: random.int(3, columns - 14), y: rows - random.int(5, 8) }
  put(pond.x, pond.y, deep, 12, 3)
  put(pond.x + 1, pond.y - 1, deep, 10, 5)
  for (let ripple = 0; ripple < 5; ripple += 1) put(pond.x + random.int(1, 9), pond.y + random.int(0, 2), air, 2, 1)
  const goose = [pond.x + 13, pond.y] as const
  put(goose[0], goose[1], '#ffffff', 3, 2)
  put(goose[0] + 2, goose[1] - 2, '#ffffff', 1, 2)
  put(goose[0] + 3, goose[1] - 2, roof)
  return cells.join('')
}

/** Beings of few pixels on the screen of an old computer. */
export function sprites({ width, height, colours, random }: Canvas): string {
  const [screen = '#0d1f12', , , ...lit] = colours
  const across = random.int(3, 6)
  const cell = width / across
  const beings: string[] = []
  for (let row = 0; (row + 0.6) * cell < height; row += 1)
    for (let column = 0; column < across; column += 1) {
      const colour = pick(random, lit)
      const pixel = cell / 15
      for (let y = 0; y < 10; y += 1)
        for (let x = 0; x < 5; x += 1)
          if (random.chance(0.3 + 0.4 * Math.sin(((y + 1) / 11) * Math.PI) - x * 0.045 + 0.1)) {
            const top = row * cell + cell * 0.16 + y * pixel
            beings.push(
              rect(column * cell + cell / 2 + x * pixel, top, pixel + 0.4, pixel + 0.4, { fill: colour }),
              rect(column * cell + cell / 2 - (x + 1) * pixel, top, pixel + 0.4, pixel + 0.4, { fill: colour }),
            )
          }
    }
  const scan = range(height / 6).map((line) => rect(0, line * 6, width, 2.4, { fill: '#000000', opacity: 0.3 }))
  const frame =
    rect(0, 0, width, height, { fill: 'none', stroke: '#d9cfb4', strokeWidth: 46, rx: 0 }) +
    rect(20, 20, width - 40, height - 40, { fill: 'none', stroke: '#8f866c', strokeWidth: 6, rx: 26 })
  const cursor = rect(width * 0.08, height * 0.88, 22, 26, { fill: lit.at(-1) })
  return (
    rect(0, 0, width, height, { fill: brightness(screen) < 0.3 ? screen : '#0d1f12' }) +
    beings.join('') +
    cursor +
    scan.join('') +
    frame
  )
}
