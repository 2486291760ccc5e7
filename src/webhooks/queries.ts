import type { WebhookEventType } from '../generated/graphql.js'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { Owned } from '../lib/page-loader.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import { typeOfWire, wireType } from './events.js'
import type { DeliveryRow, EndpointRow, Message } from './types.js'

const endpointColumns = fragment`
  e.id::text as id, e.owner_id::text as "ownerId", e.url, e.event_types as "wireTypes", e.disabled_at as "disabledAt",
  e.disabled_reason as "disabledReason", e.created_at as "createdAt"`

type StoredEndpoint = Omit<EndpointRow, 'eventTypes'> & { readonly wireTypes: readonly string[] }

const toEndpoint = ({ wireTypes, ...row }: StoredEndpoint): EndpointRow => ({
  ...row,
  eventTypes: wireTypes.map(typeOfWire).filter((type) => type !== null),
})

const deliveryColumns = fragment`
  d.id::text as id, d.endpoint_id::text as "endpointId", d.type, upper(d.state::text) as state,
  d.attempt_count as "attemptCount", d.next_attempt_at as "nextAttemptAt", d.response_status as "responseStatus",
  d.last_error as "lastError", d.delivered_at as "deliveredAt", d.created_at as "createdAt", d.payload`

/** Somebody's addresses, the oldest first. */
export const listEndpointsOf = async (db: Db, ownerId: string): Promise<EndpointRow[]> =>
  (
    await db.sql<StoredEndpoint>`/* webhooks.ofOwner */
      select ${endpointColumns} from webhook_endpoints e
      where e.owner_id = ${ownerId}::uuid order by e.created_at, e.id`
  ).map(toEndpoint)

/** Those of these addresses that are somebody's, in no order. */
export const listEndpointsById = async (db: Db, ownerId: string, ids: readonly string[]): Promise<EndpointRow[]> =>
  (
    await db.sql<StoredEndpoint>`/* webhooks.endpointsById */
      select ${endpointColumns} from webhook_endpoints e
      where e.id = any(${ids}::uuid[]) and e.owner_id = ${ownerId}::uuid`
  ).map(toEndpoint)

/** Those of these messages that went to addresses of somebody's, in no order. */
export const listDeliveriesById = (db: Db, ownerId: string, ids: readonly string[]): Promise<DeliveryRow[]> =>
  db.sql<DeliveryRow>`/* webhooks.deliveriesById */
    select ${deliveryColumns}
    from webhook_deliveries d join webhook_endpoints e on e.id = d.endpoint_id
    where d.id = any(${ids}::uuid[]) and e.owner_id = ${ownerId}::uuid`

/** A page of the messages to each of these addresses of somebody's, the newest first. */
export const listDeliveries = async (
  db: Db,
  ownerId: string,
  endpointIds: readonly string[],
  page: PageRequest,
): Promise<Owned<DeliveryRow>[]> =>
  (
    await db.sql<DeliveryRow>`/* webhooks.deliveries */
      select d.*
      from webhook_endpoints e
      cross join lateral (
        select ${deliveryColumns} from webhook_deliveries d
        where d.endpoint_id = e.id and ${beyond(page, fragment`d.created_at, d.id`, timeAndId)}
        order by ${inOrder(page, fragment`d.created_at`, fragment`d.id`)}
        limit ${page.limit + 1}::int
      ) d
      where e.id = any(${endpointIds}::uuid[]) and e.owner_id = ${ownerId}::uuid`
  ).map((row) => ({ ownerId: row.endpointId, row }))

/** An address that is held until the transaction ends; null when it is not this person's. */
export async function findEndpointForUpdate(tx: Tx, ownerId: string, id: string): Promise<HeldEndpoint | null> {
  const [row] = await tx.sql<StoredEndpoint & Pick<HeldEndpoint, keyof Secrets>>`/* webhooks.holdEndpoint */
    select ${endpointColumns}, e.secret, e.previous_secret as "previousSecret",
      e.previous_secret_until as "previousSecretUntil"
    from webhook_endpoints e where e.id = ${id}::uuid and e.owner_id = ${ownerId}::uuid for no key update`
  if (!row) return null
  const { secret, previousSecret, previousSecretUntil, ...stored } = row
  return { ...toEndpoint(stored), secret, previousSecret, previousSecretUntil }
}

interface Secrets {
  readonly secret: Uint8Array
  readonly previousSecret: Uint8Array | null
  readonly previousSecretUntil: Date | null
}

