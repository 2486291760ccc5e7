import { record } from '../audit/audit.js'
import { findSale } from '../ledger/ledger.js'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, addMs } from '../lib/clock.js'
import { databaseNow, transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { isUuid } from '../lib/ids.js'
import { enqueue } from '../lib/jobs.js'
import { log } from '../lib/log.js'
import type { Viewer } from '../lib/viewer.js'
import type { ProcessorNews } from '../processors/types.js'
import { applyDispute } from './disputes.js'
import { findWebhookEventForUpdate, insertWebhookEvent, listParked, updateWebhookEvent } from './inbox-queries.js'
import { settlePayment } from './intents.js'
import { findPaymentByReference, findPaymentForUpdate } from './queries.js'
import { findRefund, findRefundByReference } from './refund-queries.js'
import { settleRefund, startRefund } from './refunds.js'
import { applyWebhookJob } from './types.js'
import type { PaymentRow, PaymentServices } from './types.js'

/** When a message is tried again that failed, or waits for another one. */
const LADDER_MS = [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 6 * HOUR_MS, DAY_MS, DAY_MS]

/** What a message speaks of is not known here yet: another message has to come first. */
class NotYet extends Error {}

/**
 * Takes in a processor's message: believed by its signature, kept once however often it comes, applied by a job after the
 * commit. What is answered well is kept.
 * @throws ProcessorSignatureError, ProcessorEventError
 */
export async function receiveWebhook(
  origin: Origin,
  { processor }: PaymentServices,
  rawBody: Buffer,
  headers: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly isNew: boolean }> {
  const event = processor.readEvent(rawBody, headers, await databaseNow(origin.db))
  return transaction(origin, async (tx, now) => {
    const objectId = objectOf(processor.toNews(event)) ?? event.objectId
    const id = await insertWebhookEvent(tx, { ...event, objectId, processor: processor.name }, now)
    if (id) await applySoon(tx, id, objectId)
    return { isNew: id !== null }
  })
}

/** Messages about one charge, its refunds and its disputes stand in one line. */
function objectOf(news: ProcessorNews | null): string | null {
  if (!news) return null
  if (news.kind === 'charge') return news.outcome.reference
  if (news.kind === 'refund' || news.kind === 'dispute') return news.charge
  return news.kind === 'payout' ? news.outcome.reference : news.reference
}

const applySoon = (tx: Tx, webhookEventId: string, objectId: string | null, runAt?: Date): Promise<void> =>
  enqueue(
    tx,
    applyWebhookJob,
    { webhookEventId },
    {
      key: `webhook:${webhookEventId}`,
      ...(objectId !== null && { queue: `webhooks:${objectId}` }),
      ...(runAt && { runAt }),
    },
  )

/**
 * Applies a kept message: what it does and that it was done are one transaction, so it takes effect once. One that comes too
 * early is parked and tried again, soon after the next message about the same thing and otherwise by the ladder; one that
 * fails for good is dead until somebody replays it.
 */
export async function applyWebhook(origin: Origin, services: PaymentServices, webhookEventId: string): Promise<void> {
  try {
    await transaction(origin, (tx, now) => applyKept(tx, services, webhookEventId, now))
  } catch (error) {
    if (!(error instanceof NotYet))
      log.error({ err: error, webhookEventId }, 'payments: a message could not be applied')
    await transaction(origin, (tx, now) => putAside(tx, webhookEventId, error, now))
  }
}

async function applyKept(tx: Tx, services: PaymentServices, id: string, now: Date): Promise<void> {
  const event = await findWebhookEventForUpdate(tx, id)
  if (!event || event.state === 'PROCESSED' || event.state === 'UNKNOWN') return
  const news = event.processor === services.processor.name ? services.processor.toNews(event) : null
  if (news) await apply(tx, services, news, now)
  const state = news ? 'PROCESSED' : 'UNKNOWN'
  await updateWebhookEvent(tx, id, { state, isAttempt: true, nextAttemptAt: null, lastError: null, processedAt: now })
  if (event.objectId === null) return
  for (const parked of await listParked(tx, event.processor, event.objectId))
    await applySoon(tx, parked, event.objectId)
}

async function apply(tx: Tx, services: PaymentServices, news: ProcessorNews, now: Date): Promise<void> {
  switch (news.kind) {
    case 'charge': {
      const payment = await findCharged(tx, services, news)
      if (!payment) throw new NotYet('no payment is known for this charge')
      await settlePayment(tx, services, payment.id, news.outcome, now)
      return
    }
    case 'refund':
      await applyRefund(tx, services, news, now)
      return
    case 'dispute':
      await applyDispute(tx, services, await getSettled(tx, services, news.charge), news, now)
      return
    case 'payout':
      if (!(await services.payouts.applyPayout(tx, news, now))) throw new NotYet('no such payout is known')
      return
    case 'payout_account':
      if (!(await services.payouts.applyPayoutAccount(tx, news, now)))
        throw new NotYet('no such payout account is known')
  }
}

async function findCharged(
  tx: Tx,
  { processor }: PaymentServices,
  { intentId, outcome }: ProcessorNews & { kind: 'charge' },
): Promise<PaymentRow | null> {
  const byId = intentId && isUuid(intentId) ? await findPaymentForUpdate(tx, intentId) : null
  if (byId?.processor === processor.name) return byId
  return outcome.reference ? findPaymentByReference(tx, processor.name, outcome.reference) : null
}

/** The payment of a charge, held, once its money has come. */
async function getSettled(tx: Tx, { processor }: PaymentServices, charge: string): Promise<PaymentRow> {
  const payment = await findPaymentByReference(tx, processor.name, charge)
  if (payment?.state !== 'SUCCEEDED') throw new NotYet('the charge has not succeeded yet')
  return payment
}

/** A refund of ours, or one that was made at the processor, which is then made here too. */
async function applyRefund(
  tx: Tx,
  services: PaymentServices,
  news: ProcessorNews & { kind: 'refund' },
  now: Date,
): Promise<void> {
  const payment = await getSettled(tx, services, news.charge)
  const known =
    (await findRefundByReference(tx, news.outcome.reference)) ??
    (news.refundId && isUuid(news.refundId) ? await findRefund(tx, news.refundId) : null)
  if (known) return settleRefund(tx, services, known.id, news.outcome, now)
  const sale = await findSale(tx, payment.id)
  if (!sale) throw new NotYet('what was refunded is no sale')
  const refund = await startRefund(
    tx,
    services,
    {
      sale,
      amountMinor: news.amount.amountMinor,
      reason: 'Made at the processor.',
      revokesAccess: false,
      requestedById: null,
      processorReference: news.outcome.reference,
    },
    now,
  )
  await settleRefund(tx, services, refund.id, news.outcome, now)
}

async function putAside(tx: Tx, id: string, error: unknown, now: Date): Promise<void> {
  const event = await findWebhookEventForUpdate(tx, id)
  if (!event || event.state === 'PROCESSED') return
  const wait = LADDER_MS[event.attemptCount]
  const nextAttemptAt = wait === undefined ? null : addMs(now, wait)
  const isParked = error instanceof NotYet
  const lastError = error instanceof Error ? error.message.slice(0, 500) : 'unknown'
  const state = nextAttemptAt === null ? 'DEAD' : isParked ? 'PARKED' : 'FAILED'
  await updateWebhookEvent(tx, id, { state, isAttempt: true, nextAttemptAt, lastError, processedAt: null })
  if (nextAttemptAt) await applySoon(tx, id, event.objectId, nextAttemptAt)
}

/** Has a message that is not done tried again now. For admins. Audited. @throws NOT_FOUND; CONFLICT webhook_processed */
export async function replayWebhookEvent(tx: Tx, viewer: Viewer, id: string, now: Date): Promise<void> {
  const event = await findWebhookEventForUpdate(tx, id)
  const path = ['input', 'webhookEventId']
  if (!event) throw new AppError('NOT_FOUND', 'node_not_found', 'No such WebhookEvent.', { path })
  if (event.state === 'PROCESSED')
    throw new AppError('CONFLICT', 'webhook_processed', 'It has taken effect already; nothing happens twice.', { path })
  await updateWebhookEvent(tx, id, {
    state: 'RECEIVED',
    isAttempt: false,
    nextAttemptAt: null,
    lastError: event.lastError,
    processedAt: null,
  })
  await applySoon(tx, id, event.objectId)
  await record(
    tx,
    {
      action: 'webhook.replayed',
      category: 'ADMINISTRATIVE',
      severity: 'MEDIUM',
      subject: { table: 'webhook_events', id },
      adminId: viewer.userId,
      before: { state: event.state },
      after: { state: 'RECEIVED', type: event.type },
      description: 'A processor’s message was tried again.',
    },
    now,
  )
}
