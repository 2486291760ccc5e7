import type { SandboxKind } from '../generated/prisma/enums.js'
import type { Db, Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { Entry } from './sandbox-books.js'
import type { Span } from './types.js'

const columns = fragment`id, upper(kind::text) as kind, parent_id as "parentId", state, data, created_at as "createdAt"`

/** An entry to be written. */
export interface NewEntry {
  readonly id: string
  readonly kind: SandboxKind
  readonly key: string | null
  readonly parentId: string | null
  readonly state: string
  readonly data: object
  /** When it moves on by itself. */
  readonly settlesAt?: Date | null
}

/** Writes an entry; undefined when there is one under its key. Waits for whoever is writing one under it. */
export async function insertEntry<E extends Entry>(tx: Tx, entry: NewEntry, now: Date): Promise<E | undefined> {
  const [row] = await tx.sql<E>`/* processors.insertEntry */
    insert into sandbox_objects (id, kind, idempotency_key, parent_id, state, data, settles_at, created_at, updated_at)
    values (${entry.id}, lower(${entry.kind}::text)::sandbox_kind, ${entry.key}, ${entry.parentId}, ${entry.state},
      ${{ json: entry.data }}::jsonb, ${entry.settlesAt ?? null}::timestamptz, ${now}::timestamptz, ${now}::timestamptz)
    on conflict (idempotency_key) do nothing
    returning ${columns}`
  return row
}

export async function findEntry<E extends Entry>(db: Db, id: string): Promise<E | undefined> {
  const [row] = await db.sql<E>`/* processors.findEntry */ select ${columns} from sandbox_objects where id = ${id}`
  return row
}

export async function findEntryForUpdate<E extends Entry>(tx: Tx, id: string): Promise<E | undefined> {
  const [row] = await tx.sql<E>`/* processors.holdEntry */
    select ${columns} from sandbox_objects where id = ${id} for update`
  return row
}

export async function findEntryByKey<E extends Entry>(db: Db, key: string): Promise<E | undefined> {
  const [row] = await db.sql<E>`/* processors.findEntryByKey */
    select ${columns} from sandbox_objects where idempotency_key = ${key}`
  return row
}

/** What belongs to another entry, oldest first. */
export const listEntriesOf = <E extends Entry>(db: Db, parentId: string, kind: SandboxKind): Promise<E[]> =>
  db.sql<E>`/* processors.entriesOf */
    select ${columns} from sandbox_objects
    where parent_id = ${parentId} and kind = lower(${kind}::text)::sandbox_kind order by created_at, id`

/** Entries of a kind that were made within a span, by their ids, from the one after `after` on. */
export const listEntriesWithin = <E extends Entry>(
  db: Db,
  kind: SandboxKind,
  { from, to }: Span,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<E[]> =>
  db.sql<E>`/* processors.entriesWithin */
    select ${columns} from sandbox_objects
    where kind = lower(${kind}::text)::sandbox_kind and created_at >= ${from}::timestamptz and created_at < ${to}::timestamptz
      and id > coalesce(${after}::text, '')
    order by id limit ${limit}::int`

/** Writes how an entry stands now; it does not move on by itself unless `settlesAt` says so. */
export async function updateEntry<E extends Entry>(
  tx: Tx,
  id: string,
  { state, data, settlesAt }: { readonly state: string; readonly data: object; readonly settlesAt?: Date },
  now: Date,
): Promise<E | undefined> {
  const [row] = await tx.sql<E>`/* processors.updateEntry */
    update sandbox_objects
    set state = ${state}, data = ${{ json: data }}::jsonb, settles_at = ${settlesAt ?? null}::timestamptz,
      updated_at = ${now}::timestamptz
    where id = ${id}
    returning ${columns}`
  return row
}

/** What has to move on by itself, the longest due first. */
export const listSettling = (db: Db, now: Date, limit: number): Promise<{ id: string }[]> =>
  db.sql<{ id: string }>`/* processors.settling */
    select id from sandbox_objects where settles_at <= ${now}::timestamptz order by settles_at, id limit ${limit}::int`

/** Holds an entry that has to move on by itself; undefined once it did. */
export async function findSettlingForUpdate<E extends Entry>(tx: Tx, id: string, now: Date): Promise<E | undefined> {
  const [row] = await tx.sql<E>`/* processors.holdSettling */
    select ${columns} from sandbox_objects where id = ${id} and settles_at <= ${now}::timestamptz for update`
  return row
}

/** A message that waits to be told. */
export interface WaitingEvent {
  readonly id: string
  readonly attemptCount: number
  readonly payload: object
}

export async function insertEvent(
  tx: Tx,
  event: { readonly eventId: string; readonly type: string; readonly objectId: string; readonly payload: object },
  now: Date,
): Promise<void> {
  await tx.sql`/* processors.insertSandboxEvent */
    insert into sandbox_events (event_id, type, object_id, payload, due_at, created_at)
    values (${event.eventId}, ${event.type}, ${event.objectId}, ${{ json: event.payload }}::jsonb,
      ${now}::timestamptz, ${now}::timestamptz)`
}

export const listDueEvents = (db: Db, now: Date, limit: number): Promise<WaitingEvent[]> =>
  db.sql<WaitingEvent>`/* processors.dueSandboxEvents */
    select id::text, attempt_count as "attemptCount", payload from sandbox_events
    where delivered_at is null and dropped_at is null and due_at <= ${now}::timestamptz
    order by due_at, id limit ${limit}::int`

/** How telling a message went: it was taken, it was lost on purpose, or it is told again at `dueAt`. */
export type EventFate = { readonly end: 'delivered' | 'dropped' } | { readonly dueAt: Date }

export async function markEvent(tx: Tx, id: string, fate: EventFate, now: Date): Promise<void> {
  const end = 'end' in fate ? fate.end : null
  await tx.sql`/* processors.markSandboxEvent */
    update sandbox_events
    set attempt_count = least(attempt_count + 1, 30000),
      due_at = coalesce(${'dueAt' in fate ? fate.dueAt : null}::timestamptz, due_at),
      delivered_at = case when ${end}::text = 'delivered' then ${now}::timestamptz end,
      dropped_at = case when ${end}::text = 'dropped' then ${now}::timestamptz end
    where id = ${id}::bigint and delivered_at is null and dropped_at is null`
}
