import {
  along,
  between,
  blob,
  brightness,
  byBrightness,
  circle,
  curve,
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
} from './paint.js'
import type { Canvas, Point } from './paint.js'

// Patterns: what is woven, laid, folded, cut out or grown.

const ground = ({ width, height, colours }: Canvas): string => rect(0, 0, width, height, { fill: colours[0] })

export function weave(canvas: Canvas): string {
  return brightness(canvas.colours[0] ?? '#ffffff') < 0.5 ? knit(canvas) : tartan(canvas)
}

/** Cables between columns of plain stitches. */
function knit(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const yarn = pick(random, colours.slice(1, 4))
  const size = between(random, 17, 24)
  const stitches: string[] = []
  for (let row = -1; row * size * 0.8 < height + size; row += 1)
    for (let column = 0; column * size < width + size; column += 1) {
      const [x, y] = [column * size, row * size * 0.8]
      stitches.push(`M${n(x)} ${n(y)}L${n(x + size / 2)} ${n(y + size * 0.55)}L${n(x + size)} ${n(y)}`)
    }
  const fabric =
    rect(0, 0, width, height, { fill: shade(yarn, -0.28) }) +
    path(stitches.join(''), {
      fill: 'none',
      stroke: yarn,
      strokeWidth: size * 0.36,
      strokeLinecap: 'round',
      strokeLinejoin: 'round',
    })
  const count = random.int(3, 5)
  const cables = range(count).map((index) =>
    cable(canvas, {
      x: ((index + 0.5) * width) / count,
      wide: between(random, 34, 54),
      turn: between(random, 90, 150),
      yarn: index % 2 === 0 ? shade(yarn, 0.12) : (colours[4] ?? yarn),
    }),
  )
  return fabric + cables.join('') + (random.chance(0.6) ? needle(canvas) : '')
}

function cable(
  { height }: Canvas,
  { x, wide, turn, yarn }: { x: number; wide: number; turn: number; yarn: string },
): string {
  const at = (y: number, sign: number): Point => [x + Math.sin((y / turn) * Math.PI) * wide * sign, y]
  const half = (from: number, sign: number): string => {
    const line = curve(range(9).map((step) => at(from + (step / 8) * turn, sign)))
    return (
      path(line, { fill: 'none', stroke: shade(yarn, -0.5), strokeWidth: wide * 0.74, strokeLinecap: 'round' }) +
      path(line, { fill: 'none', stroke: yarn, strokeWidth: wide * 0.6, strokeLinecap: 'round' }) +
      path(line, {
        fill: 'none',
        stroke: shade(yarn, 0.3),
        strokeWidth: wide * 0.12,
        strokeDasharray: '9 7',
        strokeLinecap: 'round',
      })
    )
  }
  const parts: string[] = []
  for (let y = -turn / 2, index = 0; y < height; y += turn, index += 1)
    parts.push(half(y, index % 2 === 0 ? -1 : 1), half(y, index % 2 === 0 ? 1 : -1))
  return parts.join('')
}

const needle = ({ width, height, colours, random }: Canvas): string => {
  const y = height * between(random, 0.1, 0.3)
  const drop = between(random, 40, 160)
  return (
    el('line', { x1: -20, y1: y, x2: width * 0.86, y2: y + drop, stroke: '#00000055', strokeWidth: 18 }) +
    el('line', {
      x1: -20,
      y1: y - 6,
      x2: width * 0.86,
      y2: y + drop - 6,
      stroke: colours.at(-1),
      strokeWidth: 13,
      strokeLinecap: 'round',
    }) +
    circle(width * 0.86, y + drop - 6, 15, { fill: shade(colours.at(-1) ?? '#e9c46a', -0.25) })
  )
}

