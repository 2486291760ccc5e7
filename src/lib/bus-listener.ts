import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Arrivals, Carrier } from './bus-carrier.js'
import { monotonicMs, SECOND_MS } from './clock.js'
import type { Db } from './db.js'
import { EVENTS_CHANNEL, listEventsById, parseEventNotice, REPLAY_BATCH } from './events.js'
import { log } from './log.js'
import { parseSignal, SIGNALS_CHANNEL } from './signals.js'

const RECONNECT_MIN_MS = 100
const RECONNECT_MAX_MS = 2 * SECOND_MS
/** A peer that vanished without a word is found out by asking; whoever waits for events must not wait for TCP to give up. */
const ASK_EVERY_MS = 3 * SECOND_MS
const ANSWER_WITHIN_MS = 2 * SECOND_MS

/**
 * Listens to the database on a connection of its own, and reads the events whose ids it hears; reconnects by itself.
 * @throws Error when the database cannot be reached now
 */
export async function openListener(url: string, db: Db, arrivals: Arrivals): Promise<Carrier> {
  const listener = new DatabaseListener(url, db, arrivals)
  await listener.connect()
  return listener
}

class DatabaseListener implements Carrier {
  readonly #url: string
  readonly #db: Db
  readonly #arrivals: Arrivals
  #client: pg.Client | null = null
  #asking: NodeJS.Timeout | undefined
  #isClosed = false
  #pending: bigint[] = []
  #reading: Promise<void> | null = null

  constructor(url: string, db: Db, arrivals: Arrivals) {
    this.#url = url
    this.#db = db
    this.#arrivals = arrivals
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
      if (channel === EVENTS_CHANNEL) this.#onEvent(payload)
      else this.#arrivals.wake(parseSignal(payload))
    })
    try {
      await client.connect()
      await client.query(`listen ${EVENTS_CHANNEL}; listen ${SIGNALS_CHANNEL}`)
    } catch (error) {
      discard(client)
      throw error
    }
    if (this.#isClosed) discard(client)
    else this.#watch(client)
  }

  /** Reconnects, once, in whichever way the connection shows that it is lost: by an error, its end, or its silence. */
  #watch(client: pg.Client): void {
    let isLost = false
    const onLost = (): void => {
      if (isLost || this.#isClosed) return
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
    for (let waitMs = RECONNECT_MIN_MS; !this.#isClosed; waitMs = Math.min(waitMs * 2, RECONNECT_MAX_MS)) {
      await sleep(waitMs)
      try {
        await this.connect()
        this.#arrivals.missed(monotonicMs() - lostAtMs)
        return
      } catch (error) {
        log.warn({ err: error }, 'bus: reconnecting')
      }
    }
  }

  #onEvent(payload: string): void {
    const notice = parseEventNotice(payload)
    if (!notice) return
    if (!this.#arrivals.isAwaited(notice.stream)) {
      this.#arrivals.passed()
      return
    }
    this.#pending.push(notice.id)
    this.#reading ??= this.#read().finally(() => (this.#reading = null))
  }

  /** Reads the rows behind the notifications, in batches: what arrives during a read is read next. */
  async #read(): Promise<void> {
    while (this.#pending.length > 0) {
      const ids = this.#pending.splice(0, REPLAY_BATCH)
      try {
        this.#arrivals.deliver(await listEventsById(this.#db, ids))
      } catch (error) {
        if (this.#isClosed) return
        log.warn({ err: error }, 'bus: reading again')
        this.#pending.unshift(...ids)
        await sleep(RECONNECT_MIN_MS)
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#asking)
    await this.#client?.end().catch(() => undefined)
  }
}

/** Lets a connection go at once: `end` would wait for an answer that may never come. */
function discard(client: pg.Client): void {
  void client.end().catch(() => undefined)
  ;(client as unknown as { readonly connection: { readonly stream: Duplex } }).connection.stream.destroy()
}
