import { EventEmitter, on } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import pg from 'pg'
import { addMs, machineNow, SECOND_MS } from './clock.js'
import type { Db } from './db.js'
import { EVENTS_CHANNEL, listEventsAfter, listEventsById, listEventsSince, REPLAY_BATCH } from './events.js'
import type { OutboxEvent } from './events.js'
import { log } from './log.js'

/** Longer than a transaction can last, so that ids committed out of order around a break are read again. */
const REREAD_MS = 60 * SECOND_MS
const RECONNECT_MIN_MS = 100
const RECONNECT_MAX_MS = 2_000
/** Ids remembered to drop what a re-read delivers twice. */
const REMEMBERED_IDS = 20_000
/** Events that wait for one slow listener; beyond it the stream ends, and the client resumes by sequence. */
const MAX_BACKLOG = 1_000

export type Listener = (event: OutboxEvent) => void

/** Carries outbox events between processes: every committed event reaches every process that listens to its stream. */
export interface Bus {
  /** Calls `listener` for each event of `stream` from now on; returns how to stop. */
  subscribe(stream: string, listener: Listener): () => void
  /**
   * The events of `stream` in order of sequence, each once: those after `after` first, then live ones.
   * Ends with `signal`, or when the reader falls too far behind.
   */
  events(stream: string, options: { readonly after?: bigint; readonly signal: AbortSignal }): AsyncIterable<OutboxEvent>
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
  readonly #seen = new LRUCache<bigint, true>({ max: REMEMBERED_IDS })
  readonly #url: string
  readonly #db: Db
  #client: pg.Client | null = null
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

  #live(stream: string, signal: AbortSignal): AsyncIterable<OutboxEvent> {
    const source = on(this.#emitter, stream, { signal, highWaterMark: MAX_BACKLOG, lowWaterMark: 1 })
    return (async function* () {
      try {
        for await (const [event] of source) yield event as OutboxEvent
      } catch (error) {
        if (!signal.aborted) throw error
      }
    })()
  }

  async connect(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#url, keepAlive: true, application_name: 'bus' })
    let lost = false
    const onLost = (): void => {
      if (lost || this.#closed) return
      lost = true
      const since = addMs(machineNow(), -REREAD_MS)
      void client.end().catch(() => undefined)
      void this.#reconnect(since)
    }
    client.on('error', onLost)
    client.on('end', onLost)
    client.on('notification', ({ payload }) => this.#onNotification(payload))
    await client.connect()
    await client.query(`listen ${EVENTS_CHANNEL}`)
    this.#client = client
  }

  async #reconnect(since: Date): Promise<void> {
    for (let waitMs = RECONNECT_MIN_MS; !this.#closed; waitMs = Math.min(waitMs * 2, RECONNECT_MAX_MS)) {
      await setTimeout(waitMs)
      try {
        await this.connect()
        await this.#reread(since)
        this.#reconnects.emit('reconnect')
        return
      } catch (error) {
        log.warn({ err: error }, 'bus: reconnecting')
      }
    }
  }

  async #reread(since: Date): Promise<void> {
    for (let last = 0n; ;) {
      const page = await listEventsSince(this.#db, since, last)
      for (const event of page) this.#deliver(event)
      last = page.at(-1)?.id ?? last
      if (page.length < REPLAY_BATCH) return
    }
  }

  #onNotification(payload: string | undefined): void {
    if (!payload || !/^\d+$/.test(payload)) return
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
        await setTimeout(RECONNECT_MIN_MS)
      }
    }
  }

  #deliver(event: OutboxEvent): void {
    if (this.#seen.has(event.id)) return
    this.#seen.set(event.id, true)
    this.#emitter.emit(event.stream, event)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#emitter.removeAllListeners()
    this.#reconnects.removeAllListeners()
    await this.#client?.end().catch(() => undefined)
  }
}