function tartan({ width, height, colours, random }: Canvas): string {
  const [base = '#ffffff', ...others] = colours
  const sett = range(random.int(6, 9)).map(() => ({ wide: between(random, 8, 74), colour: pick(random, others) }))
  const bands = (isAcross: boolean): string => {
    const parts: string[] = []
    const most = isAcross ? height : width
    for (let at = 0, index = 0; at < most; index += 1) {
      const { wide, colour } = sett[index % sett.length] ?? { wide: 20, colour: base }
      parts.push(
        isAcross
          ? rect(0, at, width, wide, { fill: colour, opacity: 0.6 })
          : rect(at, 0, wide, height, { fill: colour, opacity: 0.55 }),
      )
      at += wide + between(random, 10, 46)
    }
    return parts.join('')
  }
  const twill = `<defs><pattern id="twill" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M0 6L6 0" stroke="#ffffff" stroke-width="1.6" opacity="0.35"/></pattern></defs>`
  const pocket = ((): string => {
    const [x, y, w] = [
      width * between(random, 0.3, 0.5),
      height * between(random, 0.3, 0.45),
      width * between(random, 0.22, 0.3),
    ]
    const shape = `M${n(x)} ${n(y)}h${n(w)}v${n(w * 0.8)}l${n(-w / 2)} ${n(w * 0.3)}l${n(-w / 2)} ${n(-w * 0.3)}Z`
    const cloth = pick(random, others)
    return (
      path(shape, { fill: '#000000', opacity: 0.2, transform: 'translate(7 9)' }) +
      path(shape, { fill: cloth }) +
      path(shape, {
        fill: 'none',
        stroke: shade(cloth, 0.6),
        strokeWidth: 3,
        strokeDasharray: '11 8',
        transform: `translate(${n(x * 0.06)} ${n(y * 0.06)}) scale(0.94)`,
      }) +
      circle(x + w / 2, y + w * 0.3, w * 0.07, { fill: shade(cloth, 0.5) })
    )
  })()
  const turn = between(random, -14, 14)
  return (
    rect(0, 0, width, height, { fill: base }) +
    twill +
    group(
      {
        transform: `rotate(${n(turn)} ${n(width / 2)} ${n(height / 2)}) translate(${n(-width * 0.2)} ${n(-height * 0.2)}) scale(1.45)`,
      },
      bands(false),
      bands(true),
    ) +
    rect(0, 0, width, height, { fill: 'url(#twill)' }) +
    (random.chance(0.7) ? pocket : '')
  )
}

export function tiles(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [base = '#ffffff', ...others] = colours
  const across = random.int(4, 7)
  const size = width / across
  const kinds = range(2).map(() => tile(canvas, size, others))
  const laid: string[] = []
  const isWild = random.chance(0.3)
  for (let row = 0; row * size < height; row += 1)
    for (let column = 0; column < across; column += 1) {
      const kind = kinds[isWild ? random.int(0, 1) : (row + column) % 2] ?? ''
      const turn = isWild || random.chance(0.05) ? random.int(0, 3) * 90 : (row % 2) * 90 + (column % 2) * 270
      laid.push(
        group(
          {
            transform: `translate(${n(column * size)} ${n(row * size)}) rotate(${n(turn)} ${n(size / 2)} ${n(size / 2)})`,
          },
          kind,
        ),
      )
    }
  const joints = [
    ...range(across + 1).map((index) => el('line', { x1: index * size, y1: 0, x2: index * size, y2: height })),
    ...range(height / size + 1).map((index) => el('line', { x1: 0, y1: index * size, x2: width, y2: index * size })),
  ]
  return (
    rect(0, 0, width, height, { fill: base }) +
    laid.join('') +
    group({ stroke: shade(base, -0.22), strokeWidth: 4 }, ...joints)
  )
}

function tile({ colours, random }: Canvas, size: number, others: readonly string[]): string {
  const [back, petal, line, dot] = [
    mix(colours[0] ?? '#ffffff', pick(random, others), random.chance(0.5) ? 0.1 : 0.85),
    pick(random, others),
    pick(random, others),
    pick(random, others),
  ]
  const half = size / 2
  const corner = (r: number, colour: string): string =>
    path(`M0 0H${n(r)}A${n(r)} ${n(r)} 0 0 1 0 ${n(r)}Z`, { fill: colour })
  const inner = between(random, 0.28, 0.44)
  const quarter = [
    corner(size * inner, petal),
    corner(size * inner * 0.68, shade(back, 0.4)),
    corner(size * inner * 0.38, line),
    path(
      `M${n(half)} ${n(half)}Q${n(half * 0.25)} ${n(half * 0.9)} ${n(half * 0.2)} ${n(half * 0.2)}Q${n(half * 0.9)} ${n(half * 0.25)} ${n(half)} ${n(half)}Z`,
      { fill: random.chance(0.5) ? line : petal, opacity: 0.9 },
    ),
  ].join('')
  const whole = range(4)
    .map((turn) => group({ transform: `rotate(${String(turn * 90)} ${n(half)} ${n(half)})` }, quarter))
    .join('')
  const band = random.chance(0.5)
    ? path(
        `M0 ${n(half)}A${n(half)} ${n(half)} 0 0 0 ${n(half)} 0M${n(size)} ${n(half)}A${n(half)} ${n(half)} 0 0 0 ${n(half)} ${n(size)}`,
        { fill: 'none', stroke: dot, strokeWidth: size * 0.09 },
      )
    : ''
  return (
    rect(0, 0, size, size, { fill: back }) +
    band +
    whole +
    circle(half, half, size * 0.09, { fill: dot }) +
    circle(half, half, size * 0.045, { fill: shade(back, 0.5) })
  )
}

