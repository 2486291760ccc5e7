import assert from 'node:assert'
import { isInGoodStanding } from '../accounts/accounts.js'
import { addMs, DAY_MS } from '../lib/clock.js'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { isUndisputed } from '../payments/payments.js'
import { notBlocked } from '../social/social.js'
import type {
  ChainedRow,
  ChangeTerms,
  OfferRow,
  PaymentHealth,
  PeriodRow,
  PreviewRow,
  SubscriptionEndReason,
  SubscriptionRow,
} from './types.js'

const offerColumns = fragment`
  v.id::text as id, v.creator_id::text as "creatorId", upper(v.type::text) as type, v.months::int as months,
  v.amount_minor as "amountMinor", v.currency::text as currency, v.discount_basis_points as "discountBasisPoints",
  v.retired_at as "retiredAt"`

/** What these creators offer now, the shortest first; what is for always comes last. */
export const listOffers = (db: Db, creatorIds: readonly string[]): Promise<OfferRow[]> =>
  db.sql<OfferRow>`/* subscriptions.offers */
    select ${offerColumns} from price_versions v
    where v.creator_id = any(${creatorIds}::uuid[]) and v.retired_at is null
    order by v.creator_id, v.months nulls last, v.id`

/** An offer, also one that is retired; held, so that it cannot be retired before the transaction ends. */
export async function findOfferForShare(tx: Tx, id: string): Promise<OfferRow | null> {
  const [row] = await tx.sql<OfferRow>`/* subscriptions.offer */
    select ${offerColumns} from price_versions v where v.id = ${id}::uuid for share`
  return row ?? null
}

/** Offers by id, in no order. */
export const listOffersById = (db: Db, ids: readonly string[]): Promise<OfferRow[]> =>
  db.sql<OfferRow>`/* subscriptions.offersById */
    select ${offerColumns} from price_versions v where v.id = any(${ids}::uuid[])`

/** Offers nothing but single months any more. */
export async function retireOffers(tx: Tx, creatorId: string, now: Date): Promise<void> {
  await tx.sql`/* subscriptions.retireOffers */
    update price_versions set retired_at = ${now}::timestamptz
    where creator_id = ${creatorId}::uuid and retired_at is null and not (type = 'monthly' and months = 1)`
}

/** Offers something beside single months. */
export async function insertOffer(tx: Tx, offer: Omit<OfferRow, 'id' | 'retiredAt'>, now: Date): Promise<void> {
  await tx.sql`/* subscriptions.insertOffer */
    insert into price_versions (creator_id, type, months, amount_minor, currency, discount_basis_points, valid_from, created_at)
    values (
      ${offer.creatorId}::uuid, lower(${offer.type})::subscription_type, ${offer.months}::smallint,
      ${offer.amountMinor}::bigint, ${offer.currency}, ${offer.discountBasisPoints}::int, ${now}::timestamptz,
      ${now}::timestamptz)`
}

/** Sets what a month costs; the version of the price follows by itself. */
export async function setMonthlyPrice(tx: Tx, creatorId: string, amountMinor: bigint): Promise<void> {
  await tx.sql`/* subscriptions.setMonthlyPrice */
    update users set subscription_price = ${amountMinor}::bigint where id = ${creatorId}::uuid`
}

/** Whether the payment of the current period of `subscription` is disputed. */
const isHeld = (subscription: Fragment): Fragment => fragment`exists (
  select from subscription_periods held
  where held.subscription_id = ${subscription}.id and held.period_number = ${subscription}.period_number
    and not ${isUndisputed(fragment`held.payment_intent_id`)})`

