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
  ground,
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

// What is laid out in pieces: tiles, glass, blocks, grids.

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
