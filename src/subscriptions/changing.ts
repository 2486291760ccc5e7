import { holdActor, noSuchUser } from '../accounts/accounts.js'
import { allocate } from '../ledger/ledger.js'
import { DAY_MS, MINUTE_MS, SECOND_MS, addMs } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Reason } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { isPrice } from '../lib/money.js'
import type { RateLimit } from '../lib/rate.js'
import type { Viewer } from '../lib/viewer.js'
import { findEarner, openPayment } from '../payments/payments.js'
import type { PaymentServices, PaymentSource } from '../payments/types.js'
import { tell } from './ending.js'
import { endOfPeriod } from './periods.js'
import {
  attachPayment,
  claimPeriod,
  consumePreview,
  deletePreviews,
  findOfferForShare,
  findSubscriptionForUpdate,
  insertPreview,
  keepMethod,
  keepNextOffer,
  listChain,
  listLive,
  listPreviews,
} from './queries.js'
import { statusAt } from './subscribing.js'
import { SUBSCRIPTION_CHANGED } from './types.js'
import type { ChainedRow, ChangeTerms, OfferRow, PreviewRow, SubscriptionRow } from './types.js'

/** How often somebody may look at what a change would cost. */
export const PREVIEWS: RateLimit = {
  name: 'subscriptions.preview',
  points: 60,
  windowSeconds: (10 * MINUTE_MS) / SECOND_MS,
}
/** How long what was shown holds. */
const PREVIEW_MS = 15 * MINUTE_MS
/** How long it is kept after that. */
const KEEP_PREVIEWS_MS = 7 * DAY_MS
const FORGET_BATCH = 1_000
const OFFER_PATH = ['input', 'offerId']
const PREVIEW_PATH = ['input', 'previewId']

/**
 * Shows what it would be to go over to another offer of the same creator: what is charged now, and when it begins. It holds
 * for fifteen minutes, at that amount, whatever the creator's prices do meanwhile; `changeSubscription` takes it once.
 * @throws NOT_FOUND node_not_found; CONFLICT not_subscribed, already_subscribed, offer_retired, creator_not_earning,
 *   subscription_ended, subscription_lifetime, subscription_pending, payment_under_way; FORBIDDEN account_limited
 */
export async function previewSubscription(tx: Tx, { userId }: Viewer, offerId: string, now: Date): Promise<string> {
  await holdActor(tx, userId, now)
  const offer = await findOfferForShare(tx, offerId)
  if (!offer) throw new AppError('NOT_FOUND', 'node_not_found', 'No such SubscriptionOffer.', { path: OFFER_PATH })
  await refuseParted(tx, offer.creatorId, userId, OFFER_PATH, now)
  const [live] = await listLive(tx, userId, [offer.creatorId])
  const subscription = live && (await findSubscriptionForUpdate(tx, live.id))
  if (!subscription) throw conflict('not_subscribed', 'Subscribe first: there is nothing to change.', OFFER_PATH)
  refuseUnchangeable(subscription, OFFER_PATH, now)
  const isCurrent = offer.id === subscription.priceVersionId
  if (offer.retiredAt && !isCurrent)
    throw conflict('offer_retired', 'The creator does not offer this any more.', OFFER_PATH)
  if (isCurrent && subscription.nextPriceVersionId === null)
    throw conflict('already_subscribed', 'This is what there is already.', OFFER_PATH)
  const terms = termsOfChange(subscription, offer, await unusedOf(tx, subscription, now))
  return insertPreview(tx, { subscription, offer, terms, expiresAt: addMs(now, PREVIEW_MS) }, now)
}

async function refuseParted(
  tx: Tx,
  creatorId: string,
  userId: string,
  path: readonly string[],
  now: Date,
): Promise<void> {
  const earner = await findEarner(tx, creatorId, userId, now)
  if (!earner) throw noSuchUser(path)
  if (!earner.isEarning) throw conflict('creator_not_earning', 'This creator does not earn now.', path)
}