export function crossword({ width, height, colours, random }: Canvas): string {
  const [paper = '#ffffff', ink = '#111111', accent = '#f6c90e', pale = '#eeeeee'] = colours
  const cells = random.int(7, 13)
  const size = (Math.min(width, height) * 0.84) / cells
  const [left, top] = [(width - size * cells) / 2, (height - size * cells) / 2]
  const black = new Set<number>()
  for (let index = 0; index < (cells * cells) / 2; index += 1)
    if (random.chance(0.17)) black.add(index).add(cells * cells - 1 - index)
  const row = random.int(1, cells - 2)
  const grid = range(cells * cells).map((index) => {
    const [x, y] = [left + (index % cells) * size, top + Math.floor(index / cells) * size]
    const isLit = Math.floor(index / cells) === row && !black.has(index)
    const cell = rect(x, y, size, size, {
      fill: black.has(index) ? ink : isLit ? accent : shade(paper, 0.6),
      stroke: ink,
      strokeWidth: 2,
    })
    const startsHere = !black.has(index) && (index % cells === 0 || black.has(index - 1))
    const mark = startsHere ? rect(x + size * 0.1, y + size * 0.1, size * 0.14, size * 0.05, { fill: ink }) : ''
    const letter =
      !black.has(index) && random.chance(isLit ? 0.9 : 0.28)
        ? scribble(random, x + size / 2, y + size * 0.58, size * 0.26, colours.at(-1) ?? ink)
        : ''
    return cell + mark + letter
  })
  const stain = path(
    blob(random, [width * between(random, 0.1, 0.9), height * between(random, 0.75, 0.95)], 60, 0.06, 14),
    { fill: 'none', stroke: '#a9744f', strokeWidth: 9, opacity: 0.35 },
  )
  return (
    rect(0, 0, width, height, { fill: pale }) +
    rect(left - size * 0.4, top - size * 0.4, size * (cells + 0.8), size * (cells + 0.8), {
      fill: paper,
      transform: `rotate(${n(between(random, -1.5, 1.5))} ${n(width / 2)} ${n(height / 2)})`,
    }) +
    grid.join('') +
    stain
  )
}

/** What could be a letter. */
function scribble(random: Canvas['random'], x: number, y: number, size: number, colour: string): string {
  const points = range(random.int(3, 5)).map((): Point => [
    x + between(random, -0.8, 0.8) * size,
    y + between(random, -1, 1) * size,
  ])
  return path(curve(points), { fill: 'none', stroke: colour, strokeWidth: size * 0.24, strokeLinecap: 'round' })
}

