import { MESSAGE_PURCHASED } from '../messages/types.js'
import { DISPUTE_CHANGED, PAYMENT_FAILED_LATE, TRANSACTION_REFUNDED } from '../payments/types.js'
import { PAYOUT_CHANGED } from '../payouts/types.js'
import { CONTENT_PURCHASED } from '../purchases/types.js'
import type { EventHandler } from '../lib/relay.js'
import { findRenewalAhead, listGiftsOf } from '../subscriptions/subscriptions.js'
import {
  SUBSCRIPTION_PAYMENT_FAILED,
  SUBSCRIPTION_RENEWAL_AHEAD,
  SUBSCRIPTION_STARTED,
} from '../subscriptions/types.js'
import type { GiftRow } from '../subscriptions/types.js'
import { findTip } from '../tips/tips.js'
import { TIP_RECEIVED } from '../tips/types.js'
import { groups } from './groups.js'
import { findDisputed, findFailedPayment, findPaidOut, findRefunded, listDisputesOfTip } from './money-queries.js'
import type { MoneyTold } from './money-queries.js'
import { telling } from './telling.js'
import type { Telling } from './telling.js'

/** What people are told of their money. */
export const moneyHandlers: readonly EventHandler[] = [
  telling('notifications.tipped', TIP_RECEIVED, async ({ payload }, tx) => {
    const tip = await findTip(tx, (payload as { tipId: string }).tipId)
    if (!tip) return []
    const news: Telling['news'] = {
      type: 'TIP',
      actorId: tip.isAnonymous ? null : tip.senderId,
      subject: { table: 'tips', id: tip.id },
      groupKey: tip.isAnonymous ? groups.unnamedTips : groups.tips,
      onceKey: `tip:${tip.id}`,
    }
    // of what is disputed of a tip its creator is not told before they see the tip
    const disputed = (await listDisputesOfTip(tx, tip.id)).flatMap(({ disputeId, state, ...told }) =>
      aboutMoney(told, groups.dispute(disputeId, state === 'UNDER_REVIEW' ? 'OPEN' : state)),
    )
    return [{ userId: tip.recipientId, news }, ...disputed]
  }),

  telling('notifications.post_sold', CONTENT_PURCHASED, ({ payload }) => {
    const sold = payload as Sold & { readonly contentId: string }
    return tellOfSale(sold, { table: 'content', id: sold.contentId })
  }),

  telling('notifications.message_sold', MESSAGE_PURCHASED, ({ payload }) => {
    const sold = payload as Sold & { readonly messageId: string }
    return tellOfSale(sold, { table: 'messages', id: sold.messageId })
  }),

  telling('notifications.subscribed', SUBSCRIPTION_STARTED, async ({ payload }, tx) => {
    const { subscriptionId, subscriberId, creatorId } = payload as SubscriptionStep
    const news: Telling['news'] = {
      type: 'NEW_SUBSCRIBER',
      actorId: subscriberId,
      subject: { table: 'users', id: creatorId },
      groupKey: groups.subscribers,
      onceKey: `subscription:${subscriptionId}`,
    }
    const [gift] = await listGiftsOf(tx, [subscriptionId])
    return [{ userId: creatorId, news }, ...(gift ? aboutGift(gift, subscriptionId) : [])]
  }),

  telling('notifications.renewal_refused', SUBSCRIPTION_PAYMENT_FAILED, ({ id, payload }) => {
    const { subscriptionId, subscriberId, creatorId } = payload as SubscriptionStep
    const news: Telling['news'] = {
      type: 'PAYMENT',
      actorId: creatorId,
      subject: { table: 'users', id: creatorId },
      groupKey: groups.renewal(subscriptionId),
      onceKey: `renewal:${String(id)}`,
    }
    return [{ userId: subscriberId, news }]
  }),

  telling('notifications.renewal_ahead', SUBSCRIPTION_RENEWAL_AHEAD, async ({ id, payload }, tx) => {
    const { subscriptionId, subscriberId, creatorId } = payload as SubscriptionStep
    const renewal = await findRenewalAhead(tx, subscriptionId)
    if (!renewal) return []
    const { at, price } = renewal
    const news: Telling['news'] = {
      type: 'PAYMENT',
      actorId: creatorId,
      subject: { table: 'users', id: creatorId },
      groupKey: groups.renewalAhead(subscriptionId),
      onceKey: `renewal_ahead:${String(id)}`,
      facts: { amountMinor: price.amountMinor.toString(), currency: price.currency, at: at.toISOString() },
    }
    return [{ userId: subscriberId, news }]
  }),

  telling('notifications.payment_failed', PAYMENT_FAILED_LATE, async ({ payload }, tx) => {
    const { paymentId } = payload as { readonly paymentId: string }
    return aboutMoney(await findFailedPayment(tx, paymentId), groups.failedPayment(paymentId))
  }),

  telling('notifications.refunded', TRANSACTION_REFUNDED, async ({ payload }, tx) => {
    const { refundId, state } = payload as { readonly refundId: string; readonly state: string }
    const groupKey = state === 'FAILED' ? groups.refundFailed(refundId) : groups.refund(refundId)
    return aboutMoney(await findRefunded(tx, refundId), groupKey)
  }),

  telling('notifications.disputed', DISPUTE_CHANGED, async ({ payload }, tx, now) => {
    const { disputeId, state } = payload as { readonly disputeId: string; readonly state: string }
    return state === 'OPEN' || state === 'WON' || state === 'LOST'
      ? aboutMoney(await findDisputed(tx, disputeId, now), groups.dispute(disputeId, state))
      : []
  }),

  telling('notifications.paid_out', PAYOUT_CHANGED, async ({ payload }, tx) => {
    const { payoutId, state } = payload as { readonly payoutId: string; readonly state: string }
    return state === 'PAID' || state === 'FAILED' || state === 'CANCELLED'
      ? aboutMoney(await findPaidOut(tx, payoutId), groups.payout(payoutId, state))
      : []
  }),
]

interface Sold {
  readonly purchaseId: string
  readonly buyerId: string
  readonly creatorId: string
}

interface SubscriptionStep {
  readonly subscriptionId: string
  readonly subscriberId: string
  readonly creatorId: string
}

/** What somebody is told who was given a subscription, by whoever does not want to stay unknown. */
function aboutGift(
  { recipientId, giverId, isAnonymous, creatorId }: GiftRow,
  subscriptionId: string,
): readonly Telling[] {
  const groupKey = groups.gift(subscriptionId)
  const actorId = isAnonymous ? null : giverId
  const subject = { table: 'users', id: creatorId } as const
  return [{ userId: recipientId, news: { type: 'PAYMENT', actorId, subject, groupKey, onceKey: groupKey } }]
}

/** What is told of somebody's own money, which nobody in particular caused: each thing once, and by itself. */
function aboutMoney(told: MoneyTold | null, groupKey: string): readonly Telling[] {
  if (!told) return []
  const { userId, ...facts } = told
  const subject = { table: 'users', id: userId } as const
  return [{ userId, news: { type: 'PAYMENT', actorId: null, subject, groupKey, onceKey: groupKey, facts } }]
}

/** What a creator is told of something that was bought singly: once a sale, those of one thing together. */
function tellOfSale({ purchaseId, buyerId, creatorId }: Sold, subject: Telling['news']['subject']): readonly Telling[] {
  const news: Telling['news'] = {
    type: 'PAYMENT',
    actorId: buyerId,
    subject,
    groupKey: groups.sales(subject.id),
    onceKey: `purchase:${purchaseId}`,
  }
  return [{ userId: creatorId, news }]
}
