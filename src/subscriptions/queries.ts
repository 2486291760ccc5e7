import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { OfferRow, PaymentHealth, PeriodRow, SubscriptionEndReason, SubscriptionRow } from './types.js'

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

const subscriptionColumns = fragment`
  s.id::text as id, s.subscriber_id::text as "subscriberId", s.creator_id::text as "creatorId", upper(s.type::text) as type,
  upper(s.status::text) as status, s.price_version_id::text as "priceVersionId",
  (select v.months::int from price_versions v where v.id = s.price_version_id) as months,
  s.amount_minor as "amountMinor", s.currency::text as currency, upper(s.payment_health::text) as "paymentHealth",
  s.payment_method_id::text as "paymentMethodId", s.started_at as "startedAt", s.anchor_at as "anchorAt",
  s.period_number as "periodNumber", s.period_starts_at as "periodStartsAt", s.period_ends_at as "periodEndsAt",
  s.entitled_until as "entitledUntil", s.will_renew as "willRenew", s.cancelled_at as "cancelledAt",
  s.retry_count::int as "retryCount", s.next_charge_at as "nextChargeAt", s.grace_until as "graceUntil",
  s.ended_at as "endedAt", upper(s.ended_reason::text) as "endedReason", s.created_at as "createdAt"`

/** Begins a subscription that is not paid yet; null where there is one that has not ended. */
export async function insertSubscription(
  tx: Tx,
  order: {
    readonly subscriberId: string
    readonly offer: OfferRow
    readonly paymentMethodId: string | null
  },
  now: Date,
): Promise<string | null> {
  const { offer } = order
  const [row] = await tx.sql<{ id: string }>`/* subscriptions.insert */
    insert into subscriptions (
      subscriber_id, creator_id, type, price_version_id, amount_minor, currency, payment_method_id, will_renew, created_at,
      updated_at)
    values (
      ${order.subscriberId}::uuid, ${offer.creatorId}::uuid, lower(${offer.type})::subscription_type, ${offer.id}::uuid,
      ${offer.amountMinor}::bigint, ${offer.currency}, ${order.paymentMethodId}::uuid, ${offer.months !== null}::boolean,
      ${now}::timestamptz, ${now}::timestamptz)
    on conflict (subscriber_id, creator_id) where ended_at is null do nothing
    returning id::text as id`
  return row?.id ?? null
}

/** Claims a period for a payment: one row per period, whoever comes first, and again for the next try of one that failed. */
export async function claimPeriod(
  tx: Tx,
  period: {
    readonly subscription: Pick<SubscriptionRow, 'id' | 'amountMinor' | 'currency'>
    readonly periodNumber: number
    readonly startsAt: Date
    readonly endsAt: Date | null
  },
  now: Date,
): Promise<boolean> {
  const { subscription } = period
  const rows = await tx.sql`/* subscriptions.claimPeriod */
    insert into subscription_periods as p (
      subscription_id, period_number, starts_at, ends_at, amount_minor, currency, claimed_at, created_at, updated_at)
    values (
      ${subscription.id}::uuid, ${period.periodNumber}::int, ${period.startsAt}::timestamptz,
      ${period.endsAt}::timestamptz, ${subscription.amountMinor}::bigint, ${subscription.currency}, ${now}::timestamptz,
      ${now}::timestamptz, ${now}::timestamptz)
    on conflict (subscription_id, period_number) do update
      set state = 'pending', claimed_at = excluded.claimed_at, payment_intent_id = null where p.state = 'failed'
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

/** The period that a payment pays for; null where another payment has taken its place. */
export async function findPaidPeriod(tx: Tx, paymentId: string): Promise<PeriodRow | null> {
  const [row] = await tx.sql<PeriodRow>`/* subscriptions.periodOfPayment */
    select subscription_id::text as "subscriptionId", period_number as "periodNumber", starts_at as "startsAt",
      ends_at as "endsAt", upper(state::text) as state
    from subscription_periods where payment_intent_id = ${paymentId}::uuid`
  return row ?? null
}

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

/** A period that was paid for: it is the current one from now on. */
export async function startPeriod(
  tx: Tx,
  id: string,
  period: { readonly number: number; readonly startsAt: Date; readonly endsAt: Date | null; readonly anchorAt: Date },
  now: Date,
): Promise<void> {
  const { number, startsAt, endsAt, anchorAt } = period
  await tx.sql`/* subscriptions.startPeriod */
    update subscriptions set
      status = case when cancelled_at is null then 'active' else 'cancelled' end::subscription_status,
      payment_health = 'healthy', retry_count = 0, grace_until = null,
      started_at = coalesce(started_at, ${now}::timestamptz), anchor_at = ${anchorAt}::timestamptz,
      period_number = ${number}::int, period_starts_at = ${startsAt}::timestamptz, period_ends_at = ${endsAt}::timestamptz,
      entitled_until = ${endsAt}::timestamptz, next_charge_at = ${endsAt}::timestamptz, version = version + 1
    where id = ${id}::uuid`
}

/** A renewal that is under way is not due. */
export async function waitForPayment(tx: Tx, id: string): Promise<void> {
  await tx.sql`/* subscriptions.waitForPayment */
    update subscriptions set next_charge_at = null, version = version + 1 where id = ${id}::uuid`
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

/** It goes on after all: what ended it did not happen. */
export async function reviveSubscription(tx: Tx, id: string): Promise<void> {
  await tx.sql`/* subscriptions.revive */
    update subscriptions set status = case when cancelled_at is null then 'active' else 'cancelled' end::subscription_status,
      ended_at = null, ended_reason = null, will_renew = cancelled_at is null and type <> 'lifetime',
      next_charge_at = period_ends_at, version = version + 1
    where id = ${id}::uuid and not exists (
      select from subscriptions other
      where other.subscriber_id = subscriptions.subscriber_id and other.creator_id = subscriptions.creator_id
        and other.ended_at is null)`
}

/** It is not renewed, and ends with its period. */
export async function keepCancellation(tx: Tx, id: string, reason: string | null, now: Date): Promise<void> {
  await tx.sql`/* subscriptions.cancel */
    update subscriptions set status = 'cancelled', will_renew = false, cancelled_at = ${now}::timestamptz,
      cancel_reason = ${reason}, next_charge_at = period_ends_at, version = version + 1
    where id = ${id}::uuid`
}

/** It is renewed after all. */
export async function dropCancellation(tx: Tx, id: string): Promise<void> {
  await tx.sql`/* subscriptions.resume */
    update subscriptions set status = 'active', will_renew = true, cancelled_at = null, cancel_reason = null,
      next_charge_at = period_ends_at, version = version + 1
    where id = ${id}::uuid`
}

/** Has what waits for another way to pay charged at once; a try that the payer asks for is not one of the ladder's. */
export async function retryWaiting(tx: Tx, subscriberId: string, now: Date): Promise<void> {
  await tx.sql`/* subscriptions.retryWaiting */
    update subscriptions set next_charge_at = ${now}::timestamptz, payment_health = 'retrying', payment_method_id = null,
      retry_count = greatest(retry_count - 1, 0), version = version + 1
    where subscriber_id = ${subscriberId}::uuid and ended_at is null and payment_health in ('retrying', 'grace')`
}
