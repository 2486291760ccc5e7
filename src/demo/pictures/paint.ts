import type { DemoRandom } from '../random.js'

/** What a picture is drawn on and with; `colours` has the ground first. */
export interface Canvas {
  readonly width: number
  readonly height: number
  readonly colours: readonly string[]
  readonly random: DemoRandom
}

export type Point = readonly [x: number, y: number]

type Rgb = readonly [number, number, number]

const toRgb = (colour: string): Rgb => [
  parseInt(colour.slice(1, 3), 16),
  parseInt(colour.slice(3, 5), 16),
  parseInt(colour.slice(5, 7), 16),
]

const toHex = (parts: readonly number[]): string =>
  `#${parts
    .map((part) =>
      Math.floor(Math.min(255, Math.max(0, part)))
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`

/** From the one colour to the other, as far as `share` says. */
export function mix(one: string, other: string, share: number): string {
  const [a, b] = [toRgb(one), toRgb(other)]
  return toHex([0, 1, 2].map((part) => (a[part] ?? 0) + ((b[part] ?? 0) - (a[part] ?? 0)) * share))
}

/** Lighter where `by` is above 0, darker where it is below. */
export const shade = (colour: string, by: number): string => mix(colour, by > 0 ? '#ffffff' : '#000000', Math.abs(by))

/** From 0, black, to 1, white. */
export function brightness(colour: string): number {
  const [red, green, blue] = toRgb(colour)
  return (red * 0.3 + green * 0.59 + blue * 0.11) / 255
}

/** Colours in an order, mixed where they meet: 0 is the first, 1 the last. */
export function along(colours: readonly string[], place: number): string {
  const at = Math.min(0.999, Math.max(0, place)) * (colours.length - 1)
  const index = Math.floor(at)
  return mix(colours[index] ?? '#000000', colours[index + 1] ?? colours[index] ?? '#000000', at - index)
}

/** All colours but the ground, from dark to light. */
export const byBrightness = (colours: readonly string[]): string[] =>
  colours.toSorted((one, other) => brightness(one) - brightness(other))

export const n = (value: number): string => String(Math.floor(value * 10) / 10)

type Attributes = Readonly<Record<string, string | number | undefined>>

/** An element, its attributes in camel case. */
export function el(name: string, attributes: Attributes, children = ''): string {
  const text = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        ` ${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}="${typeof value === 'number' ? n(value) : String(value)}"`,
    )
    .join('')
  return children ? `<${name}${text}>${children}</${name}>` : `<${name}${text}/>`
}

export const rect = (x: number, y: number, width: number, height: number, rest: Attributes): string =>
  el('rect', { x, y, width, height, ...rest })

export const circle = (cx: number, cy: number, r: number, rest: Attributes): string =>
  el('circle', { cx, cy, r, ...rest })

export const path = (d: string, rest: Attributes): string => el('path', { d, ...rest })

export const group = (attributes: Attributes, ...children: readonly string[]): string =>
  el('g', attributes, children.join('') || ' ')

export const polygon = (points: readonly Point[], rest: Attributes): string =>
  el('polygon', { points: points.map(([x, y]) => `${n(x)},${n(y)}`).join(' '), ...rest })

/** The canvas in its first colour. */
export const ground = ({ width, height, colours }: Canvas): string => rect(0, 0, width, height, { fill: colours[0] })

/** A gradient from top to bottom, or from left to right. */
export const gradient = (id: string, colours: readonly string[], isAcross = false): string =>
  el(
    'linearGradient',
    { id, x1: 0, y1: 0, x2: isAcross ? 1 : 0, y2: isAcross ? 0 : 1 },
    colours
      .map(
        (colour, index) =>
          `<stop offset="${n((index / Math.max(1, colours.length - 1)) * 100)}%" stop-color="${colour}"/>`,
      )
      .join(''),
  )

