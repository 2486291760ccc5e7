import assert from 'node:assert'
import { isInPast } from './db.js'
import type { Db, Tx } from './db.js'

/** The channel that carries the ids of new outbox rows, each with its stream. */
export const EVENTS_CHANNEL = 'events'

/** Rows a resumed stream reads at once; further ones are read in turn. */
export const REPLAY_BATCH = 200

/** Something that happened, as its outbox row: `sequence` counts without gaps within `stream`. */
export interface OutboxEvent<Payload = unknown> {
  readonly id: bigint
  readonly stream: string
  readonly sequence: bigint
  readonly type: string
  readonly payload: Payload
  readonly createdAt: Date
}

/** What a verb says has happened: ids only, never content; whoever reads it looks up what its viewer may see. */
export interface NewEvent {
  readonly stream: string
  readonly type: string
  readonly payload: Record<string, string | number | boolean | null>
}

/**
 * Writes an event to the outbox and tells every process, on commit. The stream's row is locked until then, so that
 * sequences follow the order of commits.
 */
export async function emit(tx: Tx, event: NewEvent, now: Date): Promise<bigint> {
  const [row] = await tx.sql<{ sequence: bigint }>`/* events.emit */
    with stream as (
      insert into event_streams (stream, last_sequence) values (${event.stream}, 1)
      on conflict (stream) do update set last_sequence = event_streams.last_sequence + 1
      returning last_sequence
    ), event as (
      insert into outbox_events (stream, sequence, type, payload, actor_id, request_id, created_at, dispatched_at)
      select ${event.stream}, last_sequence, ${event.type}, ${{ json: event.payload }}::jsonb,
        app_actor_id()::uuid, app_request_id(), ${now}::timestamptz, ${isInPast(tx) ? now : null}::timestamptz
      from stream
      returning id, sequence
    )
    select sequence, pg_notify(${EVENTS_CHANNEL}, id || ' ' || ${event.stream}::text)::text from event`
  assert(row)
  return row.sequence
}

/** What a notification of the channel says, as `emit` wrote it; null for what is none. */
export function parseEventNotice(payload: string): { readonly id: bigint; readonly stream: string } | null {
  const [, id, stream] = /^(\d+) (.+)$/s.exec(payload) ?? []
  return id === undefined || stream === undefined ? null : { id: BigInt(id), stream }
}

/** The events of `stream` after `sequence`, oldest first, at most `REPLAY_BATCH`. */
export const listEventsAfter = (db: Db, stream: string, sequence: bigint): Promise<OutboxEvent[]> =>
  db.sql<OutboxEvent>`/* events.after */
    select id, stream, sequence, type, payload, created_at as "createdAt" from outbox_events
    where stream = ${stream} and sequence > ${sequence} order by sequence limit ${REPLAY_BATCH}`

/** The events with these ids; what a notification of the channel points at. */
export const listEventsById = (db: Db, ids: readonly bigint[]): Promise<OutboxEvent[]> =>
  db.sql<OutboxEvent>`/* events.byId */
    select id, stream, sequence, type, payload, created_at as "createdAt" from outbox_events
    where id = any(${ids.map(String)}::bigint[]) order by id`

/**
 * The events written since `since`, oldest first: what a listener reads again after its connection broke.
 * Ids may commit out of order, so `since` must lie before the break by more than a transaction can last. By time the first
 * is found, and from it on by id: a month of older events is not read.
 */
export const listEventsSince = (db: Db, since: Date, afterId: bigint): Promise<OutboxEvent[]> =>
  db.sql<OutboxEvent>`/* events.since */
    select id, stream, sequence, type, payload, created_at as "createdAt" from outbox_events
    where id > ${afterId} and id >= (
      select id from outbox_events where created_at >= ${since}::timestamptz order by created_at limit 1
    )
    order by id limit ${REPLAY_BATCH}`

/** How far a stream has come; 0 for one without events. */
export async function findLastSequence(db: Db, stream: string): Promise<bigint> {
  const row = await db.eventStream.findUnique({ where: { stream }, select: { lastSequence: true } })
  return row?.lastSequence ?? 0n
}