export function quilt({ width, height, colours, random }: Canvas): string {
  const [, ...cloths] = colours
  const across = random.int(3, 5)
  const size = width / across
  const design = range(16).map(() => ({
    cloth: pick(random, cloths),
    other: pick(random, colours),
    isTurned: random.chance(0.5),
  }))
  const isStar = random.chance(0.6)
  const block = (column: number, row: number): string => {
    const unit = size / 4
    return range(16)
      .map((index) => {
        const [x, y] = [column * size + (index % 4) * unit, row * size + Math.floor(index / 4) * unit]
        // what is mirrored within a block makes a star of it
        const [u, v] = [
          index % 4 < 2 ? index % 4 : 3 - (index % 4),
          index < 8 ? Math.floor(index / 4) : 3 - Math.floor(index / 4),
        ]
        const { cloth, other, isTurned } = design[isStar ? u + v * 2 : (index + row * 3 + column * 5) % 16] ?? {
          cloth: '#ffffff',
          other: '#000000',
          isTurned: false,
        }
        const flip = isStar ? index % 4 < 2 === index < 8 : isTurned
        const corners: readonly Point[] = flip
          ? [
              [x, y],
              [x + unit, y],
              [x, y + unit],
            ]
          : [
              [x, y],
              [x + unit, y],
              [x + unit, y + unit],
            ]
        return rect(x, y, unit + 0.5, unit + 0.5, { fill: other }) + polygon(corners, { fill: cloth })
      })
      .join('')
  }
  const blocks = range(Math.ceil(height / size)).flatMap((row) => range(across).map((column) => block(column, row)))
  const stitches = range(Math.ceil((width + height) / 44)).map((index) =>
    el('line', { x1: index * 44, y1: 0, x2: index * 44 - height, y2: height }),
  )
  const seams = group(
    { stroke: '#000000', strokeWidth: 1.2, opacity: 0.2 },
    ...range(across * 4).map((index) =>
      el('line', { x1: (index * size) / 4, y1: 0, x2: (index * size) / 4, y2: height }),
    ),
    ...range((height / size) * 4 + 1).map((index) =>
      el('line', { x1: 0, y1: (index * size) / 4, x2: width, y2: (index * size) / 4 }),
    ),
  )
  return (
    blocks.join('') +
    seams +
    group({ stroke: '#ffffff', strokeWidth: 2, strokeDasharray: '7 6', opacity: 0.5 }, ...stitches)
  )
}

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

export function terrazzo(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const others = colours.slice(1)
  const shards = range(random.int(170, 260)).map(() => {
    const [x, y, r] = [random.next() * width, random.next() * height, 6 + random.next() ** 2.4 * 74]
    const corners = random.int(4, 7)
    const turn = random.next() * 6
    const points = range(corners).map((corner): Point => {
      const angle = turn + ((corner + random.next() * 0.6) / corners) * Math.PI * 2
      const far = r * between(random, 0.6, 1)
      return [x + Math.cos(angle) * far, y + Math.sin(angle) * far]
    })
    const colour = pick(random, others)
    return (
      polygon(points, { fill: colour, stroke: shade(colour, -0.15), strokeWidth: 1.5, strokeLinejoin: 'round' }) +
      (r > 34
        ? polygon(
            points.map(([px, py]): Point => [x + (px - x) * 0.5 - r * 0.1, y + (py - y) * 0.5 - r * 0.1]),
            { fill: shade(colour, 0.18), opacity: 0.8 },
          )
        : '')
    )
  })
  const dust = range(260).map(() =>
    circle(random.next() * width, random.next() * height, between(random, 1, 3), {
      fill: pick(random, others),
      opacity: 0.8,
    }),
  )
  const isDark = brightness(colours[0] ?? '#ffffff') < 0.4
  const sparks = isDark
    ? range(26).map(() => spark(random.next() * width, random.next() * height, between(random, 8, 26)))
    : []
  return ground(canvas) + dust.join('') + shards.join('') + sparks.join('')
}

const spark = (x: number, y: number, size: number): string =>
  path(
    `M${n(x)} ${n(y - size)}Q${n(x)} ${n(y)} ${n(x + size)} ${n(y)}Q${n(x)} ${n(y)} ${n(x)} ${n(y + size)}Q${n(x)} ${n(y)} ${n(x - size)} ${n(y)}Q${n(x)} ${n(y)} ${n(x)} ${n(y - size)}Z`,
    { fill: '#ffffff', opacity: 0.9 },
  )

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

export function glass(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [lead = '#101820', ...others] = colours
  const sites = range(random.int(80, 130)).map((): Point => [random.next() * width, random.next() * height])
  const [sx, sy, r] = [
    width * between(random, 0.25, 0.75),
    height * between(random, 0.2, 0.45),
    height * between(random, 0.13, 0.24),
  ]
  const horizon = height * between(random, 0.5, 0.72)
  const noise = noiseOf(random)
  const sorted = byBrightness(others)
  const cells = sites.map((site) => {
    const [x, y] = site
    const wave = horizon + (noise(x / 130, 3) - 0.5) * 130
    const isSun = Math.hypot(x - sx, y - sy) < r
    const place = isSun ? 1 : y > wave ? 0.05 + 0.3 * random.next() : 0.4 + 0.35 * noise(x / 220 + 9, y / 220)
    const colour = shade(along(sorted, place), between(random, -0.12, 0.14))
    return polygon(cellOf(site, sites, width, height), {
      fill: colour,
      stroke: lead,
      strokeWidth: 5,
      strokeLinejoin: 'round',
    })
  })
  return (
    rect(0, 0, width, height, { fill: lead }) +
    cells.join('') +
    `<defs>${glow('light', '#ffffff')}</defs>${circle(sx, sy, r * 3.4, { fill: 'url(#light)', opacity: 0.35 })}`
  )
}

