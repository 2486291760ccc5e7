import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { openListener } from './bus-listener.js'
import type { Arrivals, Carrier } from './bus-carrier.js'
import { monotonicMs, SECOND_MS } from './clock.js'
import type { Db } from './db.js'
import type { OutboxEvent } from './events.js'
import { log } from './log.js'
import { openRedis } from './redis.js'

/** For how long a process that says nothing remains the one that listens for all. */
const LEASE_MS = 3 * SECOND_MS
const RENEW_EVERY_MS = SECOND_MS
/** A peer that vanished without a word is found out by asking. */
const ASK_EVERY_MS = 3 * SECOND_MS
/** How long a start waits for Redis; without it the bus is behind until it comes. */
const START_WITHIN_MS = 2 * SECOND_MS

/** What one process tells all, itself included. */
type Message =
  | { readonly kind: 'events'; readonly events: readonly CarriedEvent[] }
  | { readonly kind: 'signals'; readonly names: readonly string[] }
  | { readonly kind: 'missed'; readonly ms: number }

type CarriedEvent = Omit<OutboxEvent, 'id' | 'sequence' | 'createdAt'> & {
  readonly id: string
  readonly sequence: string
  readonly createdAt: string
}

/**
 * Carries over Redis or Valkey. The database's notifications remain what commits with a transaction: one process, chosen by a
 * lease, listens to them and tells all. Whatever breaks – that process, the database, Redis, a connection – who heard nothing
 * for a while reads again what was committed in it. Two that listen at once only say things twice.
 * @throws Error when the database cannot be asked now
 */
export async function openRedisCarrier(url: string, db: Db, redisUrl: string, arrivals: Arrivals): Promise<Carrier> {
  const name = await findBusName(db)
  const carrier = new RedisCarrier(url, db, { redisUrl, name, arrivals })
  await carrier.open()
  return carrier
}

/** Tells the buses of several databases apart that share one Redis. */
async function findBusName(db: Db): Promise<string> {
  const [row] = await db.sql<{ name: string }>`/* bus.name */
    select system_identifier || ' ' || current_database() as name from pg_control_system()`
  return `bus:${createHash('sha256')
    .update(row?.name ?? '')
    .digest('hex')
    .slice(0, 16)}`
}

class RedisCarrier implements Carrier {
  readonly #url: string
  readonly #db: Db
  readonly #name: string
  readonly #lease: string
  readonly #arrivals: Arrivals
  readonly #me = randomUUID()
  readonly #commands: Redis
  readonly #subscriber: Redis
  #timers: NodeJS.Timeout[] = []
  #listener: Promise<Carrier> | null = null
  #lostAtMs: number | null = null
  /** Since when what this process had to tell may not have been told. */
  #untoldSinceMs: number | null = null
  #isClosed = false

  constructor(
    url: string,
    db: Db,
    { redisUrl, name, arrivals }: { readonly redisUrl: string; readonly name: string; readonly arrivals: Arrivals },
  ) {
    this.#url = url
    this.#db = db
    this.#name = name
    this.#lease = `${name}:lease`
    this.#arrivals = arrivals
    this.#commands = openRedis(redisUrl)
    this.#subscriber = openRedis(redisUrl)
  }

