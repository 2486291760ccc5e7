import { LONGEST_TIMER_MS } from './clock.js'

/** Rings for whoever waits, or for who waits next; silent for ever once the signal is aborted. */
export class Alarm {
  readonly #signal: AbortSignal
  #hasRung = false
  #wake = (): void => undefined
  #timer: NodeJS.Timeout | undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener(
      'abort',
      () => {
        this.#wake()
      },
      { once: true },
    )
  }

  ring(): void {
    this.#hasRung = true
    this.#wake()
  }

  /** Rings after `ms` as well, and not when it was set to before; null for never. */
  set(ms: number | null): void {
    clearTimeout(this.#timer)
    if (ms === null) return
    this.#timer = setTimeout(
      () => {
        this.ring()
      },
      Math.min(ms, LONGEST_TIMER_MS),
    )
  }

  /** Waits until it rings; false when it never will. */
  async next(): Promise<boolean> {
    if (!this.#hasRung && !this.#signal.aborted) await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#hasRung = false
    return !this.#signal.aborted
  }
}