const subscriptionColumns = fragment`
  s.id::text as id, s.subscriber_id::text as "subscriberId", s.creator_id::text as "creatorId", upper(s.type::text) as type,
  upper(s.status::text) as status, s.price_version_id::text as "priceVersionId",
  (select v.months::int from price_versions v where v.id = s.price_version_id) as months,
  upper(s.origin::text) as origin, s.promotion_id::text as "promotionId", s.trial_ends_at as "trialEndsAt",
  s.next_price_version_id::text as "nextPriceVersionId",
  s.amount_minor as "amountMinor", s.currency::text as currency, upper(s.payment_health::text) as "paymentHealth",
  s.payment_method_id::text as "paymentMethodId", s.started_at as "startedAt", s.anchor_at as "anchorAt",
  s.anchor_period as "anchorPeriod", s.period_number as "periodNumber", s.period_starts_at as "periodStartsAt", s.period_ends_at as "periodEndsAt",
  s.entitled_until as "entitledUntil", s.will_renew as "willRenew", s.cancelled_at as "cancelledAt",
  s.cancel_reason as "cancelReason", upper(s.stopped_reason::text) as "stoppedReason",
  s.retry_count::int as "retryCount", s.next_charge_at as "nextChargeAt", s.grace_until as "graceUntil",
  ${isHeld(fragment`s`)} as "isDisputed", s.ended_at as "endedAt", upper(s.ended_reason::text) as "endedReason", s.created_at as "createdAt",
  s.version`

/** Begins a subscription that is not paid yet; null where there is one that has not ended. */
export async function insertSubscription(
  tx: Tx,
  order: {
    readonly subscriberId: string
    readonly offer: OfferRow
    readonly paymentMethodId: string | null
    readonly origin: SubscriptionRow['origin']
    readonly promotionId: string | null
    readonly trialEndsAt: Date | null
  },
  now: Date,
): Promise<string | null> {
  const { offer } = order
  const [row] = await tx.sql<{ id: string }>`/* subscriptions.insert */
    insert into subscriptions (
      subscriber_id, creator_id, type, price_version_id, amount_minor, currency, payment_method_id, will_renew, cancelled_at,
      origin, promotion_id, trial_ends_at, created_at, updated_at)
    values (
      ${order.subscriberId}::uuid, ${offer.creatorId}::uuid, lower(${offer.type})::subscription_type, ${offer.id}::uuid,
      ${offer.amountMinor}::bigint, ${offer.currency}, ${order.paymentMethodId}::uuid,
      ${offer.months !== null && order.origin !== 'GIFT'}::boolean, ${order.origin === 'GIFT' ? now : null}::timestamptz,
      lower(${order.origin})::subscription_origin, ${order.promotionId}::uuid, ${order.trialEndsAt}::timestamptz,
      ${now}::timestamptz, ${now}::timestamptz)
    on conflict (subscriber_id, creator_id) where ended_at is null do nothing
    returning id::text as id`
  return row?.id ?? null
}

/** A period to be paid for. */
export interface ClaimedPeriod {
  readonly subscriptionId: string
  readonly periodNumber: number
  readonly startsAt: Date
  readonly endsAt: Date | null
  readonly amountMinor: bigint
  readonly currency: string
  readonly priceVersionId: string | null
  readonly isAtOnce: boolean
}

/** Claims a period for a payment: one row per period, whoever comes first, and again for the next try of one that failed. */
export async function claimPeriod(tx: Tx, period: ClaimedPeriod, now: Date): Promise<boolean> {
  const rows = await tx.sql`/* subscriptions.claimPeriod */
    insert into subscription_periods as p (
      subscription_id, period_number, starts_at, ends_at, amount_minor, currency, price_version_id, is_at_once, claimed_at,
      created_at, updated_at)
    values (
      ${period.subscriptionId}::uuid, ${period.periodNumber}::int, ${period.startsAt}::timestamptz,
      ${period.endsAt}::timestamptz, ${period.amountMinor}::bigint, ${period.currency}, ${period.priceVersionId}::uuid,
      ${period.isAtOnce}::boolean, ${now}::timestamptz, ${now}::timestamptz, ${now}::timestamptz)
    on conflict (subscription_id, period_number) do update
      set state = 'pending', claimed_at = excluded.claimed_at, payment_intent_id = null, starts_at = excluded.starts_at,
        ends_at = excluded.ends_at, amount_minor = excluded.amount_minor, currency = excluded.currency,
        price_version_id = excluded.price_version_id, is_at_once = excluded.is_at_once
      where p.state = 'failed'
    returning 1 as claimed`
  return rows.length > 0
}

/** Ties a period to the payment that pays for it. */
export async function attachPayment(
  tx: Tx,
  subscriptionId: string,
  periodNumber: number,
  paymentId: string,
): Promise<void> {
  await tx.sql`/* subscriptions.attach */
    update subscription_periods set payment_intent_id = ${paymentId}::uuid
    where subscription_id = ${subscriptionId}::uuid and period_number = ${periodNumber}::int`
}

