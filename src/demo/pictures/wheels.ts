import { between, circle, el, gradient, group, mix, n, path, pick, range, rect, shade } from './paint.js'
import type { Canvas, Point } from './paint.js'

// Bicycles.

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
