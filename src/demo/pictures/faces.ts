import { between, blob, circle, el, group, mix, n, path, pick, polygon, range, rect, shade } from './paint.js'
import type { Canvas } from './paint.js'

// People, as they show themselves.

const SKINS = ['#f6d7c3', '#eec1a2', '#dca47c', '#c68863', '#a9694a', '#8a5138', '#6b3d2a', '#4e2c20'] as const

const HAIRS = [
  '#1f1a1a',
  '#33231b',
  '#5a3620',
  '#8c5a2b',
  '#c9974c',
  '#b5462a',
  '#8f8f94',
  '#e6e1d6',
  '#5b4b8a',
  '#2f6f6a',
] as const

export interface Head {
  readonly x: number
  readonly y: number
  readonly r: number
  readonly skin: string
  readonly hair: string
  readonly accent: string
}

/** Somebody from the front, head and shoulders. */
export function face(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [ground = '#dddddd', ...others] = colours
  const back = pick(random, [ground, ...others])
  const r = width * between(random, 0.19, 0.215)
  const head: Head = {
    x: width / 2,
    y: height * between(random, 0.44, 0.48),
    r,
    skin: pick(random, SKINS),
    hair: pick(random, HAIRS),
    accent: pick(
      random,
      others.filter((colour) => colour !== back),
    ),
  }
  const hair = pick(random, [short, short, bob, long, long, curls, bun, bald, scarf, cap, fringe])(canvas, head)
  const shapes = range(random.int(0, 4)).map(() =>
    path(blob(random, [random.next() * width, random.next() * height], width * between(random, 0.08, 0.3), 0.2), {
      fill: pick(random, others),
      opacity: 0.5,
    }),
  )
  return (
    rect(0, 0, width, height, { fill: back }) +
    shapes.join('') +
    hair.behind +
    shoulders(canvas, head) +
    skull(head) +
    features(canvas, head) +
    hair.before +
    extras(canvas, head)
  )
}

const shoulders = ({ width, height, random }: Canvas, { x, y, r, skin, accent }: Head): string => {
  const top = y + r * 1.34
  const body = path(
    `M${n(x - width * 0.36)} ${n(height + 4)}Q${n(x - width * 0.34)} ${n(top + r * 0.1)} ${n(x - r * 0.5)} ${n(top)}L${n(x + r * 0.5)} ${n(top)}Q${n(x + width * 0.34)} ${n(top + r * 0.1)} ${n(x + width * 0.36)} ${n(height + 4)}Z`,
    { fill: accent },
  )
  const neck = rect(x - r * 0.34, y + r * 0.6, r * 0.68, r * 0.9, { fill: shade(skin, -0.14), rx: r * 0.2 })
  const collar = pick(random, [
    path(`M${n(x - r * 0.46)} ${n(top)}Q${n(x)} ${n(top + r * 0.62)} ${n(x + r * 0.46)} ${n(top)}Z`, {
      fill: shade(skin, -0.06),
    }),
    path(
      `M${n(x - r * 0.44)} ${n(top - r * 0.04)}L${n(x)} ${n(top + r * 0.6)}L${n(x + r * 0.44)} ${n(top - r * 0.04)}L${n(x + r * 0.66)} ${n(top + r * 0.12)}L${n(x + r * 0.1)} ${n(top + r * 0.9)}L${n(x - r * 0.1)} ${n(top + r * 0.9)}L${n(x - r * 0.66)} ${n(top + r * 0.12)}Z`,
      { fill: shade(accent, 0.4) },
    ),
    rect(x - r * 0.42, top - r * 0.2, r * 0.84, r * 0.34, { fill: shade(accent, -0.2), rx: r * 0.14 }),
  ])
  const knit = random.chance(0.35)
    ? range(5)
        .map((row) =>
          rect(0, top + r * (0.3 + row * 0.34), width, r * 0.1, { fill: shade(accent, 0.35), opacity: 0.6 }),
        )
        .join('')
    : ''
  return (
    body +
    (knit ? `<defs><clipPath id="body">${body}</clipPath></defs>${group({ clipPath: 'url(#body)' }, knit)}` : '') +
    neck +
    collar
  )
}