const periodColumns = fragment`
  p.subscription_id::text as "subscriptionId", p.period_number as "periodNumber", p.starts_at as "startsAt",
  p.ends_at as "endsAt", upper(p.state::text) as state, p.price_version_id::text as "priceVersionId",
  p.is_at_once as "isAtOnce", p.payment_intent_id::text as "paymentIntentId"`

/** The period that a payment pays for; null where another payment has taken its place. */
export async function findPaidPeriod(db: Db, paymentId: string): Promise<PeriodRow | null> {
  const [row] = await db.sql<PeriodRow>`/* subscriptions.periodOfPayment */
    select ${periodColumns} from subscription_periods p where p.payment_intent_id = ${paymentId}::uuid`
  return row ?? null
}

/** A period of a subscription by its number. */
export async function findPeriod(tx: Tx, subscriptionId: string, periodNumber: number): Promise<PeriodRow | null> {
  const [row] = await tx.sql<PeriodRow>`/* subscriptions.period */
    select ${periodColumns} from subscription_periods p
    where p.subscription_id = ${subscriptionId}::uuid and p.period_number = ${periodNumber}::int`
  return row ?? null
}

/** The chain that ends with this period: it, the one whose place it took, and so on; the oldest first. */
export const listChain = (tx: Tx, subscriptionId: string, periodNumber: number): Promise<ChainedRow[]> =>
  tx.sql<ChainedRow>`/* subscriptions.chain */
    with recursive chain as (
      select p.* from subscription_periods p
      where p.subscription_id = ${subscriptionId}::uuid and p.period_number = ${periodNumber}::int
      union all
      select p.* from chain c
      join subscription_periods p on p.subscription_id = c.subscription_id and p.period_number = c.period_number - 1
      where c.is_at_once
    )
    select coalesce(i.captured_minor - i.refunded_minor - i.disputed_minor, 0) as "leftMinor",
      case when c.is_at_once then v.amount_minor - c.amount_minor else 0 end as "creditedMinor"
    from chain c
    left join payment_intents i on i.id = c.payment_intent_id
    left join price_versions v on v.id = c.price_version_id
    order by c.period_number`

/** Writes how a period stands; the first one begins when it is paid. */
export async function updatePeriod(
  tx: Tx,
  period: Pick<PeriodRow, 'subscriptionId' | 'periodNumber' | 'startsAt' | 'endsAt' | 'state'>,
): Promise<void> {
  await tx.sql`/* subscriptions.updatePeriod */
    update subscription_periods set state = lower(${period.state})::subscription_period_state,
      starts_at = ${period.startsAt}::timestamptz, ends_at = ${period.endsAt}::timestamptz
    where subscription_id = ${period.subscriptionId}::uuid and period_number = ${period.periodNumber}::int`
}

/** Subscriptions by id, in no order. */
export const listSubscriptionsById = (db: Db, ids: readonly string[]): Promise<SubscriptionRow[]> =>
  db.sql<SubscriptionRow>`/* subscriptions.byId */
    select ${subscriptionColumns} from subscriptions s where s.id = any(${ids}::uuid[])`

/** A subscription held against others until the transaction ends. */
export async function findSubscriptionForUpdate(tx: Tx, id: string): Promise<SubscriptionRow | null> {
  const [row] = await tx.sql<SubscriptionRow>`/* subscriptions.hold */
    select ${subscriptionColumns} from subscriptions s where s.id = ${id}::uuid for no key update`
  return row ?? null
}

/** Somebody's subscriptions to these creators that have not ended, in no order. */
export const listLive = (db: Db, subscriberId: string, creatorIds: readonly string[]): Promise<SubscriptionRow[]> =>
  db.sql<SubscriptionRow>`/* subscriptions.live */
    select ${subscriptionColumns} from subscriptions s
    where s.subscriber_id = ${subscriberId}::uuid and s.creator_id = any(${creatorIds}::uuid[]) and s.ended_at is null`

