import assert from 'node:assert'
import { record } from '../audit/audit.js'
import { findSale, getRefunded, postDisputeLost, postDisputeWon, postProcessorFee } from '../ledger/ledger.js'
import type { Sale } from '../ledger/types.js'
import type { Tx } from '../lib/db.js'
import { emit } from '../lib/events.js'
import type { Money } from '../lib/money.js'
import type { ProcessorNews } from '../processors/types.js'
import { fitHolds, isNothing } from './holds.js'
import { purposeOf } from './purposes.js'
import { addReturned, insertCase } from './queries.js'
import { findDisputeByReference, insertDispute, listHolds, updateDispute } from './refund-queries.js'
import type { DisputeRow } from './refund-queries.js'
import { DISPUTE_CHANGED, paymentsOf } from './types.js'
import type { PaymentRow, PaymentServices } from './types.js'

type DisputeNews = ProcessorNews & { readonly kind: 'dispute' }

const isClosed = (state: DisputeRow['state']): boolean => state === 'WON' || state === 'LOST'

/**
 * Brings a dispute to where its processor says it is. It takes its money when it is first heard of, whatever is heard first;
 * gives it back once, when it is won; and once closed stays so. The payment must be held. Audited.
 */
export async function applyDispute(
  tx: Tx,
  services: PaymentServices,
  payment: PaymentRow,
  news: DisputeNews,
  now: Date,
): Promise<void> {
  const sale = await findSale(tx, payment.id)
  if (!sale) return openUnsold(tx, payment, news, now)
  const known = await findDisputeByReference(tx, services.processor.name, news.reference)
  const dispute = known ?? (await open(tx, services, { payment, sale, news }, now))
  if (isClosed(dispute.state) || dispute.state === news.state) return
  const fee = news.fee ?? { amountMinor: dispute.feeMinor, currency: dispute.feeCurrency }
  await updateDispute(tx, dispute.id, { state: news.state, fee, closedAt: isClosed(news.state) ? now : null })
  if (isClosed(news.state)) await close(tx, services, { payment, sale, dispute, news, fee }, now)
  await tell(tx, { payment, dispute, state: news.state }, now)
}

/** What was disputed was no sale: a wallet's money. Somebody has to look. */
const openUnsold = (tx: Tx, payment: PaymentRow, news: DisputeNews, now: Date): Promise<void> =>
  insertCase(
    tx,
    {
      kind: 'OTHER',
      reference: `dispute:${news.reference}`,
      payerId: payment.payerId,
      paymentIntentId: payment.id,
      details: { dispute: news.reference, state: news.state, amountMinor: news.amount.amountMinor.toString() },
    },
    now,
  )

interface Disputed {
  readonly payment: PaymentRow
  readonly sale: Sale
  readonly news: DisputeNews
}

async function open(
  tx: Tx,
  services: PaymentServices,
  { payment, sale, news }: Disputed,
  now: Date,
): Promise<DisputeRow> {
  const dispute = await insertDispute(
    tx,
    {
      transactionId: sale.id,
      paymentIntentId: payment.id,
      processor: services.processor.name,
      processorReference: news.reference,
      reason: news.reason,
      amountMinor: news.amount.amountMinor,
      feeMinor: news.fee?.amountMinor ?? 0n,
      feeCurrency: news.fee?.currency ?? payment.currency,
      currency: payment.currency,
      evidenceDueAt: news.evidenceDueAt,
      openedAt: news.openedAt,
    },
    now,
  )
  const refunded = await getRefunded(tx, payment.id)
  await fitHolds(tx, { sale, payment, refunded, cause: `opened:${dispute.id}` }, now)
  await purposeOf(services, payment).held(tx, sale, now)
  await tell(tx, { payment, dispute, state: 'OPEN' }, now)
  return dispute
}

async function close(
  tx: Tx,
  services: PaymentServices,
  { payment, sale, dispute, news, fee }: Disputed & { readonly dispute: DisputeRow; readonly fee: Money },
  now: Date,
): Promise<void> {
  const purpose = purposeOf(services, payment)
  const hold = (await listHolds(tx, payment.id)).find(({ disputeId }) => disputeId === dispute.id)
  assert(hold, 'a dispute that is known is listed')
  // the posting of what was lost has one currency
  const isOwnFee = fee.currency === payment.currency
  const closing = { ...hold, sale, processorFeeMinor: isOwnFee ? fee.amountMinor : 0n }
  const isEmpty = hold.grossMinor === 0n
  if (news.state === 'WON') {
    await addReturned(tx, payment.id, { disputedMinor: -hold.grossMinor })
    if (!isEmpty) await postDisputeWon(tx, closing, now)
  } else {
    if (!isEmpty) await postDisputeLost(tx, closing, now)
    // where nothing was left to lose, the fee is kept all the same
    if (isEmpty || !isOwnFee) await postProcessorFee(tx, { of: dispute.id, fee }, now)
  }
  const refunded = await getRefunded(tx, payment.id)
  const fitted = await fitHolds(tx, { sale, payment, refunded, cause: `closed:${dispute.id}` }, now)
  await purpose.freed(tx, sale, now)
  // a part of the price that was lost does not close what the rest paid for
  if (isNothing(fitted)) await purpose.lost(tx, sale, now)
}

async function tell(
  tx: Tx,
  {
    payment,
    dispute,
    state,
  }: { readonly payment: PaymentRow; readonly dispute: DisputeRow; readonly state: DisputeRow['state'] },
  now: Date,
): Promise<void> {
  await record(
    tx,
    {
      action: `dispute.${state.toLowerCase()}`,
      category: 'PAYMENT',
      severity: 'HIGH',
      subject: { table: 'disputes', id: dispute.id },
      userId: payment.payerId,
      before: { state: dispute.state },
      after: { state, amountMinor: dispute.amountMinor, currency: dispute.currency },
      description: 'A dispute went a step further.',
    },
    now,
  )
  const payload = { disputeId: dispute.id, paymentId: payment.id, creatorId: payment.creatorId, state }
  await emit(tx, { stream: paymentsOf(payment.payerId), type: DISPUTE_CHANGED, payload }, now)
}