const skull = ({ x, y, r, skin }: Head): string =>
  [-1, 1].map((side) => circle(x + side * r * 0.98, y + r * 0.08, r * 0.19, { fill: shade(skin, -0.1) })).join('') +
  path(
    `M${n(x - r)} ${n(y - r * 0.2)}A${n(r)} ${n(r)} 0 0 1 ${n(x + r)} ${n(y - r * 0.2)}Q${n(x + r * 0.98)} ${n(y + r * 0.7)} ${n(x + r * 0.42)} ${n(y + r * 1.02)}Q${n(x)} ${n(y + r * 1.2)} ${n(x - r * 0.42)} ${n(y + r * 1.02)}Q${n(x - r * 0.98)} ${n(y + r * 0.7)} ${n(x - r)} ${n(y - r * 0.2)}Z`,
    { fill: skin },
  )

function features({ random }: Canvas, { x, y, r, skin, hair }: Head): string {
  const [gap, tilt] = [r * between(random, 0.36, 0.44), between(random, 0, 0.07)]
  const eyes = [-1, 1].map((side) => {
    const ex = x + side * gap
    const brow = path(
      `M${n(ex - r * 0.2)} ${n(y - r * (0.28 + side * tilt))}Q${n(ex)} ${n(y - r * 0.42)} ${n(ex + r * 0.2)} ${n(y - r * (0.28 - side * tilt))}`,
      { fill: 'none', stroke: mix(hair, '#2a1d18', 0.4), strokeWidth: r * 0.085, strokeLinecap: 'round' },
    )
    return (
      circle(ex, y, r * 0.095, { fill: '#231815' }) +
      circle(ex + r * 0.03, y - r * 0.035, r * 0.03, { fill: '#ffffff' }) +
      brow
    )
  })
  const nose = path(
    `M${n(x)} ${n(y + r * 0.06)}q${n(r * 0.16)} ${n(r * 0.26)} ${n(r * 0.02)} ${n(r * 0.3)}q${n(-r * 0.06)} ${n(r * 0.02)} ${n(-r * 0.1)} 0`,
    { fill: 'none', stroke: shade(skin, -0.3), strokeWidth: r * 0.055, strokeLinecap: 'round' },
  )
  const smile = between(random, 0.04, 0.26)
  const mouth = random.chance(0.35)
    ? path(
        `M${n(x - r * 0.3)} ${n(y + r * 0.56)}Q${n(x)} ${n(y + r * (0.6 + smile * 1.6))} ${n(x + r * 0.3)} ${n(y + r * 0.56)}Z`,
        { fill: '#7d2b2b' },
      ) +
      path(`M${n(x - r * 0.24)} ${n(y + r * 0.57)}h${n(r * 0.48)}v${n(r * 0.06)}h${n(-r * 0.48)}z`, { fill: '#ffffff' })
    : path(
        `M${n(x - r * 0.26)} ${n(y + r * 0.58)}Q${n(x)} ${n(y + r * (0.6 + smile))} ${n(x + r * 0.26)} ${n(y + r * 0.58)}`,
        {
          fill: 'none',
          stroke: shade(mix(skin, '#a33a3a', 0.6), -0.15),
          strokeWidth: r * 0.08,
          strokeLinecap: 'round',
        },
      )
  const cheeks = random.chance(0.6)
    ? [-1, 1]
        .map((side) => circle(x + side * r * 0.58, y + r * 0.36, r * 0.16, { fill: '#e0705e', opacity: 0.3 }))
        .join('')
    : ''
  return cheeks + eyes.join('') + nose + mouth
}

export interface Hair {
  readonly behind: string
  readonly before: string
}

export type Style = (canvas: Canvas, head: Head) => Hair