/** A page of somebody's subscriptions, the newest first, one row more than its limit when others follow. */
export const listSubscriptions = (db: Db, subscriberId: string, page: PageRequest): Promise<SubscriptionRow[]> =>
  db.sql<SubscriptionRow>`/* subscriptions.ofSubscriber */
    select ${subscriptionColumns} from subscriptions s
    where s.subscriber_id = ${subscriberId}::uuid and ${beyond(page, fragment`s.created_at, s.id`, timeAndId)}
    order by ${inOrder(page, fragment`s.created_at`, fragment`s.id`)}
    limit ${page.limit + 1}::int`

/** A page of who subscribes to a creator now, the newest first, one row more than its limit when others follow. */
export const listSubscribers = (db: Db, creatorId: string, page: PageRequest, now: Date): Promise<SubscriptionRow[]> =>
  db.sql<SubscriptionRow>`/* subscriptions.ofCreator */
    select ${subscriptionColumns} from subscriptions s
    where s.creator_id = ${creatorId}::uuid and s.started_at is not null and s.ended_at is null
      and not (s.status = 'cancelled' and s.period_ends_at <= ${now}::timestamptz)
      and ${beyond(page, fragment`s.created_at, s.id`, timeAndId)}
    order by ${inOrder(page, fragment`s.created_at`, fragment`s.id`)}
    limit ${page.limit + 1}::int`

/** The first so many whose time to be charged, or to end, has come. */
export const listDue = (db: Db, now: Date, limit: number): Promise<{ readonly id: string }[]> =>
  db.sql<{ id: string }>`/* subscriptions.due */
    select id::text as id from subscriptions
    where next_charge_at <= ${now}::timestamptz and ended_at is null
    order by next_charge_at, id limit ${limit}::int`

/** Whether a renewal is ahead at `now` that its subscriber was not told of: a week before a year's, three days before others. */
const isUnannounced = (now: Date): Fragment => fragment`
  will_renew and ended_at is null and renewal_announced_for is distinct from period_number and retry_count = 0
  and next_charge_at > ${now}::timestamptz and next_charge_at <= ${addMs(now, 7 * DAY_MS)}::timestamptz
  and (type = 'yearly' or next_charge_at <= ${addMs(now, 3 * DAY_MS)}::timestamptz)
  and not ${isHeld(fragment`subscriptions`)}`

/** Subscriptions whose renewal is to be told of, the nearest first. */
export const listRenewalsAhead = (db: Db, now: Date, limit: number): Promise<{ readonly id: string }[]> =>
  db.sql<{ id: string }>`/* subscriptions.renewalsAhead */
    select id::text as id from subscriptions where ${isUnannounced(now)}
    order by next_charge_at, id limit ${limit}::int`

/** Keeps that a subscriber was told of the renewal after the current period; false where they were, or it is not ahead. */
export async function keepAnnounced(tx: Tx, id: string, now: Date): Promise<boolean> {
  const rows = await tx.sql`/* subscriptions.keepAnnounced */
    update subscriptions set renewal_announced_for = period_number
    where id = ${id}::uuid and ${isUnannounced(now)} returning 1`
  return rows.length > 0
}

/** A period that opens, and the offer that the subscription goes over to with it, where that is another one. */
export interface StartedPeriod {
  readonly number: number
  readonly startsAt: Date
  readonly endsAt: Date | null
  readonly anchorAt: Date
  readonly anchorPeriod: number
  readonly offer: OfferRow | null
}

/** A period that was paid for: it is the current one from now on. */
export async function startPeriod(tx: Tx, id: string, period: StartedPeriod, now: Date): Promise<void> {
  const { number, startsAt, endsAt, anchorAt, anchorPeriod, offer } = period
  await tx.sql`/* subscriptions.startPeriod */
    update subscriptions set
      status = case when cancelled_at is null or ${endsAt}::timestamptz is null then 'active' else 'cancelled'
        end::subscription_status,
      payment_health = 'healthy', retry_count = 0, grace_until = null,
      started_at = coalesce(started_at, ${now}::timestamptz), anchor_at = ${anchorAt}::timestamptz,
      anchor_period = ${anchorPeriod}::int, period_number = ${number}::int, period_starts_at = ${startsAt}::timestamptz,
      period_ends_at = ${endsAt}::timestamptz, entitled_until = ${endsAt}::timestamptz,
      next_charge_at = ${endsAt}::timestamptz, version = version + 1,
      type = coalesce(lower(${offer?.type ?? null}::text)::subscription_type, type),
      price_version_id = coalesce(${offer?.id ?? null}::uuid, price_version_id),
      amount_minor = coalesce(${offer?.amountMinor ?? null}::bigint, amount_minor),
      promotion_id = case when ${offer?.id ?? null}::uuid is null then promotion_id end,
      next_price_version_id = case when ${offer?.id ?? null}::uuid is null then next_price_version_id end,
      will_renew = will_renew and ${endsAt}::timestamptz is not null,
      cancelled_at = case when ${endsAt}::timestamptz is null then null else cancelled_at end
    where id = ${id}::uuid`
}

