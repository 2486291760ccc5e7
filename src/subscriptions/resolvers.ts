import assert from 'node:assert'
import { renewalAhead } from './announcing.js'
import { findVisibleUser, isActingStaff, noSuchUser } from '../accounts/accounts.js'
import type { AccountsAsking } from '../accounts/accounts.js'
import type {
  CreatorSubscriptionResolvers,
  MutationResolvers,
  PromotionResolvers,
  SubscriptionChangeResolvers,
  SubscriptionGiftResolvers,
  SubscriptionOfferResolvers,
  SubscriptionPreviewResolvers,
  SubscriptionResolvers,
  UserResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import { followStream } from '../lib/following.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { mapped } from '../lib/sources.js'
import { signedIn } from '../lib/viewer.js'
import { checkedSource, payNow } from '../payments/payments.js'
import type { PaymentSource } from '../payments/types.js'
import { PREVIEWS, changeSubscription, previewSubscription } from './changing.js'
import type { SubscriptionsLoaders } from './loaders.js'
import { checkedGiftMessage, giftSubscription } from './giving.js'
import { updateSubscriptionOffer } from './offering.js'
import { listSubscribers, listSubscriptions } from './queries.js'
import { createPromotion, endPromotion } from './promoting.js'
import { listPromotions } from './promotion-queries.js'
import { redeemPromotion } from './redeeming.js'
import { retrySubscriptionPayment } from './retrying.js'
import { sightOf } from './rules.js'
import type { SubscriptionSight } from './rules.js'
import {
  SUBSCRIBES,
  cancelSubscription,
  checkedCancelReason,
  resumeSubscription,
  statusAt,
  subscribe,
} from './subscribing.js'
import { subscriptionsOf } from './types.js'
import type { OfferRow, PreviewRow, PromotionRow, SubscriptionEndReason, SubscriptionRow } from './types.js'

interface SubscriptionsAsking extends AccountsAsking {
  readonly loaders: AccountsAsking['loaders'] & SubscriptionsLoaders
  readonly now: Date
}

const subscriptionIdOf = ({ subscriptionId }: { readonly subscriptionId: string }): string =>
  uuidOf('CreatorSubscription', subscriptionId, ['input', 'subscriptionId'])

export const Mutation = {
  updateSubscriptionOffer: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const order = {
      monthlyPriceMinor: input.monthlyPriceMinor,
      yearlyDiscountBasisPoints: input.yearlyDiscountBasisPoints ?? null,
      lifetimePriceMinor: input.lifetimePriceMinor ?? null,
      bundles: input.bundles ?? [],
    }
    await transaction(context, (tx, now) => updateSubscriptionOffer(tx, viewer, order, now))
    context.loaders.offers.clear(viewer.userId)
    return { offers: await context.loaders.offers.load(viewer.userId), userErrors: [] }
  },

  subscribe: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const source = checkedSource(input.payWith, context)
    const { expectedPrice, idempotencyKey } = input
    const offerId = uuidOf('SubscriptionOffer', input.offerId, ['input', 'offerId'])
    await context.limiter.spend(SUBSCRIBES, viewer.userId)
    const { answer, replayed } = await transaction(context, (tx, now) =>
      subscribe(tx, context.payments, viewer, { offerId, expectedPrice, source, idempotencyKey }, now),
    )
    const paid = await payNow(context, answer.paymentId, source)
    return { subscription: await reloaded(answer.subscriptionId, context), ...paid, replayed }
  },

  giftSubscription: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const recipient = await findVisibleUser(uuidOf('User', input.recipientId, ['input', 'recipientId']), context)
    if (!recipient) throw noSuchUser(['input', 'recipientId'])
    const source = checkedSource(input.payWith, context)
    const { expectedPrice, isAnonymous, idempotencyKey } = input
    const order = {
      offerId: uuidOf('SubscriptionOffer', input.offerId, ['input', 'offerId']),
      recipientId: recipient.id,
      expectedPrice,
      message: checkedGiftMessage(input.message),
      isAnonymous,
      source,
      idempotencyKey,
    }
    await context.limiter.spend(SUBSCRIBES, viewer.userId)
    const { answer, replayed } = await transaction(context, (tx, now) =>
      giftSubscription(tx, context.payments, viewer, order, now),
    )
    return { recipient, ...(await payNow(context, answer.paymentId, source)), replayed }
  },

  cancelSubscription: async (_parent, { input }, context) => {
    const order = { subscriptionId: subscriptionIdOf(input), reason: checkedCancelReason(input.reason) }
    await transaction(context, (tx, now) => cancelSubscription(tx, signedIn(context), order, now))
    return { subscription: await reloaded(order.subscriptionId, context), userErrors: [] }
  },

  resumeSubscription: async (_parent, { input }, context) => {
    const id = subscriptionIdOf(input)
    await transaction(context, (tx, now) => resumeSubscription(tx, signedIn(context), id, now))
    return { subscription: await reloaded(id, context), userErrors: [] }
  },

  previewSubscription: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const offerId = uuidOf('SubscriptionOffer', input.offerId, ['input', 'offerId'])
    await context.limiter.spend(PREVIEWS, viewer.userId)
    const id = await transaction(context, (tx, now) => previewSubscription(tx, viewer, offerId, now))
    return { preview: await context.loaders.subscriptionPreview.load(id), userErrors: [] }
  },

  createPromotion: async (_parent, { input }, context) => {
    const order = {
      code: input.code,
      basisPoints: input.basisPoints ?? null,
      amountMinor: input.amountMinor ?? null,
      trialDays: input.trialDays ?? null,
      periods: input.periods,
      maxRedemptions: input.maxRedemptions ?? null,
      startsAt: input.startsAt ?? null,
      endsAt: input.endsAt ?? null,
      idempotencyKey: input.idempotencyKey ?? null,
    }
    const id = await transaction(context, (tx, now) => createPromotion(tx, signedIn(context), order, now))
    return { promotion: await context.loaders.promotion.load(id), userErrors: [] }
  },

  endPromotion: async (_parent, { input }, context) => {
    const id = uuidOf('Promotion', input.promotionId, ['input', 'promotionId'])
    await transaction(context, (tx, now) => endPromotion(tx, signedIn(context), id, now))
    context.loaders.promotion.clear(id)
    return { promotion: await context.loaders.promotion.load(id), userErrors: [] }
  },

  redeemPromotion: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const source = checkedSource(input.payWith, context)
    const { code, expectedPrice, idempotencyKey } = input
    const offerId = uuidOf('SubscriptionOffer', input.offerId, ['input', 'offerId'])
    const order = { offerId, code, expectedPrice, source, idempotencyKey }
    await context.limiter.spend(SUBSCRIBES, viewer.userId)
    const { answer, replayed } = await transaction(context, (tx, now) =>
      redeemPromotion(tx, context.payments, viewer, order, now),
    )
    return { ...(await changed(answer, source, context)), replayed }
  },

  changeSubscription: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const source = checkedSource(input.payWith, context)
    const previewId = uuidOf('SubscriptionPreview', input.previewId, ['input', 'previewId'])
    const order = { previewId, source, idempotencyKey: input.idempotencyKey }
    await context.limiter.spend(SUBSCRIBES, viewer.userId)
    const { answer, replayed } = await transaction(context, (tx, now) =>
      changeSubscription(tx, context.payments, viewer, order, now),
    )
    return { ...(await changed(answer, source, context)), replayed }
  },

  retrySubscriptionPayment: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const source = checkedSource(input.payWith, context)
    const order = { subscriptionId: subscriptionIdOf(input), source, idempotencyKey: input.idempotencyKey }
    await context.limiter.spend(SUBSCRIBES, viewer.userId)
    const { answer, replayed } = await transaction(context, (tx, now) =>
      retrySubscriptionPayment(tx, context.payments, viewer, order, now),
    )
    const paid = await payNow(context, answer.paymentId, source)
    return { subscription: await reloaded(answer.subscriptionId, context), ...paid, replayed }
  },
} satisfies Partial<MutationResolvers>