export const crown = ({ x, y, r }: Head, low: number, part: number): string =>
  `M${n(x - r * 1.04)} ${n(y + r * low)}Q${n(x - r * 1.16)} ${n(y - r * 1.24)} ${n(x)} ${n(y - r * 1.24)}Q${n(x + r * 1.16)} ${n(y - r * 1.24)} ${n(x + r * 1.04)} ${n(y + r * low)}Q${n(x + r * 0.92)} ${n(y - r * 0.5)} ${n(x + r * part)} ${n(y - r * 0.66)}Q${n(x - r * 0.86)} ${n(y - r * 0.5)} ${n(x - r * 1.04)} ${n(y + r * low)}Z`

const short: Style = ({ random }, head) => ({
  behind: '',
  before: path(crown(head, -0.05, between(random, -0.5, 0.5)), { fill: head.hair }),
})

const fringe: Style = (_canvas, head) => {
  const { x, y, r, hair } = head
  return {
    behind: path(
      `M${n(x - r * 1.2)} ${n(y + r * 0.9)}Q${n(x - r * 1.3)} ${n(y - r * 1.3)} ${n(x)} ${n(y - r * 1.28)}Q${n(x + r * 1.3)} ${n(y - r * 1.3)} ${n(x + r * 1.2)} ${n(y + r * 0.9)}Z`,
      { fill: shade(hair, -0.15) },
    ),
    before: path(
      `M${n(x - r * 1.06)} ${n(y - r * 0.2)}Q${n(x - r)} ${n(y - r * 1.26)} ${n(x)} ${n(y - r * 1.26)}Q${n(x + r)} ${n(y - r * 1.26)} ${n(x + r * 1.06)} ${n(y - r * 0.2)}Q${n(x)} ${n(y - r * 0.44)} ${n(x - r * 1.06)} ${n(y - r * 0.2)}Z`,
      { fill: hair },
    ),
  }
}

const bob: Style = ({ random }, head) => {
  const { x, y, r, hair } = head
  return {
    behind: path(
      `M${n(x - r * 1.26)} ${n(y + r * 0.84)}Q${n(x - r * 1.36)} ${n(y - r * 1.3)} ${n(x)} ${n(y - r * 1.28)}Q${n(x + r * 1.36)} ${n(y - r * 1.3)} ${n(x + r * 1.26)} ${n(y + r * 0.84)}Z`,
      { fill: shade(hair, -0.12) },
    ),
    before: path(crown(head, 0.5, between(random, -0.6, 0.6)), { fill: hair }),
  }
}

export const long: Style = ({ random, height }, head) => {
  const { x, y, r, hair } = head
  return {
    behind: path(
      `M${n(x - r * 1.3)} ${n(height)}Q${n(x - r * 1.5)} ${n(y - r * 1.36)} ${n(x)} ${n(y - r * 1.3)}Q${n(x + r * 1.5)} ${n(y - r * 1.36)} ${n(x + r * 1.3)} ${n(height)}Z`,
      { fill: shade(hair, -0.15) },
    ),
    before: path(crown(head, 0.7, between(random, -0.4, 0.4)), { fill: hair }),
  }
}

const curls: Style = ({ random }, head) => {
  const { x, y, r, hair } = head
  const ring = (count: number, far: number, size: number): string =>
    range(count)
      .map((index) => {
        const angle = Math.PI * (0.92 + (index / (count - 1)) * 1.16)
        return circle(
          x + Math.cos(angle) * r * far,
          y - r * 0.16 + Math.sin(angle) * r * far,
          r * size * between(random, 0.85, 1.15),
          { fill: shade(hair, between(random, -0.1, 0.08)) },
        )
      })
      .join('')
  return {
    behind: circle(x, y - r * 0.25, r * 1.24, { fill: shade(hair, -0.18) }) + ring(12, 1.18, 0.34),
    before: ring(9, 0.98, 0.28),
  }
}

const bun: Style = (canvas, head) => ({
  behind: circle(head.x, head.y - head.r * 1.38, head.r * 0.46, { fill: shade(head.hair, -0.12) }),
  before: short(canvas, head).before,
})