/** Only what has begun, goes on and is not being paid for just now can change. */
function refuseUnchangeable(subscription: SubscriptionRow, path: readonly string[], now: Date): void {
  const { status, type, endedAt, nextChargeAt } = subscription
  if (endedAt || statusAt(subscription, now) === 'EXPIRED')
    throw conflict('subscription_ended', 'It has ended: subscribe anew.', path)
  if (status === 'PENDING') throw conflict('subscription_pending', 'Its first payment has not come yet.', path)
  if (type === 'LIFETIME') throw conflict('subscription_lifetime', 'It is for always.', path)
  if (!nextChargeAt) throw conflict('payment_under_way', 'A payment for it is under way.', path)
}

/** What of the current period is paid for and lies ahead: in proportion to its time, and to what is kept of its worth. */
async function unusedOf(tx: Tx, subscription: SubscriptionRow, now: Date): Promise<bigint> {
  const { id, periodNumber, periodStartsAt, periodEndsAt } = subscription
  if (!periodStartsAt || !periodEndsAt || periodEndsAt <= now) return 0n
  return unused(keptOf(await listChain(tx, id, periodNumber)), { startsAt: periodStartsAt, endsAt: periodEndsAt }, now)
}

/**
 * What is kept of a period's worth, by the chain of changes that ends with it: what is left of its payment, and of what was
 * credited to it no more than is kept of the period that this came from. So no credit is ever above what is left of the chain,
 * and what goes back of an earlier payment is first that of its used part.
 */
export const keptOf = (chain: readonly ChainedRow[]): bigint =>
  chain.reduce(
    (before, { leftMinor, creditedMinor }) => leftMinor + (creditedMinor < before ? creditedMinor : before),
    0n,
  )

/** The part of an amount for a span that lies ahead: it and the part that is over sum to the amount. */
export function unused(
  amountMinor: bigint,
  span: { readonly startsAt: Date; readonly endsAt: Date },
  now: Date,
): bigint {
  const over = Math.max(now.getTime() - span.startsAt.getTime(), 0)
  const ahead = Math.max(span.endsAt.getTime() - now.getTime(), 0)
  const [, part] = allocate(amountMinor, [BigInt(over), BigInt(ahead)])
  return part ?? 0n
}

/**
 * What a change is: more months at once, and for always, begin now, less what is unused; fewer, another price for as many, and
 * what the unused part would pay for wholly, begin with the next renewal.
 */
export function termsOfChange(
  { months }: Pick<SubscriptionRow, 'months'>,
  offer: Pick<OfferRow, 'months' | 'amountMinor' | 'currency'>,
  unusedMinor: bigint,
): ChangeTerms {
  const { amountMinor, currency } = offer
  const isMore = offer.months === null || (months !== null && offer.months > months)
  const dueMinor = amountMinor - unusedMinor
  const price = { kind: 'PRICE', amountMinor } as const
  if (!isMore || !isPrice({ amountMinor: dueMinor, currency })) return { lines: [price], dueMinor: 0n, isAtOnce: false }
  const lines = unusedMinor > 0n ? [price, { kind: 'UNUSED', amountMinor: -unusedMinor } as const] : [price]
  return { lines, dueMinor, isAtOnce: true }
}

/** A preview that somebody takes, and how they pay. */
export interface ChangeOrder {
  readonly previewId: string
  readonly source: PaymentSource
  readonly idempotencyKey: string
}

/**
 * Goes over to what a preview showed, for what it showed: once, however many ask for it. What begins now is charged, and
 * takes the place of the current period when the money comes; the rest waits for the next renewal. Idempotent under the key.
 * Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT preview_used, preview_expired, preview_outdated, payment_under_way,
 *   creator_not_earning, insufficient_funds; INVALID payment_method_required; FORBIDDEN account_limited
 */
