import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import pg from 'pg'
import { addMs, monotonicMs, SECOND_MS } from './clock.js'
import { databaseNow } from './db.js'
import type { Db } from './db.js'
import { EVENTS_CHANNEL, listEventsAfter, listEventsById, listEventsSince, REPLAY_BATCH } from './events.js'
import type { OutboxEvent } from './events.js'
import { log } from './log.js'
import { SIGNALS_CHANNEL, parseSignal } from './signals.js'

/** Longer than a transaction can last, so that ids committed out of order around a break are read again. */
const REREAD_MS = 60 * SECOND_MS
const RECONNECT_MIN_MS = 100
const RECONNECT_MAX_MS = 2_000
/** A peer that vanished without a word is found out by asking; whoever waits for events must not wait for TCP to give up. */
const ASK_EVERY_MS = 3_000
const ANSWER_WITHIN_MS = 2_000
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
  /** Calls `listener` for each event of `stream` from now on; returns how to stop. */
  subscribe(stream: string, listener: Listener): () => void
  /**
   * The events of `stream` in order of sequence, each once: those after `after` first, then live ones.
   * Ends with `signal`, or when the reader falls too far behind.
   */
  events(stream: string, options: { readonly after?: bigint; readonly signal: AbortSignal }): AsyncIterable<OutboxEvent>
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

/** A bus over LISTEN/NOTIFY on a connection of its own; reconnects, and then reads again what it may have missed. */
export async function openBus(url: string, db: Db): Promise<Bus> {
  const bus = new ListenBus(url, db)
  await bus.connect()
  return bus
}

class ListenBus implements Bus {
  readonly #emitter = new EventEmitter().setMaxListeners(0)
  readonly #reconnects = new EventEmitter().setMaxListeners(0)
  readonly #wakeUps = new EventEmitter().setMaxListeners(0)
  readonly #signals = new EventEmitter().setMaxListeners(0)
  readonly #seen = new LRUCache<bigint, true>({ max: REMEMBERED_IDS })
  readonly #url: string
  readonly #db: Db
  #client: pg.Client | null = null
  #asking: NodeJS.Timeout | undefined
  #closed = false
  #pending: bigint[] = []
  #reading: Promise<void> | null = null