/** All that is nearer to a site than to any other. */
function cellOf(site: Point, sites: readonly Point[], width: number, height: number): Point[] {
  let cell: Point[] = [
    [0, 0],
    [width, 0],
    [width, height],
    [0, height],
  ]
  for (const other of sites) {
    if (other === site) continue
    const [mx, my] = [(site[0] + other[0]) / 2, (site[1] + other[1]) / 2]
    const [dx, dy] = [other[0] - site[0], other[1] - site[1]]
    const side = ([x, y]: Point): number => (x - mx) * dx + (y - my) * dy
    const kept: Point[] = []
    for (const [index, point] of cell.entries()) {
      const next = cell[(index + 1) % cell.length] ?? point
      const [a, b] = [side(point), side(next)]
      if (a <= 0) kept.push(point)
      if (a <= 0 !== b <= 0)
        kept.push([point[0] + ((next[0] - point[0]) * a) / (a - b), point[1] + ((next[1] - point[1]) * a) / (a - b)])
    }
    cell = kept
  }
  return cell
}

export function blocks(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const others = colours.slice(1)
  const size = width / random.int(9, 13)
  const [dx, dy] = [size * 0.87, size * 0.5]
  const noise = layered(noiseOf(random), 2)
  const cubes: string[] = []
  const columns = Math.ceil(width / dx) + 2
  for (let row = -2; row * dy < height + size * 6; row += 1)
    for (let column = -1; column < columns; column += 2) {
      const x = (column + (row & 1)) * dx
      const up = Math.floor(Math.max(0, noise((x / width) * 4, row / 7) - 0.2) * 9)
      const y = row * dy - up * size * 0.5
      const colour = random.chance(0.3) ? pick(random, others) : along(others, up / 5)
      const side = size * (1 + up * 0.5)
      cubes.push(
        polygon(
          [
            [x, y],
            [x + dx, y + dy],
            [x, y + dy * 2],
            [x - dx, y + dy],
          ],
          { fill: shade(colour, 0.22) },
        ),
        polygon(
          [
            [x - dx, y + dy],
            [x, y + dy * 2],
            [x, y + dy * 2 + side],
            [x - dx, y + dy + side],
          ],
          { fill: colour },
        ),
        polygon(
          [
            [x + dx, y + dy],
            [x, y + dy * 2],
            [x, y + dy * 2 + side],
            [x + dx, y + dy + side],
          ],
          { fill: shade(colour, -0.28) },
        ),
      )
    }
  return ground(canvas) + cubes.join('')
}