/** A subscription as it is now, and how what was due now was paid, where anything was. */
async function changed(
  { subscriptionId, paymentId }: { readonly subscriptionId: string; readonly paymentId: string | null },
  source: PaymentSource,
  context: Parameters<typeof payNow>[0] & SubscriptionsAsking,
): Promise<{ subscription: SubscriptionRow | null } & Awaited<ReturnType<typeof payNow>>> {
  const paid = paymentId ? await payNow(context, paymentId, source) : { payment: null, userErrors: [] }
  return { subscription: await reloaded(subscriptionId, context), ...paid }
}

async function reloaded(id: string, { loaders }: SubscriptionsAsking): Promise<SubscriptionRow | null> {
  loaders.subscription.clear(id)
  loaders.liveSubscription.clearAll()
  return loaders.subscription.load(id)
}

export const Subscription = {
  subscriptionChanged: {
    subscribe: async (_parent, { after }, { db, bus, viewer, signal }) => {
      assert(viewer && signal, 'a rule asked for a session, and a subscription can be ended')
      const events = await followStream(db, bus, subscriptionsOf(viewer.userId), { after: after ?? null, signal })
      return mapped(events, ({ sequence, payload }) => {
        const { subscriptionId } = payload as { subscriptionId: string }
        return { subscriptionChanged: { sequence, subscriptionId } }
      })
    },
  },
} satisfies Partial<SubscriptionResolvers>