export async function changeSubscription(
  tx: Tx,
  services: PaymentServices,
  viewer: Viewer,
  { idempotencyKey, ...order }: ChangeOrder,
  now: Date,
): Promise<Remembered<{ subscriptionId: string; paymentId: string | null }>> {
  const call = { scope: viewer.userId, mutation: 'changeSubscription', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, viewer.userId, now)
    const preview = await take(tx, viewer, order.previewId, now)
    await refuseParted(tx, preview.creatorId, viewer.userId, PREVIEW_PATH, now)
    const subscription = await findSubscriptionForUpdate(tx, preview.subscriptionId)
    if (subscription?.version !== preview.subscriptionVersion)
      throw conflict('preview_outdated', 'The subscription is another by now: look again.', PREVIEW_PATH)
    refuseUnchangeable(subscription, PREVIEW_PATH, now)
    if (order.source.paymentMethodId) await keepMethod(tx, subscription.id, order.source.paymentMethodId)
    const paymentId = preview.isAtOnce
      ? await changeNow(tx, services, { subscription, preview, source: order.source }, now)
      : await changeLater(tx, subscription, preview, now)
    return { subscriptionId: subscription.id, paymentId }
  })
}

async function take(tx: Tx, { userId }: Viewer, id: string, now: Date): Promise<PreviewRow> {
  const taken = await consumePreview(tx, userId, id, now)
  if (taken) return taken
  const [known] = await listPreviews(tx, userId, [id])
  if (!known) throw new AppError('NOT_FOUND', 'node_not_found', 'No such SubscriptionPreview.', { path: PREVIEW_PATH })
  if (known.consumedAt) throw conflict('preview_used', 'This was taken already.', PREVIEW_PATH)
  throw conflict('preview_expired', 'This holds no more: look again.', PREVIEW_PATH)
}

async function changeNow(
  tx: Tx,
  services: PaymentServices,
  change: { readonly subscription: SubscriptionRow; readonly preview: PreviewRow; readonly source: PaymentSource },
  now: Date,
): Promise<string> {
  const { subscription, preview, source } = change
  const { id, subscriberId, creatorId, periodNumber } = subscription
  const { amountMinor, currency, priceVersionId } = preview
  const offer = await findOfferForShare(tx, priceVersionId)
  const months = offer?.months ?? null
  const isClaimed = await claimPeriod(
    tx,
    {
      subscriptionId: id,
      periodNumber: periodNumber + 1,
      startsAt: now,
      endsAt: months === null ? null : endOfPeriod(now, 1, months),
      amountMinor,
      currency,
      priceVersionId,
      isAtOnce: true,
    },
    now,
  )
  if (!isClaimed) throw conflict('payment_under_way', 'A payment for it is under way.', PREVIEW_PATH)
  const payment = await openPayment(
    tx,
    services,
    { payerId: subscriberId, creatorId, purpose: 'RENEWAL', amount: { amountMinor, currency }, source },
    (paymentId) => attachPayment(tx, id, periodNumber + 1, paymentId),
    now,
  )
  return payment.id
}

async function changeLater(
  tx: Tx,
  subscription: SubscriptionRow,
  { priceVersionId }: PreviewRow,
  now: Date,
): Promise<null> {
  await keepNextOffer(tx, subscription.id, priceVersionId === subscription.priceVersionId ? null : priceVersionId)
  await tell(tx, subscription, { type: SUBSCRIPTION_CHANGED, action: 'subscription.changed' }, now)
  return null
}

/** Forgets, in batches, what was shown long ago. */
export async function forgetPreviews(origin: Origin): Promise<void> {
  const forget = (): Promise<number> =>
    transaction(origin, (tx, now) => deletePreviews(tx, addMs(now, -KEEP_PREVIEWS_MS), FORGET_BATCH))
  while ((await forget()) === FORGET_BATCH);
}

const conflict = (reason: Reason, message: string, path: readonly string[]): AppError =>
  new AppError('CONFLICT', reason, message, { path })