const bald: Style = ({ random }, { x, y, r, hair, skin }) => ({
  behind: '',
  before:
    (random.chance(0.6)
      ? path(
          `M${n(x - r * 0.96)} ${n(y + r * 0.1)}Q${n(x - r * 0.9)} ${n(y + r * 1.3)} ${n(x)} ${n(y + r * 1.36)}Q${n(x + r * 0.9)} ${n(y + r * 1.3)} ${n(x + r * 0.96)} ${n(y + r * 0.1)}Q${n(x + r * 0.7)} ${n(y + r * 0.52)} ${n(x + r * 0.36)} ${n(y + r * 0.44)}Q${n(x)} ${n(y + r * 0.38)} ${n(x - r * 0.36)} ${n(y + r * 0.44)}Q${n(x - r * 0.7)} ${n(y + r * 0.52)} ${n(x - r * 0.96)} ${n(y + r * 0.1)}Z`,
          { fill: hair },
        ) +
        path(`M${n(x - r * 0.2)} ${n(y + r * 0.66)}Q${n(x)} ${n(y + r * 0.78)} ${n(x + r * 0.2)} ${n(y + r * 0.66)}`, {
          fill: 'none',
          stroke: '#c0685c',
          strokeWidth: r * 0.09,
          strokeLinecap: 'round',
        })
      : '') + circle(x - r * 0.36, y - r * 0.84, r * 0.14, { fill: shade(skin, 0.3), opacity: 0.7 }),
})

const scarf: Style = ({ height }, { x, y, r, accent }) => {
  const cloth = shade(accent, 0.18)
  return {
    behind: path(
      `M${n(x - r * 1.5)} ${n(height)}Q${n(x - r * 1.5)} ${n(y - r * 1.4)} ${n(x)} ${n(y - r * 1.36)}Q${n(x + r * 1.5)} ${n(y - r * 1.4)} ${n(x + r * 1.5)} ${n(height)}Z`,
      { fill: cloth },
    ),
    before: path(
      `M${n(x - r * 1.22)} ${n(y + r * 0.5)}Q${n(x - r * 1.26)} ${n(y - r * 1.34)} ${n(x)} ${n(y - r * 1.34)}Q${n(x + r * 1.26)} ${n(y - r * 1.34)} ${n(x + r * 1.22)} ${n(y + r * 0.5)}Q${n(x + r * 1.2)} ${n(y + r * 1.5)} ${n(x)} ${n(y + r * 1.62)}Q${n(x - r * 1.2)} ${n(y + r * 1.5)} ${n(x - r * 1.22)} ${n(y + r * 0.5)}ZM${n(x - r * 0.9)} ${n(y - r * 0.1)}Q${n(x - r * 0.84)} ${n(y + r * 0.86)} ${n(x)} ${n(y + r * 1.08)}Q${n(x + r * 0.84)} ${n(y + r * 0.86)} ${n(x + r * 0.9)} ${n(y - r * 0.1)}Q${n(x + r * 0.8)} ${n(y - r * 0.76)} ${n(x)} ${n(y - r * 0.8)}Q${n(x - r * 0.8)} ${n(y - r * 0.76)} ${n(x - r * 0.9)} ${n(y - r * 0.1)}Z`,
      { fill: cloth, fillRule: 'evenodd' },
    ),
  }
}

const cap: Style = ({ random }, head) => {
  const { x, y, r, accent } = head
  const wool = shade(accent, -0.25)
  return {
    behind: random.chance(0.5)
      ? path(
          `M${n(x - r * 1.12)} ${n(y + r * 0.9)}Q${n(x - r * 1.2)} ${n(y - r)} ${n(x)} ${n(y - r)}Q${n(x + r * 1.2)} ${n(y - r)} ${n(x + r * 1.12)} ${n(y + r * 0.9)}Z`,
          { fill: head.hair },
        )
      : '',
    before:
      path(
        `M${n(x - r * 1.08)} ${n(y - r * 0.34)}Q${n(x - r * 1.06)} ${n(y - r * 1.5)} ${n(x)} ${n(y - r * 1.5)}Q${n(x + r * 1.06)} ${n(y - r * 1.5)} ${n(x + r * 1.08)} ${n(y - r * 0.34)}Z`,
        { fill: wool },
      ) +
      rect(x - r * 1.14, y - r * 0.56, r * 2.28, r * 0.32, { fill: shade(wool, 0.2), rx: r * 0.12 }) +
      (random.chance(0.5) ? circle(x, y - r * 1.54, r * 0.24, { fill: shade(wool, 0.35) }) : ''),
  }
}