/** An address with its secrets as they are stored. */
export type HeldEndpoint = EndpointRow & Secrets

export const countEndpoints = (tx: Tx, ownerId: string): Promise<number> =>
  tx.webhookEndpoint.count({ where: { ownerId } })

/** What is stored of a new address. */
export interface NewEndpoint {
  readonly id: string
  readonly ownerId: string
  readonly url: string
  readonly eventTypes: readonly WebhookEventType[]
  readonly secret: Uint8Array<ArrayBuffer>
}

export const insertEndpoint = (tx: Tx, { eventTypes, ...endpoint }: NewEndpoint, now: Date): Promise<unknown> =>
  tx.webhookEndpoint.create({
    data: { ...endpoint, eventTypes: eventTypes.map(wireType), createdAt: now, updatedAt: now },
    select: { id: true },
  })

/** What of an address changes; absent stays. */
export interface EndpointChange {
  readonly url?: string
  readonly eventTypes?: readonly WebhookEventType[]
  readonly disabledAt?: Date | null
}

/** Changes an address. One that is enabled, or leads elsewhere now, starts without its failures. */
export const updateEndpoint = (tx: Tx, id: string, { eventTypes, ...change }: EndpointChange): Promise<unknown> =>
  tx.webhookEndpoint.update({
    where: { id },
    data: {
      ...change,
      ...(eventTypes && { eventTypes: eventTypes.map(wireType) }),
      ...(change.disabledAt !== undefined && { disabledReason: null }),
      ...((change.disabledAt === null || change.url !== undefined) && {
        failureCount: 0,
        failingSince: null,
        pausedUntil: null,
      }),
    },
    select: { id: true },
  })

export const replaceSecret = (
  tx: Tx,
  id: string,
  secrets: {
    readonly secret: Uint8Array<ArrayBuffer>
    readonly previousSecret: Uint8Array<ArrayBuffer>
    readonly previousSecretUntil: Date
  },
): Promise<unknown> => tx.webhookEndpoint.update({ where: { id }, data: secrets, select: { id: true } })

/** Deletes an address with its messages. */
export const deleteEndpoint = (tx: Tx, id: string): Promise<unknown> =>
  tx.webhookEndpoint.delete({ where: { id }, select: { id: true } })

/** A message that is held until the transaction ends, with whether its address is enabled; null when it is not this person's. */
export async function findDeliveryForUpdate(
  tx: Tx,
  ownerId: string,
  id: string,
): Promise<(DeliveryRow & { readonly isEnabled: boolean }) | null> {
  const [row] = await tx.sql<DeliveryRow & { readonly isEnabled: boolean }>`/* webhooks.holdDelivery */
    select ${deliveryColumns}, e.disabled_at is null as "isEnabled"
    from webhook_endpoints e join webhook_deliveries d on d.endpoint_id = e.id
    where d.id = ${id}::uuid and e.owner_id = ${ownerId}::uuid
    for no key update of e, d`
  return row ?? null
}

/** No longer leaves an address alone because it failed. */
export const endPause = (tx: Tx, endpointId: string): Promise<unknown> =>
  tx.webhookEndpoint.update({ where: { id: endpointId }, data: { pausedUntil: null }, select: { id: true } })

/** Has an open message tried at once, and one that is done with begun anew. */
export async function reopenDelivery(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.sql`/* webhooks.reopen */
    update webhook_deliveries set
      next_attempt_at = ${now}::timestamptz,
      attempt_count = case when state in ('delivered', 'dead') then 0 else attempt_count end,
      delivered_at = null,
      state = case when state in ('delivered', 'dead') then 'pending'::webhook_delivery_state else state end
    where id = ${id}::uuid`
}

/** Makes one message to one address, of the newest event on `stream`; answers its id. */
export async function insertTestDelivery(
  tx: Tx,
  test: { readonly endpointId: string; readonly stream: string; readonly sequence: bigint; readonly message: Message },
  now: Date,
): Promise<string> {
  const [row] = await tx.sql<{ id: string }>`/* webhooks.insertTest */
    insert into webhook_deliveries (endpoint_id, event_id, object_id, type, payload, next_attempt_at, created_at)
    select ${test.endpointId}::uuid, o.id, 'test:' || o.id, ${test.message.type}, ${{ json: test.message }}::jsonb,
      ${now}::timestamptz, ${now}::timestamptz
    from outbox_events o where o.stream = ${test.stream} and o.sequence = ${test.sequence}
    returning id::text`
  if (!row) throw new Error('the event was written in this transaction')
  return row.id
}