/** Has what was shown of a change hold no more: what it was reckoned from is another by now. */
export async function outdatePreviews(tx: Tx, id: string): Promise<void> {
  await tx.sql`/* subscriptions.outdatePreviews */
    update subscriptions set version = version + 1 where id = ${id}::uuid`
}

/** A renewal that is under way is not due. */
export async function waitForPayment(tx: Tx, id: string): Promise<void> {
  await tx.sql`/* subscriptions.waitForPayment */
    update subscriptions set next_charge_at = null, version = version + 1 where id = ${id}::uuid`
}

/** What was tried beside the renewals came to nothing: they go on as they would have. */
export async function waitForRenewal(tx: Tx, id: string): Promise<void> {
  await tx.sql`/* subscriptions.waitForRenewal */
    update subscriptions set version = version + 1,
      next_charge_at = coalesce(next_charge_at, case when payment_health = 'grace' then grace_until end, period_ends_at)
    where id = ${id}::uuid and type <> 'lifetime'`
}

/** What a subscription goes over to with its next renewal; null for nothing else. */
export async function keepNextOffer(tx: Tx, id: string, priceVersionId: string | null): Promise<void> {
  await tx.sql`/* subscriptions.nextOffer */
    update subscriptions set next_price_version_id = ${priceVersionId}::uuid, version = version + 1 where id = ${id}::uuid`
}

/** What later renewals are paid with. */
export async function keepMethod(tx: Tx, id: string, paymentMethodId: string): Promise<void> {
  await tx.sql`/* subscriptions.method */
    update subscriptions set payment_method_id = ${paymentMethodId}::uuid where id = ${id}::uuid`
}

/** A try that the payer asks for is not one of the ladder's. */
export async function forgetTry(tx: Tx, id: string): Promise<void> {
  await tx.sql`/* subscriptions.forgetTry */
    update subscriptions set retry_count = greatest(retry_count - 1, 0) where id = ${id}::uuid`
}

/** A renewal that was refused. */
export async function keepRefusal(
  tx: Tx,
  id: string,
  refusal: {
    readonly health: PaymentHealth
    readonly retryCount: number
    readonly nextChargeAt: Date
    readonly graceUntil: Date
  },
): Promise<void> {
  await tx.sql`/* subscriptions.keepRefusal */
    update subscriptions set payment_health = lower(${refusal.health})::payment_health,
      retry_count = ${refusal.retryCount}::smallint, next_charge_at = ${refusal.nextChargeAt}::timestamptz,
      grace_until = ${refusal.graceUntil}::timestamptz, version = version + 1
    where id = ${id}::uuid`
}

/** It is over. */
export async function endSubscription(
  tx: Tx,
  id: string,
  end: {
    readonly status: 'EXPIRED' | 'FAILED'
    readonly reason: SubscriptionEndReason
    readonly health?: PaymentHealth
    readonly at: Date
  },
): Promise<void> {
  await tx.sql`/* subscriptions.end */
    update subscriptions set status = lower(${end.status})::subscription_status, ended_at = ${end.at}::timestamptz,
      ended_reason = lower(${end.reason})::subscription_end_reason, will_renew = false, next_charge_at = null,
      payment_health = coalesce(lower(${end.health ?? null}::text)::payment_health, payment_health), version = version + 1
    where id = ${id}::uuid`
}

/** Keeps until when a subscription that is over is `open` all the same; where it is not, it ended by now at the latest. */
export async function keepEntitlement(
  tx: Tx,
  id: string,
  open: { readonly endsAt: Date | null } | null,
  now: Date,
): Promise<void> {
  const until = open ? fragment`${open.endsAt}::timestamptz` : fragment`least(entitled_until, ${now}::timestamptz)`
  await tx.sql`/* subscriptions.keepEntitlement */
    update subscriptions set entitled_until = ${until} where id = ${id}::uuid and ended_at is not null`
}