const extras = ({ random }: Canvas, { x, y, r, accent }: Head): string => {
  const parts: string[] = []
  if (random.chance(0.34)) {
    const [frame, isRound] = [pick(random, ['#231815', '#8c5a2b', shade(accent, -0.3)]), random.chance(0.6)]
    parts.push(
      ...[-1, 1].map((side) =>
        isRound
          ? circle(x + side * r * 0.4, y + r * 0.02, r * 0.27, {
              fill: '#ffffff22',
              stroke: frame,
              strokeWidth: r * 0.065,
            })
          : rect(x + side * r * 0.4 - r * 0.28, y - r * 0.18, r * 0.56, r * 0.4, {
              fill: '#ffffff22',
              stroke: frame,
              strokeWidth: r * 0.065,
              rx: r * 0.08,
            }),
      ),
      el('line', { x1: x - r * 0.13, y1: y, x2: x + r * 0.13, y2: y, stroke: frame, strokeWidth: r * 0.06 }),
    )
  }
  if (random.chance(0.25))
    parts.push(
      ...[-1, 1].map((side) => circle(x + side * r * 1.02, y + r * 0.36, r * 0.1, { fill: shade(accent, 0.3) })),
    )
  if (random.chance(0.15))
    parts.push(
      ...range(9).map(() =>
        circle(x + between(random, -0.6, 0.6) * r, y + between(random, 0.1, 0.36) * r, r * 0.022, {
          fill: '#8a4a32',
          opacity: 0.7,
        }),
      ),
    )
  return parts.join('')
}

