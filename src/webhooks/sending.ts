import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { record } from '../audit/audit.js'
import { openFields } from '../keys/keys.js'
import { addMs, DAY_MS, HOUR_MS, MINUTE_MS, monotonicMs, SECOND_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Db, Origin, Tx } from '../lib/db.js'
import { globalId } from '../lib/ids.js'
import { enqueue } from '../lib/jobs.js'
import { log } from '../lib/log.js'
import { call, CALL_TIMEOUT_MS, isGone } from './calling.js'
import type { Calling } from './calling.js'
import { claimDue, findNextDue, findTriedForUpdate, updateDelivery, updateTriedEndpoint } from './delivery-queries.js'
import type { DeliveryOutcome, EndpointOutcome, TriedEndpoint } from './delivery-queries.js'
import { secretPlace, secretsIn, signedHeaders } from './signing.js'
import { MAIL_DISABLED, SEND } from './types.js'
import type { CallOutcome, ClaimedDelivery } from './types.js'

/** Calls under way at once; each goes to another address. */
const MAX_CALLS = 64
/** How often new messages are looked for while calls are under way; beside that, whenever one ends. */
const LOOK_EVERY_MS = 250
/** How long one run claims messages before another takes over: the queue takes a job that runs for hours for stuck. */
const RUN_MS = 15 * MINUTE_MS
/** After so long nobody waits for whoever claimed a message: its process is gone, and it is sent again. */
const CLAIM_MS = CALL_TIMEOUT_MS + 20 * SECOND_MS

/** Between the tries of a message: ten tries in about three days. */
const LADDER_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
] as const
/** Up to so much later, so that what failed together does not come back together. */
const JITTER = 0.1
/** How long an address is left alone after it failed once; twice as long after each further time. */
const PAUSE_MS = SECOND_MS
const MAX_PAUSE_MS = 5 * MINUTE_MS
/** An address that only failed for so long is disabled. */
const DISABLED_AFTER_MS = 5 * DAY_MS

/** One queue: whatever the number of processes, calls that hang take the place of one job, and hold up no other kind. */
const QUEUE = 'webhooks'

/** Has what is due sent once the transaction is committed. */
export const wakeSender = (tx: Tx, runAt?: Date): Promise<void> =>
  enqueue(tx, SEND, {}, { queue: QUEUE, key: runAt ? 'webhooks.send_later' : 'webhooks.send', ...(runAt && { runAt }) })

/**
 * Sends everything that is due, to many addresses at once and to each one by one, until nothing is; at least once, always
 * under the same id. Nothing is held open in the database while a call is under way: who claims a message writes so, and one
 * whose process ended is claimed again.
 */
export async function sendDue(origin: Origin, calling: Calling): Promise<void> {
  const started = monotonicMs()
  const isOver = (): boolean => monotonicMs() - started >= RUN_MS
  const calls = new Set<Promise<void>>()
  try {
    for (;;) {
      const claimed = isOver() ? [] : await claim(origin, MAX_CALLS - calls.size)
      for (const delivery of claimed) {
        const under = send(origin, calling, delivery).finally(() => calls.delete(under))
        calls.add(under)
      }
      if (calls.size === 0) break
      await Promise.race([...calls, sleep(LOOK_EVERY_MS)])
    }
  } finally {
    await Promise.all(calls)
  }
  await transaction(origin, (tx, now) => (isOver() ? wakeSender(tx) : wakeWhenDue(tx, now)))
}

type Claimed = ClaimedDelivery & { readonly at: Date }

const claim = async (origin: Origin, limit: number): Promise<readonly Claimed[]> =>
  limit === 0
    ? []
    : await transaction(origin, async (tx, at) => {
        const claimed = await claimDue(tx, { limit, busyUntil: addMs(at, CLAIM_MS) }, at)
        return claimed.map((delivery) => ({ ...delivery, at }))
      })

/** Comes back when the next message is due, where that is before the clock has it looked for anyway. */
async function wakeWhenDue(tx: Tx, now: Date): Promise<void> {
  const at = await findNextDue(tx)
  // what is due already came after the last look, and brought a job of its own
  if (at && at > now && at < addMs(now, MINUTE_MS)) await wakeSender(tx, at)
}

