import type { Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import { notBlocked } from '../social/social.js'
import { isInGoodStanding } from '../accounts/accounts.js'
import type { ClaimedDelivery, Message } from './types.js'

/** A message to all of somebody's addresses that want it. */
export interface NewMessage {
  readonly ownerId: string
  readonly eventId: bigint
  readonly objectId: string
  readonly message: Message
}

/** Whether somebody has an address that wants this type; most have none. */
export async function hasListeningEndpoint(tx: Tx, ownerId: string, type: string): Promise<boolean> {
  const [row] = await tx.sql<{ listens: boolean }>`/* webhooks.listens */
    select exists (
      select from webhook_endpoints e join users u on u.id = e.owner_id
      where e.owner_id = ${ownerId}::uuid and ${wants(type)}
    ) as listens`
  return row?.listens ?? false
}

/** Whether the address `e` of `u` is to be told of this type. */
const wants = (type: string) => fragment`(
  e.disabled_at is null and (e.event_types = '{}' or ${type} = any(e.event_types))
  and u.account_status in ('active', 'suspended')
)`

/** Makes a message's row per address that wants it, once per event. */
export async function insertDeliveries(
  tx: Tx,
  { ownerId, eventId, objectId, message }: NewMessage,
  now: Date,
): Promise<void> {
  await tx.sql`/* webhooks.insertDeliveries */
    insert into webhook_deliveries (endpoint_id, event_id, object_id, type, payload, next_attempt_at, created_at)
    select e.id, ${eventId}::bigint, ${objectId}, ${message.type}, ${{ json: message }}::jsonb, ${now}::timestamptz,
      ${now}::timestamptz
    from webhook_endpoints e join users u on u.id = e.owner_id
    where e.owner_id = ${ownerId}::uuid and ${wants(message.type)}
    on conflict (endpoint_id, event_id) do nothing`
}

/** Whether a creator may hear of somebody: an account in good standing, and no block between them. */
export async function mayHearOf(tx: Tx, creatorId: string, personId: string, now: Date): Promise<boolean> {
  const [row] = await tx.sql<{ may: boolean }>`/* webhooks.mayHearOf */
    select exists (
      select from users u
      where u.id = ${personId}::uuid and ${isInGoodStanding(fragment`u`, now)} and ${notBlocked(creatorId, fragment`u.id`)}
    ) as may`
  return row?.may ?? false
}

/** How messages are claimed. */
export interface Claiming {
  readonly limit: number
  /** Until when nobody else sends to the addresses that are claimed. */
  readonly busyUntil: Date
}

/** Whether the message `d` is open, and the earliest such of its object. */
const isNext = fragment`(
  d.state in ('pending', 'failed')
  and not exists (
    select from webhook_deliveries earlier
    where earlier.endpoint_id = d.endpoint_id and earlier.object_id = d.object_id and earlier.event_id < d.event_id
      and earlier.state in ('pending', 'failed')
  )
)`

/**
 * Claims what is due: one message per address that nobody calls, those first whose turn was longest ago. An address is found by
 * going from one with open messages to the next, so that a long queue of one costs nothing. Of an object only the earliest
 * open message counts.
 */
export const claimDue = (tx: Tx, { limit, busyUntil }: Claiming, now: Date): Promise<ClaimedDelivery[]> =>
  tx.sql<ClaimedDelivery>`/* webhooks.claim */
    with recursive waiting as (
      (
        select d.endpoint_id from webhook_deliveries d
        where d.state in ('pending', 'failed') order by d.endpoint_id limit 1
      )
      union all
      select (
        select d.endpoint_id from webhook_deliveries d
        where d.state in ('pending', 'failed') and d.endpoint_id > w.endpoint_id order by d.endpoint_id limit 1
      )
      from waiting w where w.endpoint_id is not null
    ), ready as materialized (
      select e.id
      from waiting w
      join webhook_endpoints e on e.id = w.endpoint_id
      join users u on u.id = e.owner_id
      where e.disabled_at is null and coalesce(e.busy_until <= ${now}::timestamptz, true)
        and coalesce(e.paused_until <= ${now}::timestamptz, true)
        and u.account_status in ('active', 'suspended')
        and exists (select from webhook_deliveries d where d.endpoint_id = e.id and ${isNext} and d.next_attempt_at <= ${now}::timestamptz)
      order by e.busy_until nulls first, e.id
      limit ${limit}::int
      for no key update of e skip locked
    ), next as materialized (
      select ready.id as endpoint_id, due.id
      from ready cross join lateral (
        select d.id from webhook_deliveries d
        where d.endpoint_id = ready.id and ${isNext} and d.next_attempt_at <= ${now}::timestamptz
        order by d.next_attempt_at, d.event_id limit 1
      ) due
    ), busy as (
      update webhook_endpoints e set busy_until = ${busyUntil}::timestamptz
      from next where e.id = next.endpoint_id
      returning e.id, e.owner_id, e.url, e.secret,
        case when e.previous_secret_until > ${now}::timestamptz then e.previous_secret end as previous_secret
    )
    update webhook_deliveries d set attempt_count = d.attempt_count + 1
    from next join busy on busy.id = next.endpoint_id
    where d.id = next.id
    returning d.id::text as id, d.endpoint_id::text as "endpointId", busy.owner_id::text as "ownerId", busy.url, busy.secret,
      busy.previous_secret as "previousSecret", d.payload, d.attempt_count as "attemptCount"`

/** When something is due next, at the soonest; null when nothing is open. */
export async function findNextDue(tx: Tx): Promise<Date | null> {
  const [row] = await tx.sql<{ at: Date | null }>`/* webhooks.nextDue */
    select min(greatest(d.next_attempt_at, e.busy_until, e.paused_until)) as at
    from webhook_endpoints e
    join users u on u.id = e.owner_id
    cross join lateral (
      select d.next_attempt_at from webhook_deliveries d
      where d.endpoint_id = e.id and ${isNext}
      order by d.next_attempt_at limit 1
    ) d
    where e.disabled_at is null and u.account_status in ('active', 'suspended')`
  return row?.at ?? null
}

/** The address of a try, held before its message as whoever claims does. */
export async function findTriedForUpdate(tx: Tx, { id, attemptCount }: Try): Promise<TriedEndpoint | null> {
  const [row] = await tx.sql<TriedEndpoint>`/* webhooks.holdTried */
    select e.id::text as id, e.owner_id::text as "ownerId", e.failure_count as "failureCount",
      e.failing_since as "failingSince", e.disabled_at as "disabledAt"
    from webhook_endpoints e join webhook_deliveries d on d.endpoint_id = e.id
    where d.id = ${id}::uuid and d.attempt_count = ${attemptCount}::smallint and d.state in ('pending', 'failed')
    for no key update of e, d`
  return row ?? null
}

type Try = Pick<ClaimedDelivery, 'id' | 'attemptCount'>

/** An address that was called. */
export interface TriedEndpoint {
  readonly id: string
  readonly ownerId: string
  readonly failureCount: number
  readonly failingSince: Date | null
  readonly disabledAt: Date | null
}

/** What became of a message. */
export interface DeliveryOutcome {
  readonly state: 'DELIVERED' | 'FAILED' | 'DEAD'
  readonly nextAttemptAt: Date | null
  readonly responseStatus: number | null
  readonly lastError: string | null
  readonly deliveredAt: Date | null
}

export const updateDelivery = (tx: Tx, id: string, outcome: DeliveryOutcome): Promise<unknown> =>
  tx.webhookDelivery.update({ where: { id }, data: outcome, select: { id: true } })

/** How an address stands after a call. */
export interface EndpointOutcome {
  readonly busyUntil: Date
  readonly pausedUntil: Date | null
  readonly failureCount: number
  readonly failingSince: Date | null
  readonly disabledAt?: Date
  readonly disabledReason?: string
}

export const updateTriedEndpoint = (tx: Tx, id: string, outcome: EndpointOutcome): Promise<unknown> =>
  tx.webhookEndpoint.update({ where: { id }, data: outcome, select: { id: true } })

/** Somebody whose address is disabled. */
export interface DisabledEndpoint {
  readonly ownerId: string
  readonly url: string
  readonly disabledReason: string
}

/** An address that is disabled for a reason; null when it no longer is. */
export async function findDisabledEndpoint(tx: Tx, id: string): Promise<DisabledEndpoint | null> {
  const [row] = await tx.sql<DisabledEndpoint>`/* webhooks.disabled */
    select owner_id::text as "ownerId", url, disabled_reason as "disabledReason" from webhook_endpoints
    where id = ${id}::uuid and disabled_at is not null and disabled_reason is not null`
  return row ?? null
}

/** Deletes messages made before `before`, at most `limit`; answers how many. */
export async function deleteOldDeliveries(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.sql<{ one: number }>`/* webhooks.deleteOld */
    delete from webhook_deliveries where id in (
      select id from webhook_deliveries where created_at < ${before}::timestamptz
      order by created_at limit ${limit}::int for update skip locked
    ) returning 1 as one`
  return rows.length
}
