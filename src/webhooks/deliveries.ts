import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import type { OutboxEvent } from '../lib/events.js'
import { idempotently } from '../lib/idempotency.js'
import { globalId } from '../lib/ids.js'
import { HOUR_MS, SECOND_MS } from '../lib/clock.js'
import type { RateLimit } from '../lib/rate.js'
import { listUnhandledBefore } from '../lib/relay.js'
import type { Viewer } from '../lib/viewer.js'
import { hasListeningEndpoint, insertDeliveries, mayHearOf } from './delivery-queries.js'
import type { NewMessage } from './delivery-queries.js'
import { TEST_TYPE, typesWithSources, wireType } from './events.js'
import type { Fact } from './events.js'
import {
  endPause,
  findDeliveryForUpdate,
  findEndpointForUpdate,
  insertTestDelivery,
  reopenDelivery,
} from './queries.js'
import { wakeSender } from './sending.js'
import type { MessageData } from './types.js'

export const TESTS: RateLimit = { name: 'webhooks.tests', points: 30, windowSeconds: HOUR_MS / SECOND_MS }
export const REDELIVERIES: RateLimit = {
  name: 'webhooks.redeliveries',
  points: 300,
  windowSeconds: HOUR_MS / SECOND_MS,
}

/** The job that makes messages of events. */
export const DELIVER_HANDLER = 'webhooks.deliver'

/** What of the outbox it is for. */
export const OUTBOX_TYPES = [...new Set(typesWithSources().map(([, { outboxType }]) => outboxType))]

/**
 * Makes the messages that an event means, a row per address, and has them sent; safe to run twice. Jobs come in no certain
 * order: what is before it on its stream and has not been made yet is made first, so that a later message is never there
 * without the earlier one it must wait for.
 */
export async function makeDeliveries(tx: Tx, event: OutboxEvent, now: Date): Promise<void> {
  const own = await messagesOf(tx, event, now)
  if (own.length === 0) return
  for (const before of await listUnhandledBefore(tx, event, DELIVER_HANDLER, OUTBOX_TYPES))
    for (const message of await messagesOf(tx, before, now)) await insertDeliveries(tx, message, now)
  for (const message of own) await insertDeliveries(tx, message, now)
  await wakeSender(tx)
}

/** What an event means to a creator who has an address for it. */
async function messagesOf(tx: Tx, event: OutboxEvent, now: Date): Promise<NewMessage[]> {
  const messages: NewMessage[] = []
  for (const [name, { outboxType, factOf }] of typesWithSources()) {
    const type = wireType(name)
    const fact = outboxType === event.type ? await factOf(event, tx) : null
    const listens = fact !== null && (await hasListeningEndpoint(tx, fact.creatorId, type))
    const data = listens ? await dataOf(tx, fact, now) : null
    if (!fact || !data) continue
    const message = { type, timestamp: event.createdAt.toISOString(), data }
    messages.push({ ownerId: fact.creatorId, eventId: event.id, objectId: fact.objectId, message })
  }
  return messages
}

/** A fact's data with whom it is about; null where nothing may be told. */
async function dataOf(tx: Tx, { creatorId, data, person }: Fact, now: Date): Promise<MessageData | null> {
  if (!person) return data
  if (await mayHearOf(tx, creatorId, person.id, now)) return { ...data, [person.name]: globalId('User', person.id) }
  return person.ifHidden === 'drop' ? null : { ...data, [person.name]: null }
}

/**
 * Sends a message to an address that only tests it; idempotent under the key. Not audited.
 * @throws NOT_FOUND node_not_found; CONFLICT webhook_disabled, idempotency_mismatch
 */
export async function sendTest(
  tx: Tx,
  { userId }: Viewer,
  { endpointId, idempotencyKey }: { readonly endpointId: string; readonly idempotencyKey: string | null },
  now: Date,
): Promise<string> {
  const call = { scope: userId, mutation: 'sendTestWebhook', key: idempotencyKey, request: { endpointId } }
  const { answer } = await idempotently(tx, call, now, async () => {
    const endpoint = await findEndpointForUpdate(tx, userId, endpointId)
    if (!endpoint) throw notFound('WebhookEndpoint', 'endpointId')
    if (endpoint.disabledAt !== null) throw disabled('endpointId')
    const stream = `webhook_endpoint:${endpointId}`
    const sequence = await emit(tx, { stream, type: TEST_TYPE, payload: { endpointId } }, now)
    const data = { endpointId: globalId('WebhookEndpoint', endpointId) }
    const message = { type: TEST_TYPE, timestamp: now.toISOString(), data }
    const deliveryId = await insertTestDelivery(tx, { endpointId, stream, sequence, message }, now)
    await endPause(tx, endpointId)
    await wakeSender(tx)
    return { deliveryId }
  })
  return answer.deliveryId
}

/**
 * Sends a message again under its own id: one that is open at once, one that is done with from the start. Not audited.
 * @throws NOT_FOUND node_not_found; CONFLICT webhook_disabled
 */
export async function redeliver(tx: Tx, { userId }: Viewer, deliveryId: string, now: Date): Promise<void> {
  const delivery = await findDeliveryForUpdate(tx, userId, deliveryId)
  if (!delivery) throw notFound('WebhookDelivery', 'deliveryId')
  if (!delivery.isEnabled) throw disabled('deliveryId')
  await reopenDelivery(tx, deliveryId, now)
  await endPause(tx, delivery.endpointId)
  await wakeSender(tx)
}

const notFound = (type: string, field: string): AppError =>
  new AppError('NOT_FOUND', 'node_not_found', `No such ${type}.`, { path: ['input', field] })

const disabled = (field: string): AppError =>
  new AppError('CONFLICT', 'webhook_disabled', 'The address is disabled: enable it first.', { path: ['input', field] })