/** Sends one message and notes how it went; never fails: what could not be noted is sent again. */
async function send(origin: Origin, calling: Calling, delivery: Claimed): Promise<void> {
  try {
    const outcome = await callWith(origin.db, calling, delivery)
    await transaction(origin, (tx, now) => settle(tx, delivery, outcome, now))
  } catch (error) {
    log.warn({ err: error, deliveryId: delivery.id }, 'webhooks: how a message went could not be noted')
  }
}

async function callWith(db: Db, calling: Calling, delivery: Claimed): Promise<CallOutcome> {
  const secrets = await secretsOf(db, delivery)
  if (!secrets) return { status: null, error: 'the signing secret cannot be read: rotate it' }
  const body = JSON.stringify(delivery.payload)
  const id = globalId('WebhookDelivery', delivery.id)
  const headers = signedHeaders({ id, at: delivery.at, body }, secrets)
  return await call({ url: delivery.url, headers, body }, calling)
}

/** What a message is signed with, the newest first; null where that does not open. */
async function secretsOf(db: Db, delivery: ClaimedDelivery): Promise<string[] | null> {
  const { endpointId, ownerId, secret, previousSecret } = delivery
  const place = secretPlace({ id: endpointId, ownerId })
  const [current, before = ''] = await openFields(db, [
    { ref: { ...place, column: 'secret' }, bytes: secret },
    ...(previousSecret ? [{ ref: { ...place, column: 'previous_secret' } as const, bytes: previousSecret }] : []),
  ])
  if (typeof current !== 'string') return null
  return [current, ...(typeof before === 'string' ? secretsIn(before) : [])]
}

/** Notes how a try went, unless the message was claimed anew, or begun anew, meanwhile. */
async function settle(tx: Tx, delivery: ClaimedDelivery, outcome: CallOutcome, now: Date): Promise<void> {
  const endpoint = await findTriedForUpdate(tx, delivery)
  if (!endpoint) return
  await updateDelivery(tx, delivery.id, deliveryAfter(delivery, outcome, now))
  const after = endpointAfter(endpoint, outcome, now)
  await updateTriedEndpoint(tx, endpoint.id, after)
  if (after.disabledAt) await tellDisabled(tx, endpoint, now)
}

function deliveryAfter({ attemptCount }: ClaimedDelivery, outcome: CallOutcome, now: Date): DeliveryOutcome {
  const { status: responseStatus, error: lastError } = outcome
  const answer = { responseStatus, lastError, nextAttemptAt: null, deliveredAt: null }
  if (lastError === null) return { ...answer, state: 'DELIVERED', deliveredAt: now }
  const pauseMs = LADDER_MS[attemptCount - 1]
  if (pauseMs === undefined || isGone(outcome)) return { ...answer, state: 'DEAD' }
  return { ...answer, state: 'FAILED', nextAttemptAt: addMs(now, pauseMs + randomInt(Math.ceil(pauseMs * JITTER))) }
}

/** An address that fails is left alone for longer and longer: one that hangs must not take the others' time. */
function endpointAfter(endpoint: TriedEndpoint, outcome: CallOutcome, now: Date): EndpointOutcome {
  if (outcome.error === null) return { busyUntil: now, pausedUntil: null, failureCount: 0, failingSince: null }
  const failingSince = endpoint.failingSince ?? now
  const pauseMs = Math.min(PAUSE_MS * 2 ** Math.min(endpoint.failureCount, 20), MAX_PAUSE_MS)
  const reason = isGone(outcome)
    ? 'The address answered 410: it is gone.'
    : addMs(failingSince, DISABLED_AFTER_MS) <= now
      ? 'Every message failed for five days.'
      : null
  return {
    busyUntil: now,
    pausedUntil: addMs(now, pauseMs),
    failureCount: endpoint.failureCount + 1,
    failingSince,
    ...(reason !== null && endpoint.disabledAt === null && { disabledAt: now, disabledReason: reason }),
  }
}

async function tellDisabled(tx: Tx, { id, ownerId }: TriedEndpoint, now: Date): Promise<void> {
  await record(
    tx,
    {
      action: 'webhook_endpoint.disabled',
      category: 'SECURITY',
      severity: 'LOW',
      subject: { table: 'webhook_endpoints', id },
      userId: ownerId,
      description: 'Disabled an address that is told of events: it is gone, or failed for too long.',
    },
    now,
  )
  await enqueue(tx, MAIL_DISABLED, { endpointId: id }, { key: `${MAIL_DISABLED}:${id}` })
}