/** A face that is made up for a stage, of which one half is finished. */
export function makeup(canvas: Canvas): string {
  const { width, height, colours, random } = canvas
  const [ground = '#240046', ...others] = colours
  const r = height * between(random, 0.26, 0.32)
  const [x, y] = [width * between(random, 0.38, 0.62), height * 0.47]
  const skin = pick(random, SKINS)
  const head: Head = { x, y, r, skin, hair: pick(random, others), accent: pick(random, others) }
  const rays = range(18).map((ray) =>
    polygon(
      [
        [x, y],
        [x + Math.cos(ray * 0.349) * width, y + Math.sin(ray * 0.349) * width],
        [x + Math.cos(ray * 0.349 + 0.17) * width, y + Math.sin(ray * 0.349 + 0.17) * width],
      ],
      { fill: mix(ground, pick(random, others), 0.3) },
    ),
  )
  const [shadow, lip, wing] = random.sample(others, 3) as [string, string, string]
  const lids = [-1, 1].map((side) => {
    const ex = x + side * r * 0.4
    const isDone = side > 0
    const lid = isDone
      ? path(
          `M${n(ex - r * 0.3)} ${n(y + r * 0.02)}Q${n(ex)} ${n(y - r * 0.5)} ${n(ex + r * 0.66)} ${n(y - r * 0.34)}Q${n(ex + r * 0.3)} ${n(y)} ${n(ex + r * 0.26)} ${n(y + r * 0.06)}Z`,
          { fill: shadow },
        ) +
        path(
          `M${n(ex - r * 0.24)} ${n(y + r * 0.02)}Q${n(ex)} ${n(y - r * 0.24)} ${n(ex + r * 0.6)} ${n(y - r * 0.2)}`,
          { fill: 'none', stroke: wing, strokeWidth: r * 0.08, strokeLinecap: 'round' },
        )
      : ''
    const lashes = isDone
      ? range(5)
          .map((lash) =>
            el('line', {
              x1: ex - r * 0.16 + lash * r * 0.09,
              y1: y - r * 0.1,
              x2: ex - r * 0.22 + lash * r * 0.14,
              y2: y - r * 0.28,
              stroke: '#120c16',
              strokeWidth: r * 0.03,
            }),
          )
          .join('')
      : ''
    return (
      lid +
      lashes +
      path(
        `M${n(ex - r * 0.22)} ${n(y)}Q${n(ex)} ${n(y - r * 0.2)} ${n(ex + r * 0.22)} ${n(y)}Q${n(ex)} ${n(y + r * 0.14)} ${n(ex - r * 0.22)} ${n(y)}Z`,
        { fill: '#ffffff' },
      ) +
      circle(ex, y - r * 0.02, r * 0.1, { fill: '#231815' })
    )
  })
  const brow =
    path(
      `M${n(x + r * 0.14)} ${n(y - r * 0.5)}Q${n(x + r * 0.5)} ${n(y - r * 0.86)} ${n(x + r * 0.86)} ${n(y - r * 0.56)}`,
      { fill: 'none', stroke: '#1a1014', strokeWidth: r * 0.07, strokeLinecap: 'round' },
    ) +
    path(
      `M${n(x - r * 0.2)} ${n(y - r * 0.34)}Q${n(x - r * 0.42)} ${n(y - r * 0.44)} ${n(x - r * 0.62)} ${n(y - r * 0.34)}`,
      { fill: 'none', stroke: shade(skin, -0.45), strokeWidth: r * 0.06, strokeLinecap: 'round' },
    )
  const mouth = path(
    `M${n(x - r * 0.3)} ${n(y + r * 0.6)}q${n(r * 0.15)} ${n(-r * 0.16)} ${n(r * 0.3)} ${n(-r * 0.06)}q${n(r * 0.15)} ${n(-r * 0.1)} ${n(r * 0.3)} ${n(r * 0.06)}q${n(-r * 0.3)} ${n(r * 0.26)} ${n(-r * 0.6)} 0z`,
    { fill: lip },
  )
  const nose = path(`M${n(x)} ${n(y + r * 0.06)}q${n(r * 0.14)} ${n(r * 0.26)} 0 ${n(r * 0.3)}`, {
    fill: 'none',
    stroke: shade(skin, -0.28),
    strokeWidth: r * 0.045,
    strokeLinecap: 'round',
  })
  const cheek = el('ellipse', {
    cx: x + r * 0.62,
    cy: y + r * 0.3,
    rx: r * 0.26,
    ry: r * 0.15,
    fill: lip,
    opacity: 0.55,
    transform: `rotate(-24 ${n(x + r * 0.62)} ${n(y + r * 0.3)})`,
  })
  const gems = range(random.int(10, 24)).map(() =>
    circle(x + r * between(random, 0.2, 0.9), y + r * between(random, -0.8, 0.5), r * between(random, 0.014, 0.04), {
      fill: pick(random, ['#ffffff', ...others]),
    }),
  )
  const hair = pick(random, [curls, bob, long])(canvas, head)
  const glitter = range(120).map(() =>
    circle(random.next() * width, random.next() * height, between(random, 1, 5), {
      fill: pick(random, ['#ffffff', ...others]),
      opacity: 0.75,
    }),
  )
  const body =
    path(
      `M${n(x - r * 1.7)} ${n(height)}Q${n(x - r * 1.4)} ${n(y + r * 1.3)} ${n(x)} ${n(y + r * 1.3)}Q${n(x + r * 1.4)} ${n(y + r * 1.3)} ${n(x + r * 1.7)} ${n(height)}Z`,
      { fill: head.accent },
    ) + rect(x - r * 0.32, y + r * 0.7, r * 0.64, r * 0.8, { fill: shade(skin, -0.16) })
  return (
    rect(0, 0, width, height, { fill: ground }) +
    rays.join('') +
    glitter.join('') +
    hair.behind +
    body +
    skull(head) +
    cheek +
    nose +
    mouth +
    lids.join('') +
    brow +
    gems.join('') +
    (random.chance(0.6) ? hair.before : '')
  )
}
