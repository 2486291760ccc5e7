import assert from 'node:assert'
import type { Db, Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import type { GrantSource } from './types.js'

/** What opens because it was paid for, or given by somebody who paid. */
export interface SoldGrant {
  readonly userId: string
  readonly creatorId: string
  /** The post; null for a message, or for all that subscribers of the creator see. */
  readonly contentId: string | null
  /** The message, where it is one. */
  readonly messageId?: string
  readonly source: Exclude<GrantSource, 'STAFF'>
  readonly purchaseId?: string
  readonly subscriptionId?: string
  readonly giftId?: string
  readonly startsAt: Date
  /** Null for always. */
  readonly endsAt: Date | null
}

/** Which grants: those of one purchase, of one gift, or of a subscription, all of them or those that begin at one instant. */
export type SoldReference =
  | { readonly purchaseId: string }
  | { readonly giftId: string }
  | { readonly subscriptionId: string; readonly startsAt?: Date }

/** A grant as an event names it. */
export interface ChangedGrant {
  readonly id: string
  readonly userId: string
  readonly creatorId: string
  readonly contentId: string | null
  readonly messageId: string | null
}

const named = fragment`
  g.id::text as id, g.user_id::text as "userId", g.creator_id::text as "creatorId", g.content_id::text as "contentId",
  g.message_id::text as "messageId"`

/** Writes a grant. */
export async function insertGrant(tx: Tx, grant: SoldGrant, now: Date): Promise<ChangedGrant> {
  const [row] = await tx.sql<ChangedGrant>`/* content.insertSoldGrant */
    insert into entitlement_grants as g (
      user_id, creator_id, content_id, message_id, source, purchase_id, subscription_id, gift_id, starts_at, ends_at, created_at)
    values (
      ${grant.userId}::uuid, ${grant.creatorId}::uuid, ${grant.contentId}::uuid, ${grant.messageId ?? null}::uuid,
      lower(${grant.source})::grant_source,
      ${grant.purchaseId ?? null}::uuid, ${grant.subscriptionId ?? null}::uuid, ${grant.giftId ?? null}::uuid,
      ${grant.startsAt}::timestamptz, ${grant.endsAt}::timestamptz, ${now}::timestamptz)
    returning ${named}`
  assert(row, 'what was inserted is returned')
  return row
}

/** Changes grants; their versions grow, and what was bound to those before no longer opens. */
export const changeGrants = (tx: Tx, of: SoldReference, which: Fragment, set: Fragment): Promise<ChangedGrant[]> =>
  tx.sql<ChangedGrant>`/* content.changeSoldGrants */
    update entitlement_grants g set ${set}, version = version + 1
    where ${isOf(of)} and ${which}
    returning ${named}`

/** The one of these grants that opens something the longest from `now` on, or would but for a dispute; null for none. */
export async function findSoldGrant(db: Db, of: SoldReference, now: Date): Promise<Pick<SoldGrant, 'endsAt'> | null> {
  const [row] = await db.sql<Pick<SoldGrant, 'endsAt'>>`/* content.findSoldGrant */
    select g.ends_at as "endsAt" from entitlement_grants g
    where ${isOf(of)} and g.revoked_at is null and (g.ends_at is null or g.ends_at > ${now}::timestamptz)
    order by g.ends_at desc nulls first limit 1`
  return row ?? null
}

function isOf(of: SoldReference): Fragment {
  if ('purchaseId' in of) return fragment`g.purchase_id = ${of.purchaseId}::uuid`
  if ('giftId' in of) return fragment`g.gift_id = ${of.giftId}::uuid`
  return of.startsAt
    ? fragment`g.subscription_id = ${of.subscriptionId}::uuid and g.starts_at = ${of.startsAt}::timestamptz`
    : fragment`g.subscription_id = ${of.subscriptionId}::uuid`
}
