import assert from 'node:assert'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { PromotionRow } from './types.js'

const promotionColumns = fragment`
  r.id::text as id, r.creator_id::text as "creatorId", r.code::text as code, upper(r.kind::text) as kind,
  r.basis_points as "basisPoints", r.amount_minor as "amountMinor", r.currency::text as currency,
  r.trial_days::int as "trialDays", r.periods::int as periods, r.max_redemptions as "maxRedemptions",
  r.redemption_count as "redemptionCount", r.starts_at as "startsAt", r.ends_at as "endsAt",
  r.disabled_at as "disabledAt", r.created_at as "createdAt"`

/** A promotion to be made. */
export type NewPromotion = Omit<PromotionRow, 'id' | 'redemptionCount' | 'disabledAt' | 'createdAt'>

/** Makes a promotion; null where the creator has one with this code already. */
export async function insertPromotion(tx: Tx, promotion: NewPromotion, now: Date): Promise<string | null> {
  const [row] = await tx.sql<{ id: string }>`/* subscriptions.insertPromotion */
    insert into promotions (
      creator_id, code, kind, basis_points, amount_minor, currency, trial_days, periods, max_redemptions, starts_at,
      ends_at, created_at, updated_at)
    values (
      ${promotion.creatorId}::uuid, ${promotion.code}::citext, lower(${promotion.kind})::promotion_kind,
      ${promotion.basisPoints}::int, ${promotion.amountMinor}::bigint, ${promotion.currency}::char(3),
      ${promotion.trialDays}::smallint, ${promotion.periods}::smallint, ${promotion.maxRedemptions}::int,
      ${promotion.startsAt}::timestamptz, ${promotion.endsAt}::timestamptz, ${now}::timestamptz, ${now}::timestamptz)
    on conflict (creator_id, code) do nothing
    returning id::text as id`
  return row?.id ?? null
}

/** How many of a creator's promotions can still be redeemed, or will be. */
export async function countPromotions(tx: Tx, creatorId: string, now: Date): Promise<number> {
  const [row] = await tx.sql<{ count: number }>`/* subscriptions.countPromotions */
    select count(*)::int as count from promotions
    where creator_id = ${creatorId}::uuid and disabled_at is null and (ends_at is null or ends_at > ${now}::timestamptz)`
  return row?.count ?? 0
}

/** Ends a promotion; null where it is not this creator's, false where it had ended. */
export async function disablePromotion(tx: Tx, creatorId: string, id: string, now: Date): Promise<boolean | null> {
  const [row] = await tx.sql<{ isNew: boolean }>`/* subscriptions.disablePromotion */
    with held as (
      select id, disabled_at from promotions where id = ${id}::uuid and creator_id = ${creatorId}::uuid for update
    ), ended as (
      update promotions set disabled_at = ${now}::timestamptz
      where id in (select id from held where disabled_at is null)
      returning id
    )
    select exists (select from ended) as "isNew" from held`
  return row?.isNew ?? null
}

/** A creator's own promotions by id, in no order. */
export const listPromotionsById = (db: Db, creatorId: string, ids: readonly string[]): Promise<PromotionRow[]> =>
  db.sql<PromotionRow>`/* subscriptions.promotionsById */
    select ${promotionColumns} from promotions r where r.id = any(${ids}::uuid[]) and r.creator_id = ${creatorId}::uuid`

/** A page of a creator's promotions, the newest first, one row more than its limit when others follow. */
export const listPromotions = (db: Db, creatorId: string, page: PageRequest): Promise<PromotionRow[]> =>
  db.sql<PromotionRow>`/* subscriptions.promotions */
    select ${promotionColumns} from promotions r
    where r.creator_id = ${creatorId}::uuid and ${beyond(page, fragment`r.created_at, r.id`, timeAndId)}
    order by ${inOrder(page, fragment`r.created_at`, fragment`r.id`)}
    limit ${page.limit + 1}::int`

/** Uses a code once; null where there is none, it is not its time, or it is used up. */
export async function usePromotion(tx: Tx, creatorId: string, code: string, now: Date): Promise<PromotionRow | null> {
  const [row] = await tx.sql<PromotionRow>`/* subscriptions.usePromotion */
    update promotions r set redemption_count = redemption_count + 1
    where r.creator_id = ${creatorId}::uuid and r.code = ${code}::citext and r.disabled_at is null
      and r.starts_at <= ${now}::timestamptz and (r.ends_at is null or r.ends_at > ${now}::timestamptz)
      and (r.max_redemptions is null or r.redemption_count < r.max_redemptions)
    returning ${promotionColumns}`
  return row ?? null
}

/** Promotions by id, whosever they are, in no order. */
export const listAppliedPromotions = (db: Db, ids: readonly string[]): Promise<PromotionRow[]> =>
  db.sql<PromotionRow>`/* subscriptions.appliedPromotions */
    select ${promotionColumns} from promotions r where r.id = any(${ids}::uuid[])`

/** What a promotion gives; it is never deleted. */
export async function getPromotion(db: Db, id: string): Promise<PromotionRow> {
  const [row] = await listAppliedPromotions(db, [id])
  assert(row, 'a promotion is never deleted')
  return row
}

/** Keeps who used a promotion, once; false where they have before. */
export async function insertRedemption(
  tx: Tx,
  redemption: { readonly promotionId: string; readonly userId: string; readonly subscriptionId: string },
  now: Date,
): Promise<boolean> {
  const rows = await tx.sql`/* subscriptions.insertRedemption */
    insert into promotion_redemptions (promotion_id, user_id, subscription_id, created_at)
    values (
      ${redemption.promotionId}::uuid, ${redemption.userId}::uuid, ${redemption.subscriptionId}::uuid, ${now}::timestamptz)
    on conflict (promotion_id, user_id) do nothing
    returning 1 as kept`
  return rows.length > 0
}

/** Gives back what a subscription used that never began. */
export async function releaseRedemption(tx: Tx, subscriptionId: string): Promise<void> {
  await tx.sql`/* subscriptions.releaseRedemption */
    with gone as (
      delete from promotion_redemptions where subscription_id = ${subscriptionId}::uuid returning promotion_id
    )
    update promotions set redemption_count = redemption_count - 1 where id in (select promotion_id from gone)`
}

/** Keeps who had a trial of a creator, once per person and card; false where either had one. */
export async function insertTrial(
  tx: Tx,
  trial: {
    readonly creatorId: string
    readonly userId: string
    readonly fingerprintIndex: Uint8Array | null
    readonly subscriptionId: string
  },
  now: Date,
): Promise<boolean> {
  const rows = await tx.sql`/* subscriptions.insertTrial */
    insert into trial_redemptions (creator_id, user_id, fingerprint_index, subscription_id, created_at)
    values (
      ${trial.creatorId}::uuid, ${trial.userId}::uuid, ${trial.fingerprintIndex}::bytea, ${trial.subscriptionId}::uuid,
      ${now}::timestamptz)
    on conflict do nothing
    returning 1 as kept`
  return rows.length > 0
}
