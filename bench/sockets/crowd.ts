import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { SECOND_MS, monotonicMs } from '../../src/lib/clock.js'

const AT_ONCE = 100
const DEADLINE_MS = 60 * SECOND_MS

/** How one socket of a crowd is opened. */
export interface Seat {
  readonly url: string
  readonly protocols: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  /** Sent once it is open, each after the answer to the one before. */
  readonly opening: readonly string[]
}

/** Many sockets that count what they are told, and read none of it. */
export class Crowd {
  readonly #sockets: WebSocket[] = []
  #told = 0
  #onTold: (() => void) | null = null
  #wanted = Infinity
  #firstMs = 0

  get size(): number {
    return this.#sockets.length
  }

  async seat(seats: readonly Seat[]): Promise<void> {
    for (let start = 0; start < seats.length; start += AT_ONCE)
      await Promise.all(seats.slice(start, start + AT_ONCE).map((seat) => this.#open(seat)))
  }

  async #open({ url, protocols, headers, opening }: Seat): Promise<void> {
    const socket = new WebSocket(url, [...protocols], { headers, perMessageDeflate: false })
    await once(socket, 'open')
    // a server that is too busy closes it: nothing would come any more
    const closed = once(socket, 'close').then(([code]) => {
      throw new Error(`a socket was closed with ${String(code)}`)
    })
    closed.catch(() => undefined)
    for (const [index, text] of opening.entries()) {
      socket.send(text)
      if (index < opening.length - 1) await Promise.race([once(socket, 'message'), closed])
    }
    socket.on('message', () => {
      this.#told += 1
      if (this.#told === 1) this.#firstMs = monotonicMs()
      if (this.#told === this.#wanted) this.#onTold?.()
    })
    this.#sockets.push(socket)
  }

  /** Has `tell` tell everybody one thing; answers how long it took until the last of them had it, from the first on and in all. */
  async timeTelling(tell: () => Promise<unknown>): Promise<{ readonly spreadMs: number; readonly totalMs: number }> {
    this.#told = 0
    this.#wanted = this.#sockets.length
    const allTold = new Promise<void>((resolve) => (this.#onTold = resolve))
    const startedMs = monotonicMs()
    await tell()
    await Promise.race([
      allTold,
      sleep(DEADLINE_MS, undefined, { ref: false }).then(() => {
        throw new Error(`${String(this.#told)} of ${String(this.#wanted)} were told`)
      }),
    ])
    const endedMs = monotonicMs()
    return { spreadMs: endedMs - this.#firstMs, totalMs: endedMs - startedMs }
  }

  /** Waits until nothing has come for a while. */
  async quiet(): Promise<void> {
    for (let before = -1; before !== this.#told;) {
      before = this.#told
      await sleep(SECOND_MS)
    }
  }

  leave(): void {
    for (const socket of this.#sockets.splice(0)) socket.terminate()
  }
}