  constructor(url: string, db: Db) {
    this.#url = url
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

  async *events(
    stream: string,
    { after, signal }: { after?: bigint; signal: AbortSignal },
  ): AsyncIterable<OutboxEvent> {
    // listening begins before the replay reads, so that nothing falls between the two
    const ended = new AbortController()
    const live = this.#live(stream, AbortSignal.any([signal, ended.signal]))
    let last = after
    try {
      for (let page = await this.#replay(stream, after); page.length > 0; page = await this.#replay(stream, last)) {
        for (const event of page) yield event
        last = page.at(-1)?.sequence
        if (page.length < REPLAY_BATCH) break
      }
      for await (const event of live) {
        if (last !== undefined && event.sequence <= last) continue
        last = event.sequence
        yield event
      }
    } finally {
      ended.abort()
    }
  }

  #replay = (stream: string, after: bigint | undefined): Promise<OutboxEvent[]> =>
    after === undefined ? Promise.resolve([]) : listEventsAfter(this.#db, stream, after)

  /** One reader's own queue; when the reader falls too far behind it ends, after what it holds. */
  #live(stream: string, signal: AbortSignal): AsyncIterable<OutboxEvent> {
    const queue: OutboxEvent[] = []
    let isOver = signal.aborted
    let wake = (): void => undefined
    const end = (): void => {
      isOver = true
      stop()
      wake()
    }
    const stop = this.subscribe(stream, (event) => {
      if (queue.length >= MAX_BACKLOG) {
        end()
        return
      }
      queue.push(event)
      wake()
    })
    signal.addEventListener('abort', end, { once: true })
    return (async function* () {
      try {
        while (!signal.aborted) {
          const event = queue.shift()
          if (event) yield event
          else if (isOver) return
          else await new Promise<void>((resolve) => (wake = resolve))
        }
      } finally {
        signal.removeEventListener('abort', end)
        stop()
      }
    })()
  }

  async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      keepAlive: true,
      application_name: 'bus',
      connectionTimeoutMillis: ANSWER_WITHIN_MS,
      query_timeout: ANSWER_WITHIN_MS,
    })
    // until it listens, a connection that breaks is its opener's to try again
    client.on('error', () => undefined)
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === EVENTS_CHANNEL) this.#onEventId(payload)
      else this.#onSignals(payload)
    })
    try {
      await client.connect()
      await client.query(`listen ${EVENTS_CHANNEL}; listen ${SIGNALS_CHANNEL}`)
    } catch (error) {
      discard(client)
      throw error
    }
    this.#watch(client)
  }

  /** Reconnects, once, in whichever way the connection shows that it is lost: by an error, its end, or its silence. */
  #watch(client: pg.Client): void {
    let isLost = false
    const onLost = (): void => {
      if (isLost || this.#closed) return
      isLost = true
      clearInterval(this.#asking)
      discard(client)
      void this.#reconnect(monotonicMs())
    }
    client.on('error', onLost)
    client.on('end', onLost)
    this.#client = client
    this.#asking = setInterval(() => void client.query('select 1').catch(onLost), ASK_EVERY_MS).unref()
  }

  async #reconnect(lostAtMs: number): Promise<void> {
    for (let waitMs = RECONNECT_MIN_MS; !this.#closed; waitMs = Math.min(waitMs * 2, RECONNECT_MAX_MS)) {
      await sleep(waitMs)
      try {
        await this.connect()
        break
      } catch (error) {
        log.warn({ err: error }, 'bus: reconnecting')
      }
    }
    await this.#catchUp(lostAtMs)
  }

  /** Reads again what may have been missed, until that succeeds. */
  async #catchUp(lostAtMs: number): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#reread(lostAtMs)
        wake(this.#wakeUps, 'event')
        for (const name of this.#signals.eventNames()) wake(this.#signals, name)
        this.#reconnects.emit('reconnect')
        return
      } catch (error) {
        log.warn({ err: error }, 'bus: reading again what was missed')
        await sleep(RECONNECT_MAX_MS)
      }
    }
  }

  /** How long it was away is the machine's to say; when that was, the database's, by whose clock events are dated. */
  async #reread(lostAtMs: number): Promise<void> {
    const now = await databaseNow(this.#db)
    const since = addMs(now, lostAtMs - monotonicMs() - REREAD_MS)
    for (let last = 0n; ;) {
      const page = await listEventsSince(this.#db, since, last)
      for (const event of page) this.#deliver(event)
      last = page.at(-1)?.id ?? last
      if (page.length < REPLAY_BATCH) return
    }
  }

  #onSignals(payload: string): void {
    for (const name of parseSignal(payload)) wake(this.#signals, name)
  }

  #onEventId(payload: string): void {
    if (!/^\d+$/.test(payload)) return
    wake(this.#wakeUps, 'event')
    this.#pending.push(BigInt(payload))
    this.#reading ??= this.#read().finally(() => (this.#reading = null))
  }

  /** Reads the rows behind the notifications, in batches: what arrives during a read is read next. */
  async #read(): Promise<void> {
    while (this.#pending.length > 0) {
      const ids = this.#pending.splice(0, REPLAY_BATCH)
      try {
        for (const event of await listEventsById(this.#db, ids)) this.#deliver(event)
      } catch (error) {
        if (this.#closed) return
        log.warn({ err: error }, 'bus: reading again')
        this.#pending.unshift(...ids)
        await sleep(RECONNECT_MIN_MS)
      }
    }
  }

  #deliver(event: OutboxEvent): void {
    if (this.#seen.has(event.id)) return
    this.#seen.set(event.id, true)
    wake(this.#emitter, event.stream, event)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#asking)
    this.#emitter.removeAllListeners()
    this.#reconnects.removeAllListeners()
    this.#wakeUps.removeAllListeners()
    this.#signals.removeAllListeners()
    await this.#client?.end().catch(() => undefined)
  }
}

/** Calls who listens; one listener's bug must not cost the others their event. */
function wake(emitter: EventEmitter, name: string | symbol, ...args: unknown[]): void {
  for (const listener of emitter.listeners(name) as ((...all: unknown[]) => void)[]) {
    try {
      listener(...args)
    } catch (error) {
      log.error({ err: error, name: String(name) }, 'bus: a listener failed')
    }
  }
}

/** Lets a connection go at once: `end` would wait for an answer that may never come. */
function discard(client: pg.Client): void {
  void client.end().catch(() => undefined)
  ;(client as unknown as { readonly connection: { readonly stream: Duplex } }).connection.stream.destroy()
}
