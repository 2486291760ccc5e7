import {
  between,
  blob,
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
} from './paint.js'
import type { Canvas, Point } from './paint.js'

// What people make and trade: shops, loaves, masks, trinkets, strings.

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

type Piece = (random: Canvas['random'], x: number, y: number, r: number, metal: string, stone: string) => string

const ring: Piece = (_random, x, y, r, metal, stone) =>
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