export const SubscriptionChange = {
  subscription: async ({ subscriptionId }, _args, context) => {
    const subscription = await reloaded(subscriptionId, context)
    assert(subscription, 'a subscription is never deleted')
    return subscription
  },
} satisfies SubscriptionChangeResolvers

export const SubscriptionOffer = {
  id: ({ id }) => globalId('SubscriptionOffer', id),
  price: ({ amountMinor, currency }) => ({ amountMinor, currency }),
} satisfies SubscriptionOfferResolvers

const sightOfSubscription = (row: SubscriptionRow, { viewer }: SubscriptionsAsking): SubscriptionSight =>
  sightOf(viewer, isActingStaff(viewer), row)

/** What of a subscription is for its subscriber and for staff. */
const ifAll = <T>(row: SubscriptionRow, context: SubscriptionsAsking, value: T): T | null =>
  sightOfSubscription(row, context) === 'all' ? value : null

/** Whether a block is the reason and the viewer must not learn of it: only whoever blocks knows, and staff. */
async function isBlockUnknown(
  row: SubscriptionRow,
  reason: SubscriptionEndReason | null,
  { viewer, loaders }: SubscriptionsAsking,
): Promise<boolean> {
  if (reason !== 'BLOCKED' || !viewer || isActingStaff(viewer)) return false
  const userId = viewer.userId === row.subscriberId ? row.creatorId : row.subscriberId
  return !(await loaders.relation.load({ viewerId: viewer.userId, userId })).blocks
}

/** What whoever is blocked is told: a creator who is gone, or a subscriber who cancelled. */
const insteadOfBlock = ({ subscriberId }: SubscriptionRow, { viewer }: SubscriptionsAsking): 'CREATOR_LEFT' | null =>
  viewer?.userId === subscriberId ? 'CREATOR_LEFT' : null

export const CreatorSubscription = {
  id: ({ id }) => globalId('CreatorSubscription', id),
  subscriber: ({ subscriberId }, _args, context) => findVisibleUser(subscriberId, context),
  creator: ({ creatorId }, _args, context) => findVisibleUser(creatorId, context),
  status: (row, _args, { now }) => statusAt(row, now),
  price: ({ amountMinor, currency }) => ({ amountMinor, currency }),
  nextOffer: ({ nextPriceVersionId }, _args, { loaders }) =>
    nextPriceVersionId ? loaders.offer.load(nextPriceVersionId) : null,
  gift: ({ id, origin }, _args, { loaders }) => (origin === 'GIFT' ? loaders.giftOfSubscription.load(id) : null),
  currentPeriod: ({ periodNumber, periodStartsAt, periodEndsAt }) =>
    periodStartsAt && { number: periodNumber, startsAt: periodStartsAt, endsAt: periodEndsAt },
  paymentHealth: (row, _args, context) =>
    ifAll(row, context, row.isDisputed && !row.endedAt ? 'DISPUTED' : row.paymentHealth),
  nextChargeAt: (row, _args, context) =>
    ifAll(row, context, row.willRenew && !row.isDisputed ? row.nextChargeAt : null),
  nextRenewal: async (row, _args, context) => {
    if (sightOfSubscription(row, context) !== 'all') return null
    const { offer, appliedPromotion } = context.loaders
    const { nextPriceVersionId, promotionId } = row
    return renewalAhead(
      row,
      nextPriceVersionId ? await offer.load(nextPriceVersionId) : null,
      promotionId ? await appliedPromotion.load(promotionId) : null,
    )
  },
  graceUntil: (row, _args, context) => ifAll(row, context, row.graceUntil),
  endedReason: async (row, _args, context) =>
    (await isBlockUnknown(row, row.endedReason, context))
      ? (insteadOfBlock(row, context) ?? 'PERIOD_ENDED')
      : row.endedReason,
  stoppedReason: async (row, _args, context) =>
    (await isBlockUnknown(row, row.stoppedReason, context)) ? insteadOfBlock(row, context) : row.stoppedReason,
} satisfies CreatorSubscriptionResolvers