export function ribbons(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const others = colours.slice(1)
  const isDark = brightness(colours[0] ?? '#ffffff') < 0.4
  const sweeps = range(random.int(3, 5)).map((index) => {
    const strands = random.int(16, 26)
    const [from, to] = [pick(random, others), pick(random, others)]
    const spine = range(5).map((step): Point => [
      -80 + (step * (width + 160)) / 4,
      height * between(random, 0.05, 0.95),
    ])
    const fan = spine.map(() => between(random, 3, 17))
    return group(
      { fill: 'none', strokeLinecap: 'round', opacity: 0.94 },
      ...range(strands).map((strand) => {
        const line = curve(
          spine.map(([x, y], step): Point => [
            x + Math.sin(step + index) * strand * 3,
            y + (strand - strands / 2) * (fan[step] ?? 8),
          ]),
        )
        const light = 0.5 + 0.5 * Math.sin((strand / strands) * Math.PI * 2.4 + index)
        return path(line, { stroke: shade(mix(from, to, strand / strands), light * 0.5 - 0.3), strokeWidth: 19 })
      }),
    )
  })
  const back = `<defs>${gradient('back', [shade(colours[0] ?? '#ffffff', isDark ? -0.3 : 0.2), mix(colours[0] ?? '#ffffff', others[0] ?? '#000000', isDark ? 0.5 : 0.2)])}</defs>${rect(0, 0, width, height, { fill: 'url(#back)' })}`
  return back + sweeps.join('')
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

export function wheels(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [, , steel = '#3a506b', bright = '#5bc0be', pale = '#f2f3f4'] = colours
  const paint = pick(random, ['#ff9f1c', '#d7263d', '#5bc0be', '#e9d8a6', '#7fb069', '#b56576'])
  const zoom = random.chance(0.5) ? between(random, 1.5, 2.1) : 1
  const r = height * between(random, 0.24, 0.3)
  const y = height * between(random, 0.6, 0.66)
  const [back, front] = [width * between(random, 0.22, 0.28), width * between(random, 0.72, 0.78)]
  const wheel = (x: number): string => {
    const spokes = range(28).map((spoke) => {
      const angle = (spoke / 28) * Math.PI * 2
      return el('line', {
        x1: x + Math.cos(angle + 0.25) * 9,
        y1: y + Math.sin(angle + 0.25) * 9,
        x2: x + Math.cos(angle) * r * 0.94,
        y2: y + Math.sin(angle) * r * 0.94,
      })
    })
    return (
      circle(x, y, r, { fill: 'none', stroke: '#05080f', strokeWidth: 15 }) +
      circle(x, y, r * 0.93, { fill: 'none', stroke: pale, strokeWidth: 5 }) +
      group({ stroke: mix(steel, pale, 0.6), strokeWidth: 1.6 }, ...spokes) +
      circle(x, y, 13, { fill: bright })
    )
  }
  const [seat, bottom, head]: readonly Point[] = [
    [back + (front - back) * 0.3, y - r * 1.45],
    [back + (front - back) * 0.42, y + 8],
    [front - r * 0.5, y - r * 1.35],
  ] as const
  const tube = (from: Point, to: Point, wide = 15): string =>
    el('line', {
      x1: from[0],
      y1: from[1],
      x2: to[0],
      y2: to[1],
      stroke: paint,
      strokeWidth: wide,
      strokeLinecap: 'round',
    })
  const at = (point: Point | undefined): Point => point ?? [0, 0]
  const frame = [
    tube(at(seat), at(bottom)),
    tube(at(bottom), at(head)),
    tube(at(seat), at(head)),
    tube(at(bottom), [back, y], 10),
    tube(at(seat), [back, y], 9),
    tube(at(head), [front, y], 12),
  ]
  const bar = path(`M${n(at(head)[0] - 6)} ${n(at(head)[1])}l8 -44q46 -12 50 26`, {
    fill: 'none',
    stroke: pale,
    strokeWidth: 10,
    strokeLinecap: 'round',
  })
  const saddle =
    path(`M${n(at(seat)[0] - 44)} ${n(at(seat)[1] - 34)}q40 -20 92 6l-38 8z`, { fill: '#3b2418' }) +
    el('line', {
      x1: at(seat)[0],
      y1: at(seat)[1],
      x2: at(seat)[0] - 8,
      y2: at(seat)[1] - 28,
      stroke: pale,
      strokeWidth: 8,
    })
  const chain = circle(at(bottom)[0], at(bottom)[1], 30, {
    fill: 'none',
    stroke: bright,
    strokeWidth: 8,
    strokeDasharray: '5 4',
  })
  const wall = `<defs>${gradient('wall', [colours[0] ?? '#0b132b', colours[1] ?? '#1c2541'])}</defs>${rect(0, 0, width, height, { fill: random.chance(0.5) ? 'url(#wall)' : mix(paint, '#ffffff', 0.75) })}${range(
    7,
  )
    .map(() =>
      circle(random.next() * width, random.next() * height * 0.7, between(random, 30, 150), {
        fill: 'none',
        stroke: bright,
        strokeWidth: 2,
        opacity: 0.14,
      }),
    )
    .join('')}`
  const floor = rect(0, y + r + 4, width, height, { fill: shade(steel, -0.3) })
  const [cx, cy] = pick(random, [at(bottom), at(head), [back, y] as const])
  const whole = [wheel(back), wheel(front), ...frame, bar, saddle, chain]
  return (
    wall +
    (zoom === 1 ? floor : '') +
    (zoom === 1
      ? whole.join('')
      : group(
          { transform: `translate(${n(width / 2 - cx * zoom)} ${n(height / 2 - cy * zoom)}) scale(${n(zoom)})` },
          ...whole,
        ))
  )
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