  async open(): Promise<void> {
    const isThere = new Promise<void>((resolve) => {
      this.#subscriber.on('ready', () => void this.#comeBack().then(resolve))
    })
    this.#subscriber.on('close', () => (this.#lostAtMs ??= monotonicMs()))
    this.#subscriber.on('message', (_channel, text) => {
      this.#receive(JSON.parse(text) as Message)
    })
    this.#commands.on('ready', () => void this.#lead())
    this.#timers = [
      setInterval(() => void this.#lead(), RENEW_EVERY_MS).unref(),
      setInterval(() => {
        this.#ask()
      }, ASK_EVERY_MS).unref(),
    ]
    await Promise.race([isThere, sleep(START_WITHIN_MS, undefined, { ref: false })])
    await this.#lead()
  }

  #ask(): void {
    if (this.#subscriber.status !== 'ready') return
    this.#subscriber.ping().catch(() => {
      this.#subscriber.disconnect(true)
    })
  }

  #receive(message: Message): void {
    if (message.kind === 'events') this.#arrivals.deliver(message.events.map(toEvent))
    else if (message.kind === 'signals') this.#arrivals.wake(message.names)
    else this.#arrivals.missed(message.ms)
  }

  /** Listens again before it reads what it missed. */
  async #comeBack(): Promise<void> {
    try {
      await this.#subscriber.subscribe(this.#name)
    } catch (error) {
      log.warn({ err: error }, 'bus: subscribing again')
      this.#subscriber.disconnect(true)
      return
    }
    const lostAtMs = this.#lostAtMs ?? monotonicMs()
    this.#lostAtMs = null
    this.#arrivals.missed(monotonicMs() - lostAtMs + 1)
  }

  /** Takes or keeps the lease, and listens to the database while it is held. */
  async #lead(): Promise<void> {
    if (this.#isClosed) return
    let holds: boolean
    try {
      holds = await this.#takeOrRenew()
    } catch {
      // Redis is away: who listens goes on listening, and tells of the gap when it is back
      return
    }
    await this.#tellUntold()
    if (!holds) await this.#stopListening()
    else if (!this.#listener) await this.#startListening()
  }

  async #startListening(): Promise<void> {
    // closed while Redis answered: nobody would stop it any more
    if (this.#isClosed) return
    const listener = openListener(this.#url, this.#db, {
      deliver: (events) => {
        this.#tell({ kind: 'events', events: events.map(toCarried) })
      },
      // which streams other processes await is not known here
      isAwaited: () => true,
      passed: () => undefined,
      wake: (names) => {
        this.#tell({ kind: 'signals', names })
      },
      missed: (ms) => {
        this.#tell({ kind: 'missed', ms })
      },
    })
    this.#listener = listener
    try {
      await listener
      // whoever listened before has said nothing since at most as long as its lease
      this.#tell({ kind: 'missed', ms: LEASE_MS + RENEW_EVERY_MS })
    } catch (error) {
      // another may have begun since
      if (this.#listener === listener) this.#listener = null
      log.warn({ err: error }, 'bus: listening for all')
      await this.#giveBack()
    }
  }

  async #stopListening(): Promise<void> {
    const listener = this.#listener
    this.#listener = null
    await (await listener?.catch(() => null))?.close()
  }

  #tell(message: Message): void {
    this.#commands.publish(this.#name, JSON.stringify(message)).catch(() => (this.#untoldSinceMs ??= monotonicMs()))
  }

  async #tellUntold(): Promise<void> {
    const sinceMs = this.#untoldSinceMs
    if (sinceMs === null) return
    this.#untoldSinceMs = null
    const message: Message = { kind: 'missed', ms: monotonicMs() - sinceMs + SECOND_MS }
    try {
      await this.#commands.publish(this.#name, JSON.stringify(message))
    } catch {
      this.#untoldSinceMs = sinceMs
    }
  }

  /** Not in one step, and need not be: two that hold it for a moment only say things twice. */
  async #takeOrRenew(): Promise<boolean> {
    if ((await this.#commands.set(this.#lease, this.#me, 'PX', LEASE_MS, 'NX')) === 'OK') return true
    return (
      (await this.#commands.get(this.#lease)) === this.#me &&
      (await this.#commands.pexpire(this.#lease, LEASE_MS)) === 1
    )
  }

  /** Lets another process take over at once. */
  async #giveBack(): Promise<void> {
    try {
      if ((await this.#commands.get(this.#lease)) === this.#me) await this.#commands.del(this.#lease)
    } catch {
      // it ends by itself
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const timer of this.#timers) clearInterval(timer)
    await this.#stopListening()
    await this.#giveBack()
    this.#subscriber.disconnect()
    this.#commands.disconnect()
  }
}

const toCarried = ({ id, sequence, createdAt, ...event }: OutboxEvent): CarriedEvent => ({
  ...event,
  id: id.toString(),
  sequence: sequence.toString(),
  createdAt: createdAt.toISOString(),
})

const toEvent = ({ id, sequence, createdAt, ...event }: CarriedEvent): OutboxEvent => ({
  ...event,
  id: BigInt(id),
  sequence: BigInt(sequence),
  createdAt: new Date(createdAt),
})
