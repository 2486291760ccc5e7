import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { Alarm } from './alarm.js'
import type { Arrivals, Carrier } from './bus-carrier.js'
import { openListener } from './bus-listener.js'
import { addMs, SECOND_MS } from './clock.js'
import { databaseNow } from './db.js'
import type { Db } from './db.js'
import { findLastSequence, listEventsAfter, listEventsSince, REPLAY_BATCH } from './events.js'
import type { OutboxEvent } from './events.js'
import { log } from './log.js'
import { begin, LISTENING } from './sources.js'
import type { Source } from './sources.js'
import { TIMEOUTS } from './timeouts.js'

const REREAD_RETRY_MS = 2 * SECOND_MS
/** Ids remembered to drop what a re-read delivers twice. */
const REMEMBERED_IDS = 20_000
/** Events that wait for one slow listener; beyond it the stream ends, and the client resumes by sequence. */
const MAX_BACKLOG = 1_000

export type Listener = (event: OutboxEvent) => void

/**
 * Carries outbox events and signals between processes: every committed event reaches every process that listens to its
 * stream; a signal wakes who listens to its key, and carries nothing.
 */
export interface Bus {
  /** Calls `listener` for each event of `stream` from now on, now and then one twice or out of order; returns how to stop. */
  subscribe(stream: string, listener: Listener): () => void
  /**
   * The events of `stream` in order of sequence, each once: those after `after` first, then live ones; without `after` those
   * that are committed once the promise has resolved. Ends with `signal`, also unread, or when the reader falls too far behind.
   */
  events(
    stream: string,
    options: { readonly after?: bigint; readonly signal: AbortSignal },
  ): Promise<AsyncIterable<OutboxEvent>>
  /** Calls `listener` whenever any event was committed, or may have been; it says neither which nor how many. */
  onEvent(listener: () => void): () => void
  /** Calls `listener` for each signal to `key` on `topic`, and after every reconnection, for one may have been missed. */
  onSignal(topic: string, key: string, listener: () => void): () => void
  /** Calls `listener` whenever events may have been late: after every reconnection. */
  onReconnect(listener: () => void): () => void
  /** Streams with a listener in this process. */
  readonly streams: number
  close(): Promise<void>
}

/**
 * A bus over LISTEN/NOTIFY on a connection of its own or, with `redisUrl`, over Redis or Valkey, where one process listens to
 * the database for all. Either reconnects by itself, and then reads again what it may have missed.
 */
export async function openBus(url: string, db: Db, redisUrl: string | null = null): Promise<Bus> {
  const hub = new Hub(db)
  try {
    hub.carrier = redisUrl
      ? await (await import('./bus-redis.js')).openRedisCarrier(url, db, redisUrl, hub)
      : await openListener(url, db, hub)
  } catch (error) {
    await hub.close()
    throw error
  }
  return hub
}

/** The listeners of this process. */
class Hub implements Bus, Arrivals {
  carrier: Carrier | null = null
  readonly #db: Db
  readonly #emitter = new EventEmitter().setMaxListeners(0)
  readonly #reconnects = new EventEmitter().setMaxListeners(0)
  readonly #wakeUps = new EventEmitter().setMaxListeners(0)
  readonly #signals = new EventEmitter().setMaxListeners(0)
  readonly #seen = new LRUCache<bigint, true>({ max: REMEMBERED_IDS })
  #isClosed = false
  #missedMs = 0
  #catchingUp: Promise<void> | null = null

  constructor(db: Db) {
    this.#db = db
  }

  get streams(): number {
    return this.#emitter.eventNames().length
  }

  subscribe(stream: string, listener: Listener): () => void {
    this.#emitter.on(stream, listener)
    return () => this.#emitter.off(stream, listener)
  }

  onEvent(listener: () => void): () => void {
    this.#wakeUps.on('event', listener)
    return () => this.#wakeUps.off('event', listener)
  }

  onSignal(topic: string, key: string, listener: () => void): () => void {
    const name = `${topic} ${key}`
    this.#signals.on(name, listener)
    return () => this.#signals.off(name, listener)
  }

  onReconnect(listener: () => void): () => void {
    this.#reconnects.on('reconnect', listener)
    return () => this.#reconnects.off('reconnect', listener)
  }