export const SubscriptionGift = {
  giver: ({ giverId, isAnonymous }, _args, context) => (isAnonymous ? null : findVisibleUser(giverId, context)),
  givenAt: ({ paidAt }) => paidAt,
} satisfies Partial<SubscriptionGiftResolvers>

export const Promotion = {
  id: ({ id }) => globalId('Promotion', id),
  amountOff: ({ amountMinor, currency }) => (amountMinor !== null && currency ? { amountMinor, currency } : null),
  endedAt: ({ disabledAt }) => disabledAt,
} satisfies PromotionResolvers

export const SubscriptionPreview = {
  id: ({ id }) => globalId('SubscriptionPreview', id),
  offer: async ({ priceVersionId }, _args, { loaders }) => {
    const offer = await loaders.offer.load(priceVersionId)
    assert(offer, 'an offer is never deleted')
    return offer
  },
  subscription: async ({ subscriptionId }, _args, { loaders }) => {
    const subscription = await loaders.subscription.load(subscriptionId)
    assert(subscription, 'nor is a subscription')
    return subscription
  },
  lines: ({ lines, currency }) =>
    lines.map(({ kind, amountMinor }) => ({ kind, amount: { amountMinor: BigInt(amountMinor), currency } })),
  dueNow: ({ amountMinor, currency }) => ({ amountMinor, currency }),
} satisfies SubscriptionPreviewResolvers

export const User = {
  subscriptionOffers: ({ id, accountType }, _args, { loaders }) =>
    accountType === 'CREATOR' ? loaders.offers.load(id) : [],
  viewerSubscription: ({ id }, _args, { loaders }) => loaders.liveSubscription.load(id),
} satisfies Partial<UserResolvers>

export const Viewer = {
  subscriptions: async (viewer, args, { db }) => {
    const page = checkedPage(args, { list: 'subscriptions', of: viewer.userId }, ['time', 'uuid'])
    const rows = await listSubscriptions(db, viewer.userId, page)
    return toConnection(page, rows, ({ createdAt, id }) => [createdAt.toISOString(), id])
  },
  subscribers: async (viewer, args, { db, now }) => {
    const page = checkedPage(args, { list: 'subscribers', of: viewer.userId }, ['time', 'uuid'])
    const rows = await listSubscribers(db, viewer.userId, page, now)
    return toConnection(page, rows, ({ createdAt, id }) => [createdAt.toISOString(), id])
  },
  promotions: async (viewer, args, { db }) => {
    const page = checkedPage(args, { list: 'promotions', of: viewer.userId }, ['time', 'uuid'])
    const rows = await listPromotions(db, viewer.userId, page)
    return toConnection(page, rows, ({ createdAt, id }) => [createdAt.toISOString(), id])
  },
} satisfies Partial<ViewerResolvers>

/** A subscription as `node` finds it: the subscriber's, its creator's once it began, anybody's for staff. */
export async function findSubscriptionNode(id: string, context: SubscriptionsAsking): Promise<SubscriptionRow | null> {
  const subscription = await context.loaders.subscription.load(id)
  return subscription && sightOfSubscription(subscription, context) ? subscription : null
}

/** An offer as `node` finds it: one that is made now, by somebody whom the viewer may see. */
export async function findOfferNode(id: string, context: SubscriptionsAsking): Promise<OfferRow | null> {
  const offer = await context.loaders.offer.load(id)
  return offer && !offer.retiredAt && (await findVisibleUser(offer.creatorId, context)) ? offer : null
}

/** A preview as `node` finds it: the viewer's own. */
export const findPreviewNode = (id: string, { loaders }: SubscriptionsAsking): Promise<PreviewRow | null> =>
  loaders.subscriptionPreview.load(id)

/** A promotion as `node` finds it: the viewer's own. */
export const findPromotionNode = (id: string, { loaders }: SubscriptionsAsking): Promise<PromotionRow | null> =>
  loaders.promotion.load(id)
