import { randomUUID } from 'node:crypto'
import { holdActor } from '../accounts/accounts.js'
import { record } from '../audit/audit.js'
import type { AuditEntry } from '../audit/types.js'
import type { WebhookEventType } from '../generated/graphql.js'
import { openField, sealField } from '../keys/keys.js'
import { addMs, DAY_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Viewer } from '../lib/viewer.js'
import { checkedUrl } from './addresses.js'
import type { Reach } from './addresses.js'
import {
  countEndpoints,
  deleteEndpoint,
  findEndpointForUpdate,
  insertEndpoint,
  replaceSecret,
  updateEndpoint,
} from './queries.js'
import type { EndpointChange, HeldEndpoint } from './queries.js'
import { wakeSender } from './sending.js'
import { newSecret, secretPlace, secretsIn } from './signing.js'

const MAX_ENDPOINTS = 10
const MAX_EVENT_TYPES = 40
/** How long messages are signed with the secret before, too. */
const ROTATION_MS = DAY_MS
/** Secrets before that count beside each other, where somebody rotates again and again. */
const MAX_PREVIOUS_SECRETS = 3

/** What a new address is. */
export interface NewEndpointRequest {
  readonly url: string
  readonly eventTypes: readonly WebhookEventType[]
  readonly idempotencyKey: string | null
}

/** An address, and its signing secret where it is shown. */
export interface ShownSecret {
  readonly endpointId: string
  readonly secret: string | null
}

/**
 * Has an address told of events. Answers the secret once: not to a retry under the same key. Audited.
 * @throws INVALID webhook_url_invalid, invalid_input; CONFLICT webhook_limit_reached, idempotency_mismatch
 */
export async function createEndpoint(
  tx: Tx,
  viewer: Viewer,
  { idempotencyKey, ...unchecked }: NewEndpointRequest,
  { reach, now }: { readonly reach: Reach; readonly now: Date },
): Promise<ShownSecret> {
  const { userId } = viewer
  const request = { url: checkedUrl(unchecked.url, reach), eventTypes: checkedTypes(unchecked.eventTypes) }
  const call = { scope: userId, mutation: 'createWebhookEndpoint', key: idempotencyKey, request }
  const secret = newSecret()
  const { answer, replayed } = await idempotently(tx, call, now, async () => {
    await holdActor(tx, userId, now)
    if ((await countEndpoints(tx, userId)) >= MAX_ENDPOINTS)
      throw new AppError(
        'CONFLICT',
        'webhook_limit_reached',
        `A creator has at most ${String(MAX_ENDPOINTS)} addresses for webhooks.`,
      )
    const id = randomUUID()
    const sealed = await sealField(tx, { ...secretPlace({ id, ownerId: userId }), column: 'secret' }, secret)
    await insertEndpoint(tx, { id, ownerId: userId, ...request, secret: sealed }, now)
    await recordEndpoint(tx, { id, userId, what: 'created', after: request }, now)
    return { endpointId: id }
  })
  return { endpointId: answer.endpointId, secret: replayed ? null : secret }
}

/** What shall be other; absent stays. */
export interface EndpointWishes {
  readonly url?: string | undefined
  readonly eventTypes?: readonly WebhookEventType[] | undefined
  readonly isEnabled?: boolean | undefined
}

/**
 * Changes an address; the same again changes nothing. Audited.
 * @throws NOT_FOUND node_not_found; INVALID webhook_url_invalid, invalid_input
 */
export async function changeEndpoint(
  tx: Tx,
  viewer: Viewer,
  endpointId: string,
  wishes: EndpointWishes,
  { reach, now }: { readonly reach: Reach; readonly now: Date },
): Promise<void> {
  const endpoint = await getOwnEndpoint(tx, viewer, endpointId)
  const change = changeOf(endpoint, wishes, { reach, now })
  if (Object.keys(change).length === 0) return
  await updateEndpoint(tx, endpointId, change)
  const { url, eventTypes, disabledAt } = endpoint
  const before = { url, eventTypes, disabledAt }
  await recordEndpoint(
    tx,
    { id: endpointId, userId: viewer.userId, what: 'changed', before, after: { ...before, ...change } },
    now,
  )
  if (change.disabledAt === null || change.url !== undefined) await wakeSender(tx)
}