/** It goes on after all, because what ended it did not happen: while its period lasts, and there is no other one since. */
export async function reviveSubscription(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.sql`/* subscriptions.revive */
    update subscriptions set status = case when cancelled_at is null then 'active' else 'cancelled' end::subscription_status,
      ended_at = null, ended_reason = null, will_renew = cancelled_at is null and type <> 'lifetime',
      next_charge_at = period_ends_at, entitled_until = period_ends_at, version = version + 1
    where id = ${id}::uuid and coalesce(period_ends_at > ${now}::timestamptz, true) and not exists (
      select from subscriptions other
      where other.subscriber_id = subscriptions.subscriber_id and other.creator_id = subscriptions.creator_id
        and other.ended_at is null)`
}

/** It is not renewed, and ends with its period; one whose first payment goes on waits for that. */
export async function keepCancellation(
  tx: Tx,
  id: string,
  { cancelReason, stoppedReason }: Pick<SubscriptionRow, 'cancelReason' | 'stoppedReason'>,
  now: Date,
): Promise<void> {
  await tx.sql`/* subscriptions.cancel */
    update subscriptions set status = case when status = 'pending' then status else 'cancelled' end, will_renew = false,
      cancelled_at = ${now}::timestamptz, cancel_reason = ${cancelReason},
      stopped_reason = lower(${stoppedReason}::text)::subscription_end_reason, next_charge_at = period_ends_at,
      version = version + 1
    where id = ${id}::uuid`
}

/** It is renewed after all. */
export async function dropCancellation(tx: Tx, id: string): Promise<void> {
  await tx.sql`/* subscriptions.resume */
    update subscriptions set status = 'active', will_renew = true, cancelled_at = null, cancel_reason = null,
      stopped_reason = null, next_charge_at = period_ends_at, version = version + 1
    where id = ${id}::uuid`
}

/** Has what waits for another way to pay since before `since` charged at once; a try that the payer asks for is not one of the ladder's. */
export async function retryWaiting(tx: Tx, subscriberId: string, since: Date, now: Date): Promise<void> {
  await tx.sql`/* subscriptions.retryWaiting */
    update subscriptions set next_charge_at = ${now}::timestamptz, payment_health = 'retrying', payment_method_id = null,
      retry_count = greatest(retry_count - 1, 0), version = version + 1
    where subscriber_id = ${subscriberId}::uuid and ended_at is null and payment_health in ('retrying', 'grace')
      and not exists (
        select from subscription_periods p
        where p.subscription_id = subscriptions.id and p.state = 'failed' and p.updated_at > ${since}::timestamptz)`
}

/** Why a subscription may not be renewed at `now`, whatever its subscriber wants; null where it may. */
const hindrance = (now: Date): Fragment => fragment`(
  select case
    when not ${notBlocked(fragment`s.subscriber_id`, fragment`s.creator_id`)} then 'BLOCKED'
    when c.account_type <> 'creator' or not ${isInGoodStanding(fragment`c`, now)} then 'CREATOR_LEFT'
    when not ${isInGoodStanding(fragment`f`, now)} then 'BANNED'
  end
  from users c, users f where c.id = s.creator_id and f.id = s.subscriber_id)`

/** Why a subscription may not be renewed; null where it may. */
export async function findHindrance(tx: Tx, id: string, now: Date): Promise<SubscriptionEndReason | null> {
  const [row] = await tx.sql<{ reason: SubscriptionEndReason | null }>`/* subscriptions.hindrance */
    select ${hindrance(now)} as reason from subscriptions s where s.id = ${id}::uuid`
  return row?.reason ?? null
}

/** Whose subscriptions: those of a subscriber, to a creator, or of the one to the other. */
export type Ends = { readonly subscriberId: string; readonly creatorId?: string } | { readonly creatorId: string }

