import {
  between,
  blob,
  byBrightness,
  circle,
  curve,
  el,
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
import { ring } from './shops.js'
import type { Piece } from './shops.js'

// What is made by hand, and what is said and measured.

/** Faces of paper, each in a bad mood of its own. */
export function masks(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const others = colours.slice(1)
  const count = random.int(1, 3)
  const stripes = range(12).map((index) =>
    rect((index * width) / 12, 0, width / 24, height, {
      fill: mix(colours[0] ?? '#fff1d0', pick(random, others), 0.12),
    }),
  )
  const faces = range(count).map((index) => {
    const [x, y, size] = [
      width * ((index + 0.5) / count),
      height * 0.52,
      Math.min(height * 0.36, (width / count) * 0.4),
    ]
    const [skin, hair, lip] = random.sample(others, 3) as [string, string, string]
    const isBeast = random.chance(0.4)
    const ears = isBeast
      ? [-1, 1]
          .map((side) =>
            polygon(
              [
                [x + side * size * 0.35, y - size * 0.7],
                [x + side * size * 0.95, y - size * 1.35],
                [x + side * size * 0.9, y - size * 0.35],
              ],
              { fill: skin },
            ),
          )
          .join('')
      : path(
          `M${n(x - size)} ${n(y - size * 0.2)}${range(7)
            .map(
              (spike) =>
                `L${n(x - size + (spike + 0.5) * size * 0.286)} ${n(y - size * between(random, 1.2, 1.5))}L${n(x - size + (spike + 1) * size * 0.286)} ${n(y - size * 0.6)}`,
            )
            .join('')}Z`,
          { fill: hair },
        )
    const head = path(blob(random, [x, y], size, 0.05, 10), { fill: skin })
    const half = group(
      { opacity: 0.16 },
      path(`M${n(x)} ${n(y - size)}A${n(size)} ${n(size)} 0 0 1 ${n(x)} ${n(y + size)}Z`, { fill: '#000000' }),
    )
    const eye = (side: number): string => {
      const [ex, ey, r] = [x + side * size * 0.38, y - size * 0.18, size * between(random, 0.16, 0.22)]
      const brow = path(
        `M${n(ex - r * 1.5)} ${n(ey - r * (1.5 + side * between(random, -0.5, 0.7)))}Q${n(ex)} ${n(ey - r * 2.4)} ${n(ex + r * 1.5)} ${n(ey - r * 1.4)}`,
        { fill: 'none', stroke: hair, strokeWidth: size * 0.11, strokeLinecap: 'round' },
      )
      return (
        circle(ex, ey, r, { fill: '#fffdf6' }) +
        circle(ex + r * 0.25, ey + r * 0.1, r * 0.5, { fill: '#1b1620' }) +
        brow
      )
    }
    const nose = isBeast
      ? path(`M${n(x - size * 0.16)} ${n(y + size * 0.1)}h${n(size * 0.32)}l${n(-size * 0.16)} ${n(size * 0.2)}z`, {
          fill: hair,
        })
      : path(
          `M${n(x)} ${n(y - size * 0.2)}q${n(size * 0.34)} ${n(size * 0.4)} 0 ${n(size * 0.46)}q${n(-size * 0.16)} 0 ${n(-size * 0.12)} ${n(-size * 0.1)}z`,
          { fill: shade(skin, -0.28) },
        )
    const mouth = path(
      `M${n(x - size * 0.42)} ${n(y + size * 0.5)}Q${n(x + between(random, -0.2, 0.2) * size)} ${n(y + size * between(random, 0.36, 0.86))} ${n(x + size * 0.44)} ${n(y + size * between(random, 0.44, 0.58))}`,
      { fill: 'none', stroke: lip, strokeWidth: size * 0.13, strokeLinecap: 'round' },
    )
    const cheeks = [-1, 1].map((side) =>
      circle(x + side * size * 0.58, y + size * 0.26, size * 0.14, { fill: lip, opacity: 0.5 }),
    )
    const stick = rect(x - 9, y + size * 0.9, 18, height, { fill: '#7a5533' })
    return stick + ears + head + half + cheeks.join('') + eye(-1) + eye(1) + nose + mouth
  })
  return rect(0, 0, width, height, { fill: colours[0] }) + stripes.join('') + faces.join('')
}

/** An instrument of strings and a gourd. */
export function strings(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [
    ground = '#2a1a0f',
    wood = '#6f3c12',
    gourd = '#b5651d',
    skin = '#e0a458',
    pale = '#f5deb3',
    leaf = '#4f772d',
  ] = colours
  const [x, y, r] = [
    width * between(random, 0.32, 0.68),
    height * between(random, 0.66, 0.76),
    height * between(random, 0.3, 0.38),
  ]
  const [top, lean] = [height * -0.04, between(random, -150, 150)]
  const rings = range(16).map((ring) =>
    circle(x, y, r * 1.2 + ring * 34, {
      fill: 'none',
      stroke: mix(ground, pick(random, [wood, gourd, leaf]), 0.55),
      strokeWidth: between(random, 4, 20),
    }),
  )
  const belly =
    circle(x, y, r, { fill: gourd }) +
    circle(x, y, r * 0.92, { fill: skin }) +
    range(28)
      .map((nail) =>
        circle(x + Math.cos(nail * 0.2244) * r * 0.87, y + Math.sin(nail * 0.2244) * r * 0.87, 5, { fill: wood }),
      )
      .join('')
  const neck = path(
    `M${n(x - 15)} ${n(y + r * 0.4)}L${n(x + lean - 11)} ${n(top)}h22L${n(x + 15)} ${n(y + r * 0.4)}Z`,
    { fill: wood },
  )
  const bridgeY = y - r * 0.05
  const lines = range(21).map((string) => {
    const isLeft = string < 11
    const place = isLeft ? string : string - 11
    const [sx, sy] = [x + (isLeft ? -1 : 1) * (r * 0.1 + 8), bridgeY + (place - 5) * r * 0.05]
    const share = 0.1 + place * 0.075
    return el('line', {
      x1: sx,
      y1: sy,
      x2: x + lean * (1 - share) + (isLeft ? -9 : 9),
      y2: top + (y - r - top) * share + 30,
      stroke: pale,
      strokeWidth: 1 + place * 0.12,
      opacity: 0.9,
    })
  })
  const bands = range(12).map((band) =>
    rect(x + lean * (1 - 0.1 - band * 0.065) - 15, (y - r) * (0.1 + band * 0.068), 30, 8, {
      fill: band % 3 === 0 ? leaf : pale,
      rx: 4,
    }),
  )
  const bridgePiece = rect(x - r * 0.13, bridgeY - r * 0.36, r * 0.26, r * 0.66, { fill: wood, rx: 8 })
  const hole =
    circle(x + r * 0.5, y - r * 0.42, r * 0.15, { fill: shade(ground, -0.4) }) +
    circle(x + r * 0.5, y - r * 0.42, r * 0.19, { fill: 'none', stroke: wood, strokeWidth: 6 })
  return (
    rect(0, 0, width, height, { fill: ground }) +
    rings.join('') +
    belly +
    hole +
    neck +
    bands.join('') +
    bridgePiece +
    lines.join('')
  )
}

/** What is said, before anybody has understood it. */
export function bubbles(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [paper = '#fffcf2', ...others] = colours
  const dotted = `<defs><pattern id="dotted" width="22" height="22" patternUnits="userSpaceOnUse"><circle cx="4" cy="4" r="2.4" fill="${others[2] ?? '#cccccc'}" opacity="0.55"/></pattern></defs>`
  const said = range(random.int(5, 8)).map((index, _place, all) => {
    const isLeft = index % 2 === 0
    const [w, h] = [width * between(random, 0.26, 0.46), height * between(random, 0.1, 0.2)]
    const [x, y] = [
      isLeft ? width * between(random, 0.05, 0.14) : width * between(random, 0.86, 0.95) - w,
      (height / all.length) * index + between(random, 6, 30),
    ]
    const fill = pick(random, others)
    const tail = isLeft
      ? `M${n(x + 30)} ${n(y + h - 4)}l-18 34l54 -32z`
      : `M${n(x + w - 30)} ${n(y + h - 4)}l18 34l-54 -32z`
    const words = range(random.int(1, 3)).map((line) =>
      rect(x + 24, y + h * (0.24 + line * 0.26), (w - 48) * between(random, 0.4, 1), h * 0.11, {
        fill: mix(fill, '#ffffff', 0.85),
        rx: 6,
      }),
    )
    const isQuestion = random.chance(0.3)
    return (
      path(tail, { fill }) +
      rect(x, y, w, h, { fill, rx: h * 0.34 }) +
      (isQuestion ? circle(x + w - 34, y + h / 2, 12, { fill: '#ffffff' }) : '') +
      words.join('')
    )
  })
  const heads = [0, 1].map((side) => {
    const [x, colour] = [side === 0 ? width * 0.04 : width * 0.96, pick(random, others)]
    return (
      circle(x, height * 0.82, height * 0.11, { fill: colour }) +
      el('ellipse', { cx: x, cy: height * 1.06, rx: height * 0.2, ry: height * 0.16, fill: shade(colour, -0.2) })
    )
  })
  return (
    rect(0, 0, width, height, { fill: paper }) +
    dotted +
    rect(0, 0, width, height, { fill: 'url(#dotted)' }) +
    heads.join('') +
    said.join('')
  )
}

/** Rings, pendants and the boards they were cut from. */
export function trinkets(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [paper = '#f5f0e6', ...others] = colours
  const board = ((): string => {
    const [x, y, w, h] = [width * between(random, 0, 0.5), height * between(random, 0, 0.4), width * 0.55, height * 0.6]
    const green = others[2] ?? '#3e7c6a'
    const traces = range(34).map(() => {
      const [sx, sy] = [x + random.next() * w, y + random.next() * h]
      const [dx, dy] = [between(random, -90, 90), between(random, -60, 60)]
      return (
        path(`M${n(sx)} ${n(sy)}h${n(dx)}l${n(dy * 0.5)} ${n(dy)}`, {
          fill: 'none',
          stroke: shade(green, 0.35),
          strokeWidth: 4,
        }) + circle(sx, sy, 7, { fill: '#d9b35b' })
      )
    })
    return group(
      { transform: `rotate(${n(between(random, -14, 14))} ${n(x + w / 2)} ${n(y + h / 2)})` },
      rect(x + 8, y + 10, w, h, { fill: '#000000', opacity: 0.15 }),
      rect(x, y, w, h, { fill: green, rx: 10 }),
      ...traces,
    )
  })()
  const pieces = range(random.int(7, 12)).map(() => {
    const [x, y, r] = [width * between(random, 0.08, 0.92), height * between(random, 0.1, 0.9), between(random, 34, 86)]
    const metal = pick(random, [others[0] ?? '#b08d57', others[1] ?? '#7c5e3c', '#c9cdd2', '#b5653a'])
    return pick(random, [ring, gear, drop, coil])(random, x, y, r, metal, pick(random, others))
  })
  return rect(0, 0, width, height, { fill: paper }) + board + pieces.join('')
}

const gear: Piece = (random, x, y, r, metal) => {
  const teeth = random.int(9, 14)
  const points = range(teeth * 4).map((index): Point => {
    const angle = (index / (teeth * 4)) * Math.PI * 2
    const far = r * (index % 4 < 2 ? 1 : 0.8)
    return [x + Math.cos(angle) * far, y + Math.sin(angle) * far]
  })
  return (
    polygon(
      points.map(([px, py]): Point => [px + 6, py + 8]),
      { fill: '#000000', opacity: 0.15 },
    ) +
    polygon(points, { fill: metal }) +
    circle(x, y, r * 0.58, { fill: shade(metal, -0.2) }) +
    circle(x, y, r * 0.2, { fill: '#f5f0e6' }) +
    range(5)
      .map((hole) =>
        circle(x + Math.cos(hole * 1.257) * r * 0.39, y + Math.sin(hole * 1.257) * r * 0.39, r * 0.1, {
          fill: '#f5f0e6',
        }),
      )
      .join('')
  )
}

const drop: Piece = (_random, x, y, r, metal, stone) =>
  path(`M${n(x)} ${n(y - r * 1.5)}q${n(r * 0.3)} ${n(r * 0.3)} 0 ${n(r * 0.6)}`, {
    fill: 'none',
    stroke: metal,
    strokeWidth: 5,
  }) +
  path(
    `M${n(x)} ${n(y - r * 0.9)}Q${n(x + r * 0.9)} ${n(y + r * 0.3)} ${n(x)} ${n(y + r)}Q${n(x - r * 0.9)} ${n(y + r * 0.3)} ${n(x)} ${n(y - r * 0.9)}Z`,
    { fill: stone, stroke: metal, strokeWidth: r * 0.12 },
  ) +
  path(`M${n(x - r * 0.2)} ${n(y)}q${n(-r * 0.06)} ${n(r * 0.34)} ${n(r * 0.16)} ${n(r * 0.5)}`, {
    fill: 'none',
    stroke: '#ffffff',
    strokeWidth: r * 0.09,
    strokeLinecap: 'round',
    opacity: 0.7,
  })

const coil: Piece = (_random, x, y, r, metal) =>
  path(
    curve(
      range(46).map((step): Point => [
        x + Math.cos(step * 0.5) * r * (0.1 + step * 0.02),
        y + Math.sin(step * 0.5) * r * (0.1 + step * 0.02),
      ]),
    ),
    { fill: 'none', stroke: metal, strokeWidth: r * 0.13, strokeLinecap: 'round' },
  )

/** Fronts and weather over a map of heights. */
export function fronts({ width, height, colours, random }: Canvas): string {
  const dark = byBrightness(colours)[0] ?? '#023047'
  const warm = colours[3] ?? '#e29578'
  const line: Point[] = range(5).map((step) => [width * (0.04 + step * 0.23), height * between(random, 0.2, 0.8)])
  const marks = range(30).map((index) => {
    const place = (index / 30) * 4
    const [from, to] = [line[Math.floor(place)] ?? [0, 0], line[Math.floor(place) + 1] ?? [0, 0]]
    const share = place % 1
    const [x, y] = [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]
    return index % 2 === 0
      ? polygon(
          [
            [x - 13, y],
            [x + 13, y],
            [x, y + 24],
          ],
          { fill: dark },
        )
      : path(`M${n(x - 12)} ${n(y)}a12 12 0 0 1 24 0z`, { fill: warm })
  })
  const clouds = range(random.int(3, 6)).map(() => {
    const [x, y, s] = [width * between(random, 0.1, 0.9), height * between(random, 0.1, 0.85), between(random, 26, 50)]
    const drops = range(5).map((drop) =>
      el('line', {
        x1: x - s * 0.7 + drop * s * 0.36,
        y1: y + s * 0.5,
        x2: x - s * 0.8 + drop * s * 0.36,
        y2: y + s * 1.1,
        stroke: dark,
        strokeWidth: 4,
        strokeLinecap: 'round',
      }),
    )
    return (
      group(
        { fill: '#ffffff', stroke: dark, strokeWidth: 3 },
        path(
          `M${n(x - s)} ${n(y + s * 0.35)}a${n(s * 0.4)} ${n(s * 0.4)} 0 0 1 ${n(s * 0.2)} ${n(-s * 0.7)}a${n(s * 0.55)} ${n(s * 0.55)} 0 0 1 ${n(s)} ${n(-s * 0.1)}a${n(s * 0.42)} ${n(s * 0.42)} 0 0 1 ${n(s * 0.6)} ${n(s * 0.8)}z`,
          {},
        ),
      ) + drops.join('')
    )
  })
  return marks.join('') + clouds.join('')
}