  events(
    stream: string,
    { after, signal }: { after?: bigint; signal: AbortSignal },
  ): Promise<AsyncIterable<OutboxEvent>> {
    return begin(this.#events(stream, after, signal), signal)
  }

  async *#events(stream: string, after: bigint | undefined, signal: AbortSignal): Source<OutboxEvent> {
    // listening begins before the first look, so that nothing falls between the two
    const backlog = new Backlog(this, stream, signal)
    try {
      let last = after ?? (await findLastSequence(this.#db, stream))
      yield LISTENING
      if (after !== undefined)
        for await (const event of this.#replay(stream, last)) {
          last = event.sequence
          yield event
        }
      for await (const event of backlog.events()) {
        if (event.sequence <= last) continue
        // one that was overtaken by this one is in the table: what was committed before has a lower sequence
        if (event.sequence > last + 1n)
          for await (const earlier of this.#replay(stream, last)) {
            if (earlier.sequence >= event.sequence) break
            last = earlier.sequence
            yield earlier
          }
        last = event.sequence
        yield event
      }
    } finally {
      backlog.stop()
    }
  }

  async *#replay(stream: string, after: bigint): AsyncIterable<OutboxEvent> {
    for (let last = after; ;) {
      const page = await listEventsAfter(this.#db, stream, last)
      yield* page
      last = page.at(-1)?.sequence ?? last
      if (page.length < REPLAY_BATCH) return
    }
  }

  deliver(events: readonly OutboxEvent[]): void {
    if (events.length > 0) call(this.#wakeUps, 'event')
    for (const event of events) {
      if (this.#seen.has(event.id)) continue
      this.#seen.set(event.id, true)
      call(this.#emitter, event.stream, event)
    }
  }

  isAwaited(stream: string): boolean {
    return this.#emitter.listenerCount(stream) > 0
  }

  passed(): void {
    call(this.#wakeUps, 'event')
  }

  wake(names: readonly string[]): void {
    for (const name of names) call(this.#signals, name)
  }

  missed(ms: number): void {
    this.#missedMs = Math.max(this.#missedMs, ms)
    this.#catchingUp ??= this.#catchUp().finally(() => (this.#catchingUp = null))
  }

  /** Reads again what may have been missed, until that succeeds. */
  async #catchUp(): Promise<void> {
    while (this.#missedMs > 0 && !this.#isClosed) {
      const ms = this.#missedMs
      this.#missedMs = 0
      try {
        await this.#reread(ms)
      } catch (error) {
        log.warn({ err: error }, 'bus: reading again what was missed')
        await sleep(REREAD_RETRY_MS, undefined, { ref: false })
        this.#missedMs = Math.max(this.#missedMs, ms + REREAD_RETRY_MS)
        continue
      }
      call(this.#wakeUps, 'event')
      for (const name of this.#signals.eventNames()) call(this.#signals, name)
      call(this.#reconnects, 'reconnect')
    }
  }

  /** How long it was away is the machine's to say; when that was, the database's, by whose clock events are dated. */
  async #reread(missedMs: number): Promise<void> {
    // and a while before: ids are committed out of order
    const since = addMs(await databaseNow(this.#db), -missedMs - TIMEOUTS.rereadMs)
    for (let last = 0n; ;) {
      const page = await listEventsSince(this.#db, since, last)
      this.deliver(page)
      last = page.at(-1)?.id ?? last
      if (page.length < REPLAY_BATCH) return
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const emitter of [this.#emitter, this.#reconnects, this.#wakeUps, this.#signals]) emitter.removeAllListeners()
    await this.carrier?.close()
  }
}

/** One reader's own queue; when the reader falls too far behind it ends, after what it holds. */
class Backlog {
  readonly stop: () => void
  readonly #alarm: Alarm
  readonly #queue: OutboxEvent[] = []
  #isFull = false

  constructor(bus: Bus, stream: string, signal: AbortSignal) {
    this.#alarm = new Alarm(signal)
    this.stop = bus.subscribe(stream, (event) => {
      this.#add(event)
    })
  }

  async *events(): AsyncGenerator<OutboxEvent, void> {
    for (;;) {
      const event = this.#queue.shift()
      if (event) yield event
      else if (this.#isFull || !(await this.#alarm.next())) return
    }
  }

  #add(event: OutboxEvent): void {
    this.#isFull ||= this.#queue.length >= MAX_BACKLOG
    if (this.#isFull) this.stop()
    else this.#queue.push(event)
    this.#alarm.ring()
  }
}

/** Calls who listens; one listener's bug must not cost the others their event. */
function call(emitter: EventEmitter, name: string | symbol, ...args: unknown[]): void {
  for (const listener of emitter.listeners(name) as ((...all: unknown[]) => void)[]) {
    try {
      listener(...args)
    } catch (error) {
      log.error({ err: error, name: String(name) }, 'bus: a listener failed')
    }
  }
}