/** The first so many between these that are renewed though they may not be; held, in order of id. */
export const listHinderedForUpdate = (
  tx: Tx,
  ends: Ends,
  limit: number,
  now: Date,
): Promise<(SubscriptionRow & { readonly hindrance: SubscriptionEndReason })[]> =>
  tx.sql<SubscriptionRow & { readonly hindrance: SubscriptionEndReason }>`/* subscriptions.hindered */
    select ${subscriptionColumns}, ${hindrance(now)} as hindrance from subscriptions s
    where s.will_renew and s.ended_at is null and s.id in (
      select s.id from subscriptions s
      where ${between(ends)} and s.status in ('pending', 'active') and s.ended_at is null and s.will_renew
        and ${hindrance(now)} is not null
      limit ${limit}::int)
    order by s.id
    for no key update of s`

function between(ends: Ends): Fragment {
  if (!('subscriberId' in ends)) return fragment`s.creator_id = ${ends.creatorId}::uuid`
  if (ends.creatorId === undefined) return fragment`s.subscriber_id = ${ends.subscriberId}::uuid`
  return fragment`s.subscriber_id = ${ends.subscriberId}::uuid and s.creator_id = ${ends.creatorId}::uuid`
}

/** Whether somebody's account is open now. */
export async function isOpenNow(db: Db, userId: string, now: Date): Promise<boolean> {
  const [row] = await db.sql<{ isOpen: boolean }>`/* subscriptions.isOpen */
    select ${isInGoodStanding(fragment`u`, now)} as "isOpen" from users u where u.id = ${userId}::uuid`
  return row?.isOpen ?? false
}

const previewColumns = fragment`
  w.id::text as id, w.user_id::text as "userId", w.creator_id::text as "creatorId",
  w.subscription_id::text as "subscriptionId", w.subscription_version as "subscriptionVersion",
  w.price_version_id::text as "priceVersionId", w.lines, w.amount_minor as "amountMinor", w.currency::text as currency,
  w.is_at_once as "isAtOnce", w.expires_at as "expiresAt", w.consumed_at as "consumedAt"`

/** Keeps what somebody is shown of a change. */
export async function insertPreview(
  tx: Tx,
  preview: {
    readonly subscription: SubscriptionRow
    readonly offer: OfferRow
    readonly terms: ChangeTerms
    readonly expiresAt: Date
  },
  now: Date,
): Promise<string> {
  const { subscription, offer, terms } = preview
  const lines = terms.lines.map(({ kind, amountMinor }) => ({ kind, amountMinor: amountMinor.toString() }))
  const [row] = await tx.sql<{ id: string }>`/* subscriptions.insertPreview */
    insert into subscription_previews (
      user_id, creator_id, subscription_id, subscription_version, price_version_id, lines, amount_minor, currency,
      is_at_once, expires_at, created_at)
    values (
      ${subscription.subscriberId}::uuid, ${offer.creatorId}::uuid, ${subscription.id}::uuid,
      ${subscription.version}::int, ${offer.id}::uuid, ${{ json: lines }}::jsonb, ${terms.dueMinor}::bigint,
      ${offer.currency}, ${terms.isAtOnce}::boolean, ${preview.expiresAt}::timestamptz, ${now}::timestamptz)
    returning id::text as id`
  assert(row, 'what was inserted is returned')
  return row.id
}

/** Somebody's own previews by id, in no order. */
export const listPreviews = (db: Db, userId: string, ids: readonly string[]): Promise<PreviewRow[]> =>
  db.sql<PreviewRow>`/* subscriptions.previews */
    select ${previewColumns} from subscription_previews w
    where w.id = any(${ids}::uuid[]) and w.user_id = ${userId}::uuid`

/** Takes a preview as it stands; null for another's, for one that was taken, and for one that holds no more. */
export async function consumePreview(tx: Tx, userId: string, id: string, now: Date): Promise<PreviewRow | null> {
  const [row] = await tx.sql<PreviewRow>`/* subscriptions.consumePreview */
    update subscription_previews w set consumed_at = ${now}::timestamptz
    where w.id = ${id}::uuid and w.user_id = ${userId}::uuid and w.consumed_at is null and w.expires_at > ${now}::timestamptz
    returning ${previewColumns}`
  return row ?? null
}

/** Forgets previews that ended before `before`; answers how many. */
export async function deletePreviews(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.sql`/* subscriptions.deletePreviews */
    delete from subscription_previews where id in (
      select id from subscription_previews where expires_at < ${before}::timestamptz order by expires_at limit ${limit}::int)
    returning 1 as gone`
  return rows.length
}
