import {
  between,
  brightness,
  byBrightness,
  circle,
  curve,
  el,
  mix,
  n,
  path,
  pick,
  range,
  rect,
  shade,
} from './paint.js'
import type { Canvas, Point } from './paint.js'

// Notes, cables, pixels.

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
