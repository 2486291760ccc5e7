import assert from 'node:assert'
import { findVisibleUser, isActingStaff } from '../accounts/accounts.js'
import type { AccountsAsking } from '../accounts/accounts.js'
import type {
  CreatorSubscriptionResolvers,
  MutationResolvers,
  SubscriptionChangeResolvers,
  SubscriptionOfferResolvers,
  SubscriptionResolvers,
  UserResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { transaction } from '../lib/db.js'
import { followStream } from '../lib/following.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { signedIn } from '../lib/viewer.js'
import { checkedSource, payNow } from '../payments/payments.js'
import type { SubscriptionsLoaders } from './loaders.js'
import { updateSubscriptionOffer } from './offering.js'
import { listSubscribers, listSubscriptions } from './queries.js'
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
import type { OfferRow, SubscriptionRow } from './types.js'

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
    const source = checkedSource(input.payWith)
    const { expectedPrice, idempotencyKey } = input
    const offerId = uuidOf('SubscriptionOffer', input.offerId, ['input', 'offerId'])
    await context.limiter.spend(SUBSCRIBES, viewer.userId)
    const { answer, replayed } = await transaction(context, (tx, now) =>
      subscribe(tx, context.payments, viewer, { offerId, expectedPrice, source, idempotencyKey }, now),
    )
    const paid = await payNow(context, answer.paymentId, source)
    return { subscription: await reloaded(answer.subscriptionId, context), ...paid, replayed }
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
} satisfies Partial<MutationResolvers>

async function reloaded(id: string, { loaders }: SubscriptionsAsking): Promise<SubscriptionRow | null> {
  loaders.subscription.clear(id)
  loaders.liveSubscription.clearAll()
  return loaders.subscription.load(id)
}

export const Subscription = {
  subscriptionChanged: {
    subscribe: async function* (_parent, { after }, { db, bus, viewer, signal }) {
      assert(viewer && signal, 'a rule asked for a session, and a subscription can be ended')
      const start = { after: after ?? null, signal }
      for await (const event of followStream(db, bus, subscriptionsOf(viewer.userId), start)) {
        const { subscriptionId } = event.payload as { subscriptionId: string }
        yield { subscriptionChanged: { sequence: event.sequence, subscriptionId } }
      }
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

export const CreatorSubscription = {
  id: ({ id }) => globalId('CreatorSubscription', id),
  subscriber: ({ subscriberId }, _args, context) => findVisibleUser(subscriberId, context),
  creator: ({ creatorId }, _args, context) => findVisibleUser(creatorId, context),
  status: (row, _args, { now }) => statusAt(row, now),
  price: ({ amountMinor, currency }) => ({ amountMinor, currency }),
  currentPeriod: ({ periodNumber, periodStartsAt, periodEndsAt }) =>
    periodStartsAt && { number: periodNumber, startsAt: periodStartsAt, endsAt: periodEndsAt },
  paymentHealth: (row, _args, context) => ifAll(row, context, row.paymentHealth),
  nextChargeAt: (row, _args, context) => ifAll(row, context, row.willRenew ? row.nextChargeAt : null),
  graceUntil: (row, _args, context) => ifAll(row, context, row.graceUntil),
} satisfies CreatorSubscriptionResolvers

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
