import { MINUTE_MS, SECOND_MS, monotonicMs } from '../lib/clock.js'

/** How often somebody who waits is told. */
const EVERY_MS = 2 * SECOND_MS
const NAME_WIDTH = 18
const NUMBER_WIDTH = 10

/** Tells how far one step of a long work is: how many of how many, how fast, and how long it will still take. */
export class Progress {
  readonly #tell: (line: string) => void
  readonly #what: string
  readonly #total: number
  readonly #startedMs = monotonicMs()
  #done = 0
  #toldMs = this.#startedMs

  constructor(tell: (line: string) => void, what: string, total: number) {
    this.#tell = tell
    this.#what = what
    this.#total = total
  }

  /** `rows` more are done; told now and then, and at the end. */
  add(rows: number): void {
    this.#done += rows
    const nowMs = monotonicMs()
    const isOver = this.#done >= this.#total
    if (!isOver && nowMs - this.#toldMs < EVERY_MS) return
    this.#toldMs = nowMs
    const tookMs = Math.max(1, nowMs - this.#startedMs)
    const perSecond = (this.#done / tookMs) * SECOND_MS
    const end = isOver
      ? `in ${duration(tookMs)}`
      : `${duration(((this.#total - this.#done) / perSecond) * SECOND_MS)} left`
    this.#tell(
      `${this.#what.padEnd(NAME_WIDTH)}${count(this.#done)} of ${count(this.#total)} ${count(perSecond)}/s  ${end}`,
    )
  }
}

const count = (value: number): string => Math.floor(value).toLocaleString('en').padStart(NUMBER_WIDTH)

/** `4.2 s`, `1:05 min`. */
function duration(ms: number): string {
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`
  const seconds = Math.floor(ms / SECOND_MS)
  return `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, '0')} min`
}
