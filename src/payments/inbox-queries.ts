import type { WebhookEventState } from '../generated/prisma/enums.js'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import { PROCESSORS } from '../processors/types.js'
import type { ProcessorEvent } from '../processors/types.js'

/** A row of `webhook_events`. */
export interface WebhookEventRow {
  readonly id: string
  readonly processor: string
  readonly eventId: string
  readonly type: string
  readonly objectId: string | null
  readonly occurredAt: Date
  readonly payload: Readonly<Record<string, unknown>>
  readonly state: WebhookEventState
  readonly attemptCount: number
  readonly nextAttemptAt: Date | null
  readonly lastError: string | null
  readonly receivedAt: Date
  readonly processedAt: Date | null
}

const eventColumns = fragment`
  e.id::text as id, e.processor, e.event_id as "eventId", e.type, e.object_id as "objectId", e.occurred_at as "occurredAt",
  e.payload, upper(e.state::text) as state, e.attempt_count::int as "attemptCount", e.next_attempt_at as "nextAttemptAt",
  e.last_error as "lastError", e.received_at as "receivedAt", e.processed_at as "processedAt"`

/** Keeps a processor's message; null where it is kept already. */
export async function insertWebhookEvent(
  tx: Tx,
  event: ProcessorEvent & { readonly processor: string },
  now: Date,
): Promise<string | null> {
  const [row] = await tx.sql<{ id: string }>`/* payments.insertWebhookEvent */
    insert into webhook_events (processor, event_id, type, object_id, occurred_at, payload, received_at)
    values (
      ${event.processor}, ${event.id}, ${event.type}, ${event.objectId}, ${event.occurredAt}::timestamptz,
      ${{ json: event.payload }}::jsonb, ${now}::timestamptz)
    on conflict (processor, event_id) do nothing
    returning id::text as id`
  return row?.id ?? null
}

/** A message as it is now. */
export async function findWebhookEvent(db: Db, id: string): Promise<WebhookEventRow | null> {
  const [row] = await db.sql<WebhookEventRow>`/* payments.webhookEvent */
    select ${eventColumns} from webhook_events e where e.id = ${id}::uuid`
  return row ?? null
}

/** A message held against others until the transaction ends. */
export async function findWebhookEventForUpdate(tx: Tx, id: string): Promise<WebhookEventRow | null> {
  const [row] = await tx.sql<WebhookEventRow>`/* payments.holdWebhookEvent */
    select ${eventColumns} from webhook_events e where e.id = ${id}::uuid for update`
  return row ?? null
}

/** Writes what became of a message. */
export async function updateWebhookEvent(
  tx: Tx,
  id: string,
  change: {
    readonly state: WebhookEventState
    readonly isAttempt: boolean
    readonly nextAttemptAt: Date | null
    readonly lastError: string | null
    readonly processedAt: Date | null
  },
): Promise<void> {
  await tx.sql`/* payments.updateWebhookEvent */
    update webhook_events set state = lower(${change.state})::webhook_event_state,
      attempt_count = attempt_count + ${change.isAttempt ? 1 : 0}::int,
      next_attempt_at = ${change.nextAttemptAt}::timestamptz, last_error = ${change.lastError},
      processed_at = ${change.processedAt}::timestamptz
    where id = ${id}::uuid`
}

/** The messages about one object that wait for another one. */
export async function listParked(tx: Tx, processor: string, objectId: string): Promise<string[]> {
  const rows = await tx.sql<{ id: string }>`/* payments.parked */
    select id::text as id from webhook_events
    where processor = ${processor} and object_id = ${objectId} and state = 'parked'
    order by occurred_at, id limit 100`
  return rows.map(({ id }) => id)
}

/** A page of messages, the newest first, one row more than its limit when others follow: the first of each state are put together. */
export const listWebhookEvents = (
  db: Db,
  { states, processor }: { readonly states: readonly string[] | null; readonly processor: string | null },
  page: PageRequest,
): Promise<WebhookEventRow[]> =>
  db.sql<WebhookEventRow>`/* payments.webhookEvents */
    select ${eventColumns}
    from unnest(coalesce(${states}::webhook_event_state[], enum_range(null::webhook_event_state))) s (state)
    cross join unnest(${processor === null ? PROCESSORS : [processor]}::text[]) p (name)
    cross join lateral (
      select * from webhook_events w
      where w.processor = p.name and w.state = s.state and ${beyond(page, fragment`w.received_at, w.id`, timeAndId)}
      order by ${inOrder(page, fragment`w.received_at`, fragment`w.id`)}
      limit ${page.limit + 1}::int
    ) e
    order by ${inOrder(page, fragment`e.received_at`, fragment`e.id`)}
    limit ${page.limit + 1}::int`
