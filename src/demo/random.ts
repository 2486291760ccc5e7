import { createHash } from 'node:crypto'

/** Part of every name, so that another edition of the world has other people in it. */
const EDITION = 'demo/1'

const digest = (name: string): Buffer => createHash('sha256').update(`${EDITION}/${name}`).digest()

/** The id of the thing with this name: the same in every database, so that links to the demo world hold. */
export function demoId(name: string): string {
  const bytes = digest(`id/${name}`).subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/**
 * Numbers that look random and are the same everywhere: each name begins a sequence of its own, so that what is added to
 * the world later leaves the rest as it was. Mulberry32; good enough for a picture, for nothing that is secret.
 */
export class DemoRandom {
  #state: number

  constructor(name: string) {
    this.#state = digest(`random/${name}`).readUInt32BE()
  }

  /** From 0 to just under 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** Whether something happens that does so in this share of cases. */
  chance(share: number): boolean {
    return this.next() < share
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.int(0, list.length - 1)] ?? list[0]
  }

  /** `count` different entries, or all of a shorter list, in an order of their own. */
  sample<T>(list: readonly T[], count: number): T[] {
    const left = [...list]
    const taken: T[] = []
    while (taken.length < count && left.length > 0) taken.push(...left.splice(this.int(0, left.length - 1), 1))
    return taken
  }

  /** An instant between two others. */
  between(from: Date, to: Date): Date {
    return new Date(from.getTime() + Math.floor(this.next() * (to.getTime() - from.getTime())))
  }
}
