import assert from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from './bus.js'
import { SECOND_MS } from './clock.js'
import { transaction } from './db.js'
import type { Database, Db, Origin, Tx } from './db.js'
import type { OutboxEvent } from './events.js'
import { MAX_ATTEMPTS } from './jobs.js'
import type { JobHandler, JobServices } from './jobs.js'
import { log } from './log.js'

/** Events that one transaction relays. */
export const RELAY_BATCH = 500
/** How often open events are looked for when nothing says that there are any. */
const LOOK_EVERY_MS = SECOND_MS
/** After a look, what comes is gathered for so long: the first event goes at once, a stream of them in batches. */
const GATHER_MS = 100

/**
 * What a domain above does about something that happened below. It gets every committed event of its types at least once,
 * in no certain order, as a job with that queue's retries: it must be safe to run twice with one event.
 */
export interface EventHandler {
  /** The job's name: one word per handler, as the queue and the metrics show it. */
  readonly name: string
  readonly types: readonly string[]
  /** Whether one job has all events that were relayed together; else each has its own. */
  readonly isBatched: boolean
  readonly run: (events: readonly OutboxEvent[], services: JobServices, jobId: string) => Promise<void>
}

/** Ties work to the types of events that cause it. */
export const onEvents = <Payload>(
  name: string,
  types: readonly string[],
  work: (event: OutboxEvent<Payload>, services: JobServices, jobId: string) => Promise<void>,
): EventHandler => ({
  name,
  types,
  isBatched: false,
  run: async (events, services, jobId) => {
    for (const event of events) await work(event as OutboxEvent<Payload>, services, jobId)
  },
})

/** As `onEvents`, for what comes often and is cheaper done for many at once, at most `RELAY_BATCH`; they fail together too. */
export const onEventBatches = <Payload>(
  name: string,
  types: readonly string[],
  work: (events: readonly OutboxEvent<Payload>[], services: JobServices, jobId: string) => Promise<void>,
): EventHandler => ({
  name,
  types,
  isBatched: true,
  run: (events, services, jobId) => work(events as readonly OutboxEvent<Payload>[], services, jobId),
})

/** An event as a job carries it. */
interface CarriedEvent {
  readonly id: string
  readonly stream: string
  readonly sequence: string
  readonly type: string
  readonly payload: unknown
  readonly createdAt: string
}

/** The jobs that the relay adds, for whoever runs jobs. */
export const relayedJobs = (handlers: readonly EventHandler[]): JobHandler[] =>
  handlers.map(({ name, run }) => ({
    name,
    run: (carried, services, jobId) =>
      run([carried as CarriedEvent | readonly CarriedEvent[]].flat().map(toEvent), services, jobId),
  }))

const toEvent = ({ id, sequence, createdAt, ...event }: CarriedEvent): OutboxEvent => ({
  ...event,
  id: BigInt(id),
  sequence: BigInt(sequence),
  createdAt: new Date(createdAt),
})

/** So far back on its stream an earlier event is looked for that its handler has not had yet. */
const UNHANDLED_WITHIN = 200

/**
 * The events before `event` on its stream that its handler `name`, which is given them one by one, has still to be given, or is being given now: what must come
 * first where order matters. One that its handler failed for good is passed over.
 */
export const listUnhandledBefore = (
  db: Db,
  { stream, sequence }: Pick<OutboxEvent, 'stream' | 'sequence'>,
  name: string,
  types: readonly string[],
): Promise<OutboxEvent[]> =>
  db.sql<OutboxEvent>`/* relay.unhandledBefore */
    select o.id, o.stream, o.sequence, o.type, o.payload, o.created_at as "createdAt" from outbox_events o
    where o.stream = ${stream} and o.sequence < ${sequence} and o.sequence >= ${sequence - BigInt(UNHANDLED_WITHIN)}
      and o.type = any(${types}::text[])
      and (
        o.dispatched_at is null
        or exists (
          select from graphile_worker.jobs j where j.key = o.id || ':' || ${name} and j.attempts < j.max_attempts
        )
      )
    order by o.sequence`

/** A process's share in relaying events. */
export interface Relay {
  /** Finishes the batch under way. Idempotent. */
  stop(): Promise<void>
}

/**
 * Makes jobs of the outbox's open events for the handlers that want them: when the bus says that there are some, and every
 * second for the case that it does not. However many processes do, each event becomes one job per handler.
 */