/** Only what differs. */
function changeOf(
  endpoint: HeldEndpoint,
  wishes: EndpointWishes,
  { reach, now }: { readonly reach: Reach; readonly now: Date },
): EndpointChange {
  const url = wishes.url === undefined ? endpoint.url : checkedUrl(wishes.url, reach)
  const eventTypes = wishes.eventTypes === undefined ? endpoint.eventTypes : checkedTypes(wishes.eventTypes)
  const isEnabled = endpoint.disabledAt === null
  return {
    ...(url !== endpoint.url && { url }),
    ...(eventTypes.join() !== endpoint.eventTypes.join() && { eventTypes }),
    ...(wishes.isEnabled !== undefined &&
      wishes.isEnabled !== isEnabled && { disabledAt: wishes.isEnabled ? null : now }),
  }
}

/**
 * Deletes an address with its messages. Audited.
 * @throws NOT_FOUND node_not_found
 */
export async function removeEndpoint(tx: Tx, viewer: Viewer, endpointId: string, now: Date): Promise<void> {
  await getOwnEndpoint(tx, viewer, endpointId)
  await deleteEndpoint(tx, endpointId)
  await recordEndpoint(tx, { id: endpointId, userId: viewer.userId, what: 'deleted' }, now)
}

/**
 * Gives an address another secret and answers it, this once. For a day messages are signed with those before, too: again
 * within that day, as by somebody whose answer was lost, the one that is in use goes on counting. Audited.
 * @throws NOT_FOUND node_not_found
 */
export async function rotateSecret(tx: Tx, viewer: Viewer, endpointId: string, now: Date): Promise<ShownSecret> {
  const endpoint = await getOwnEndpoint(tx, viewer, endpointId)
  const place = secretPlace(endpoint)
  const current = await openField(tx, { ...place, column: 'secret' }, endpoint.secret)
  const stillCounts = endpoint.previousSecretUntil !== null && endpoint.previousSecretUntil > now
  const before =
    stillCounts && endpoint.previousSecret
      ? await openField(tx, { ...place, column: 'previous_secret' }, endpoint.previousSecret)
      : ''
  const previous = [current, ...secretsIn(before)].slice(0, MAX_PREVIOUS_SECRETS).join(' ')
  const secret = newSecret()
  await replaceSecret(tx, endpointId, {
    secret: await sealField(tx, { ...place, column: 'secret' }, secret),
    previousSecret: await sealField(tx, { ...place, column: 'previous_secret' }, previous),
    previousSecretUntil: addMs(now, ROTATION_MS),
  })
  await recordEndpoint(tx, { id: endpointId, userId: viewer.userId, what: 'secret_rotated' }, now)
  return { endpointId, secret }
}

async function getOwnEndpoint(tx: Tx, { userId }: Viewer, id: string): Promise<HeldEndpoint> {
  const endpoint = await findEndpointForUpdate(tx, userId, id)
  if (endpoint) return endpoint
  throw new AppError('NOT_FOUND', 'node_not_found', 'No such WebhookEndpoint.', { path: ['input', 'endpointId'] })
}

/** @throws INVALID invalid_input */
function checkedTypes(unchecked: readonly WebhookEventType[]): WebhookEventType[] {
  const types = [...new Set(unchecked)].sort()
  if (unchecked.length <= MAX_EVENT_TYPES) return types
  throw new AppError('INVALID', 'invalid_input', `At most ${String(MAX_EVENT_TYPES)} types.`, {
    path: ['input', 'eventTypes'],
  })
}

const CHANGES = {
  created: { severity: 'MEDIUM', description: 'Had an address told of events.' },
  changed: { severity: 'LOW', description: 'Changed an address that is told of events.' },
  deleted: { severity: 'LOW', description: 'Deleted an address that was told of events.' },
  secret_rotated: { severity: 'MEDIUM', description: 'Gave an address that is told of events another secret.' },
} as const

const recordEndpoint = (
  tx: Tx,
  { id, what, ...change }: Pick<AuditEntry, 'userId' | 'before' | 'after'> & { id: string; what: keyof typeof CHANGES },
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      action: `webhook_endpoint.${what}`,
      category: 'SECURITY',
      subject: { table: 'webhook_endpoints', id },
      ...CHANGES[what],
      ...change,
    },
    now,
  )
