import {
  between,
  brightness,
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

// Cloth: knitted, woven, sewn, and ribbons of it.

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