/** A glow that fades to nothing. */
export const glow = (id: string, colour: string): string =>
  `<radialGradient id="${id}"><stop offset="0%" stop-color="${colour}" stop-opacity="1"/><stop offset="45%" stop-color="${colour}" stop-opacity="0.35"/><stop offset="100%" stop-color="${colour}" stop-opacity="0"/></radialGradient>`

/** A line through all points without corners. */
export function curve(points: readonly Point[], isClosed = false): string {
  const count = points.length
  const at = (index: number): Point =>
    points[isClosed ? (index + count) % count : Math.min(count - 1, Math.max(0, index))] ?? [0, 0]
  const parts = [`M${n(at(0)[0])} ${n(at(0)[1])}`]
  for (let index = 0; index < (isClosed ? count : count - 1); index += 1) {
    const [before, from, to, after] = [at(index - 1), at(index), at(index + 1), at(index + 2)]
    parts.push(
      `C${n(from[0] + (to[0] - before[0]) / 6)} ${n(from[1] + (to[1] - before[1]) / 6)} ${n(to[0] - (after[0] - from[0]) / 6)} ${n(to[1] - (after[1] - from[1]) / 6)} ${n(to[0])} ${n(to[1])}`,
    )
  }
  return isClosed ? `${parts.join('')}Z` : parts.join('')
}

export const range = (count: number): number[] =>
  Array.from({ length: Math.max(0, Math.floor(count)) }, (_none, index) => index)

/** Between two numbers. */
export const between = (random: DemoRandom, least: number, most: number): number =>
  least + random.next() * (most - least)

export const pick = <T>(random: DemoRandom, list: readonly T[]): T => random.pick(list as [T, ...T[]])

/** Smooth noise from 0 to 1, the same at the same place. */
export function noiseOf(random: DemoRandom): (x: number, y: number) => number {
  const size = 64
  const values = Float64Array.from({ length: size * size }, () => random.next())
  const at = (x: number, y: number): number => values[(y & (size - 1)) * size + (x & (size - 1))] ?? 0
  const ease = (t: number): number => t * t * (3 - 2 * t)
  return (x, y) => {
    const [left, top] = [Math.floor(x), Math.floor(y)]
    const [right, down] = [ease(x - left), ease(y - top)]
    const above = at(left, top) + (at(left + 1, top) - at(left, top)) * right
    const below = at(left, top + 1) + (at(left + 1, top + 1) - at(left, top + 1)) * right
    return above + (below - above) * down
  }
}

/** Noise of several sizes, one over the other. */
export function layered(noise: (x: number, y: number) => number, octaves: number): (x: number, y: number) => number {
  let total = 0
  for (let octave = 0; octave < octaves; octave += 1) total += 0.5 ** octave
  return (x, y) => {
    let sum = 0
    for (let octave = 0; octave < octaves; octave += 1)
      sum += noise(x * 2 ** octave + octave * 17, y * 2 ** octave + octave * 31) * 0.5 ** octave
    return sum / total
  }
}

/** A closed blob around a place. */
export function blob(random: DemoRandom, [x, y]: Point, radius: number, wobble = 0.25, corners = 9): string {
  const turn = random.next() * Math.PI * 2
  return curve(
    range(corners).map((corner) => {
      const angle = turn + (corner / corners) * Math.PI * 2
      const r = radius * (1 - wobble + random.next() * wobble * 2)
      return [x + Math.cos(angle) * r, y + Math.sin(angle) * r]
    }),
    true,
  )
}

/** How much of a colour is in it: grey has none. */
const vividness = (colour: string): number => {
  const parts = toRgb(colour)
  return (Math.max(...parts) - Math.min(...parts)) / 255
}

/** Whether a colour is nearer to fire than to water. */
export const isWarm = (colour: string): boolean => {
  const [red, , blue] = toRgb(colour)
  return red > blue + 12
}

/** A colour for what shines: bright enough, and the more vivid the better. */
export const shining = (colours: readonly string[]): string =>
  colours
    .filter((colour) => brightness(colour) > 0.42)
    .toSorted((one, other) => vividness(other) - vividness(one))[0] ?? '#ffd27a'
