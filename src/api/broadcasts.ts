import { LRUCache } from 'lru-cache'
import type { LiveEvent } from '../lib/live.js'
import { log } from '../lib/log.js'

/** Events of the last moments that are kept, for who catches up. */
const KEPT = 64
/** Payloads kept of what several people resume from. */
const KEPT_PAYLOADS = 256

/** An event as it goes out: the payload of the protocol's `next` message, as JSON. */
export interface Told extends Pick<LiveEvent<unknown>, 'sequence' | 'actorId'> {
  readonly payload: string
}

/** Somebody who is told, until they leave or the broadcast ends. */
export interface Hearer {
  hear(told: Told): void
  /** The broadcast is over; `error` says why, null when it ended by itself. */
  end(error: unknown): void
}

/** What is broadcast, and how an event becomes a payload. */
export interface Program {
  readonly events: (signal: AbortSignal) => Promise<AsyncIterable<LiveEvent<unknown>>>
  readonly execute: (event: LiveEvent<unknown>) => Promise<string>
}

/** What many people ask alike, read and executed once for all of them; it ends when the last of them leaves. */
export class Broadcast {
  readonly #program: Program
  /** Whether each is told from here, or still catches up by themselves. */
  readonly #hearers = new Map<Hearer, boolean>()
  readonly #payloads = new LRUCache<bigint, Promise<string>>({ max: KEPT_PAYLOADS })
  readonly #ended = new AbortController()
  /** Resolves once it listens, or is over. */
  readonly listens: Promise<void>
  #onListening: () => void = () => undefined
  #kept: Told[] = []

  constructor(program: Program) {
    this.#program = program
    this.listens = new Promise((resolve) => (this.#onListening = resolve))
  }

  get isOver(): boolean {
    return this.#ended.signal.aborted
  }

  /** Reads and tells until it is over. Never rejects. */
  async run(): Promise<void> {
    let reason: unknown = null
    try {
      const events = await this.#program.events(this.#ended.signal)
      this.#onListening()
      for await (const event of events) {
        const { sequence, actorId } = event
        const told = { sequence, payload: await this.payloadOf(event), ...(actorId !== undefined && { actorId }) }
        this.#keep(told)
        for (const [hearer, isJoined] of this.#hearers) if (isJoined) hearer.hear(told)
      }
    } catch (error) {
      reason = error
      if (!this.isOver) log.warn({ err: error }, 'broadcast: ended')
    }
    this.#ended.abort()
    for (const hearer of this.#hearers.keys()) hearer.end(reason)
    this.#onListening()
  }

  /** An event that is numbered is executed once, also for those who resume from before it. */
  payloadOf(event: LiveEvent<unknown>): Promise<string> {
    const { sequence } = event
    if (sequence === null) return this.#program.execute(event)
    let payload = this.#payloads.get(sequence)
    if (!payload) {
      payload = this.#program.execute(event)
      this.#payloads.set(sequence, payload)
    }
    return payload
  }

  /** Keeps the broadcast going for somebody who will join. */
  attend(hearer: Hearer): void {
    this.#hearers.set(hearer, false)
  }

  /** Tells `hearer` what comes from now on and, where only the present counts, what is now. */
  join(hearer: Hearer): void {
    this.#hearers.set(hearer, true)
    const latest = this.#kept.at(-1)
    if (latest?.sequence === null) hearer.hear(latest)
  }

  /** Joins somebody who has been told everything up to `sequence`; false while what came after it is not all kept here. */
  takeOver(hearer: Hearer, sequence: bigint): boolean {
    const oldest = this.#kept[0]?.sequence ?? null
    if (oldest === null || oldest > sequence + 1n) return false
    this.#hearers.set(hearer, true)
    for (const told of this.#kept) if (told.sequence !== null && told.sequence > sequence) hearer.hear(told)
    return true
  }

  leave(hearer: Hearer): void {
    if (this.#hearers.delete(hearer) && this.#hearers.size === 0) this.#ended.abort()
  }

  #keep(told: Told): void {
    if (told.sequence === null) this.#kept = [told]
    else if (this.#kept.push(told) > KEPT) this.#kept.shift()
  }
}

/** The broadcasts of one process, by what is asked. */
export class Broadcasts {
  readonly #byKey = new Map<string, Broadcast>()

  get size(): number {
    return this.#byKey.size
  }

  /** The broadcast of `key` with `hearer` attending, begun where there is none. */
  attend(key: string, hearer: Hearer, program: Program): Broadcast {
    const known = this.#byKey.get(key)
    if (known && !known.isOver) {
      known.attend(hearer)
      return known
    }
    const broadcast = new Broadcast(program)
    broadcast.attend(hearer)
    this.#byKey.set(key, broadcast)
    void broadcast.run().then(() => {
      if (this.#byKey.get(key) === broadcast) this.#byKey.delete(key)
    })
    return broadcast
  }
}
