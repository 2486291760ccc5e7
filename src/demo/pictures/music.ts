import { DemoRandom } from '../random.js'

const RATE = 16_000
const SECONDS = 9
const BITS = 16
const HEADER_BYTES = 44

/** How long a piece is. */
export const MUSIC_MS = SECONDS * 1_000

/** Steps from the ground note, in semitones. */
const SCALES: readonly [readonly number[], ...(readonly number[])[]] = [
  [0, 3, 5, 7, 10],
  [0, 2, 4, 7, 9],
  [0, 2, 3, 7, 8],
  [0, 2, 4, 6, 9, 11],
]

/** A few bars that go by the name, as a WAV file. */
export function compose(name: string): Buffer {
  const random = new DemoRandom(`music/${name}`)
  const samples = new Float64Array(RATE * SECONDS)
  const scale = random.pick(SCALES)
  const ground = 110 * 2 ** (random.int(-5, 7) / 12)
  const beat = 0.22 + random.next() * 0.3
  const pitch = (step: number): number =>
    ground * 2 ** (((scale[step % scale.length] ?? 0) + 12 * Math.floor(step / scale.length)) / 12)
  for (const step of [0, 2, 4])
    play(samples, { at: 0, seconds: SECONDS, pitch: pitch(step), loudness: 0.1, attack: 1.6 })
  let step = random.int(5, 9)
  for (let at = beat; at < SECONDS - 1.2; at += beat * random.int(1, 3)) {
    step = Math.min(14, Math.max(4, step + random.int(-2, 2)))
    play(samples, { at, seconds: 1.4, pitch: pitch(step), loudness: 0.2, attack: 0.012 })
    if (random.chance(0.3)) play(samples, { at, seconds: 1.1, pitch: pitch(step + 2), loudness: 0.11, attack: 0.02 })
  }
  echo(samples, Math.floor(RATE * beat * 1.5))
  return toWav(samples)
}

interface Note {
  readonly at: number
  readonly seconds: number
  readonly pitch: number
  readonly loudness: number
  readonly attack: number
}

function play(samples: Float64Array, { at, seconds, pitch, loudness, attack }: Note): void {
  const [from, length] = [Math.floor(at * RATE), Math.floor(seconds * RATE)]
  for (let index = 0; index < length && from + index < samples.length; index += 1) {
    const time = index / RATE
    const swell = Math.min(1, time / attack) * Math.exp((-time * 2.4) / seconds) * Math.min(1, (seconds - time) * 8)
    const phase = 2 * Math.PI * pitch * time
    const tone = Math.sin(phase) + 0.32 * Math.sin(phase * 2) + 0.12 * Math.sin(phase * 3.01)
    samples[from + index] = (samples[from + index] ?? 0) + tone * swell * loudness
  }
}

function echo(samples: Float64Array, delay: number): void {
  for (let index = delay; index < samples.length; index += 1)
    samples[index] = (samples[index] ?? 0) + (samples[index - delay] ?? 0) * 0.32
}

function toWav(samples: Float64Array): Buffer {
  const bytes = samples.length * (BITS / 8)
  const file = Buffer.alloc(HEADER_BYTES + bytes)
  file.write('RIFF', 0)
  file.writeUInt32LE(HEADER_BYTES - 8 + bytes, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(RATE, 24)
  file.writeUInt32LE(RATE * (BITS / 8), 28)
  file.writeUInt16LE(BITS / 8, 32)
  file.writeUInt16LE(BITS, 34)
  file.write('data', 36)
  file.writeUInt32LE(bytes, 40)
  const fade = RATE / 2
  for (const [index, sample] of samples.entries()) {
    const soft = Math.tanh(sample) * Math.min(1, (samples.length - index) / fade)
    file.writeInt16LE(Math.floor(soft * 32_000), HEADER_BYTES + index * 2)
  }
  return file
}