export function startRelay({ db }: Database, bus: Bus, handlers: readonly EventHandler[]): Relay {
  const relay = new OutboxRelay(db, bus, handlers)
  relay.start()
  return relay
}

/** Relays the events that are open now, until none is; answers how many. */
export async function relayOpenEvents(db: Db, handlers: readonly EventHandler[]): Promise<number> {
  let relayed = 0
  for (let batch = await relayBatch(db, handlers); batch > 0; batch = await relayBatch(db, handlers)) relayed += batch
  return relayed
}

class OutboxRelay implements Relay {
  readonly #db: Db
  readonly #bus: Bus
  readonly #handlers: readonly EventHandler[]
  readonly #stopping = new AbortController()
  /** Whether events came since the last look. */
  #isDue = true
  #wake = (): void => undefined
  #stopListening = (): void => undefined
  #running: Promise<void> = Promise.resolve()

  constructor(db: Db, bus: Bus, handlers: readonly EventHandler[]) {
    this.#db = db
    this.#bus = bus
    this.#handlers = handlers
  }

  start(): void {
    this.#stopListening = this.#bus.onEvent(() => {
      this.#isDue = true
      this.#wake()
    })
    this.#running = this.#run()
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#isDue = false
      await this.#relay()
      await sleep(GATHER_MS, null, { signal: this.#stopping.signal }).catch(() => undefined)
      if (!this.#hasMore()) await this.#rest()
    }
  }

  #hasMore(): boolean {
    return this.#isDue
  }

  async #relay(): Promise<void> {
    try {
      while (!this.#stopping.signal.aborted && (await relayBatch(this.#db, this.#handlers)) === RELAY_BATCH);
    } catch (error) {
      log.warn({ err: error }, 'relay: will look again')
      // the next look is the clock's, however many events come
      this.#isDue = false
    }
  }

  async #rest(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#stopListening()
    this.#wake()
    await this.#running
  }
}

/** One transaction: claims open events, adds their jobs, marks them. Answers how many events. */
function relayBatch(db: Db, handlers: readonly EventHandler[]): Promise<number> {
  const origin: Origin = { db, actorId: null, sessionId: null, requestId: 'relay' }
  return transaction(origin, (tx, now) => dispatch(tx, handlers, now))
}

/**
 * Open events are found by their mark and not by how far the ids went: one that commits late, under a lower id than others
 * that were relayed already, is found like any other.
 */
async function dispatch(tx: Tx, handlers: readonly EventHandler[], now: Date): Promise<number> {
  const wanted = handlers.flatMap(({ types, ...handler }) => types.map((type) => ({ ...handler, type })))
  const [row] = await tx.sql<{ events: number }>`/* relay.dispatch */
    with open as materialized (
      select id, stream, sequence, type, payload, created_at from outbox_events
      where dispatched_at is null
      order by id limit ${RELAY_BATCH}::int
      for update skip locked
    ), wanted as (
      select * from unnest(
        ${wanted.map(({ type }) => type)}::text[], ${wanted.map(({ name }) => name)}::text[],
        ${wanted.map(({ isBatched }) => isBatched)}::boolean[]
      ) as wanted (type, handler, is_batched)
    ), carried as (
      select wanted.handler, wanted.is_batched, open.id,
        jsonb_build_object(
          'id', open.id::text, 'stream', open.stream, 'sequence', open.sequence::text, 'type', open.type,
          'payload', open.payload, 'createdAt', open.created_at) as event
      from open join wanted on wanted.type = open.type
    ), planned as (
      select handler, id, event from carried where not is_batched
      union all
      select handler, min(id), jsonb_agg(event order by id) from carried where is_batched group by handler
    ), specs as (
      select array_agg((
        handler, event::json, null, null, ${MAX_ATTEMPTS}::smallint, id || ':' || handler, null, null
      )::graphile_worker.job_spec order by id) as list
      from planned
    ), jobs as materialized (
      select job.id from specs cross join lateral graphile_worker.add_jobs(specs.list) as job
      where specs.list is not null
    ), marked as (
      update outbox_events set dispatched_at = ${now}::timestamptz
      from open where outbox_events.id = open.id
      returning 1
    )
    select (select count(*) from marked)::int as events, (select count(*) from jobs)::int as jobs`
  assert(row, 'counts are one row')
  return row.events
}
