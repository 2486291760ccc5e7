import assert from 'node:assert'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { Money } from '../lib/money.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { TipRow, TipState } from './types.js'

const tipColumns = fragment`
  t.id::text as id, t.sender_id::text as "senderId", t.recipient_id::text as "recipientId", t.amount_minor as "amountMinor",
  t.currency::text as currency, t.message, t.is_anonymous as "isAnonymous", t.content_id::text as "contentId",
  t.message_id::text as "messageId", t.stream_id::text as "streamId", t.title_snapshot as "titleSnapshot",
  upper(t.state::text) as state, t.payment_intent_id::text as "paymentIntentId", t.paid_at as "paidAt",
  t.shown_at as "shownAt", t.created_at as "createdAt"`

/** A tip that is about to be paid. */
export interface NewTip {
  readonly senderId: string
  readonly recipientId: string
  readonly amount: Money
  readonly message: string | null
  readonly isAnonymous: boolean
  readonly contentId: string | null
  readonly streamId: string | null
  readonly titleSnapshot: string | null
}

/** Writes a tip that is about to be paid; answers its id. */
export async function insertTip(tx: Tx, tip: NewTip, now: Date): Promise<string> {
  const [row] = await tx.sql<{ id: string }>`/* tips.insert */
    insert into tips (
      sender_id, recipient_id, amount_minor, currency, message, is_anonymous, content_id, stream_id, title_snapshot,
      created_at, updated_at)
    values (
      ${tip.senderId}::uuid, ${tip.recipientId}::uuid, ${tip.amount.amountMinor}::bigint, ${tip.amount.currency},
      ${tip.message}, ${tip.isAnonymous}::boolean, ${tip.contentId}::uuid, ${tip.streamId}::uuid, ${tip.titleSnapshot}, ${now}::timestamptz,
      ${now}::timestamptz)
    returning id::text as id`
  assert(row, 'what was inserted is returned')
  return row.id
}

/** Ties a tip to its payment. */
export async function attachPayment(tx: Tx, tipId: string, paymentId: string): Promise<void> {
  await tx.sql`/* tips.attach */
    update tips set payment_intent_id = ${paymentId}::uuid where id = ${tipId}::uuid`
}

/** The tip that a payment pays for. */
export async function findPaidTip(tx: Tx, paymentId: string): Promise<TipRow | null> {
  const [row] = await tx.sql<TipRow>`/* tips.ofPayment */
    select ${tipColumns} from tips t where t.payment_intent_id = ${paymentId}::uuid`
  return row ?? null
}

/** Writes how a tip stands. */
export async function updateTip(
  tx: Tx,
  id: string,
  change: {
    readonly state: TipState
    readonly paidAt?: Date
    readonly shownAt?: Date
    readonly refundedAt?: Date | null
  },
): Promise<void> {
  await tx.sql`/* tips.update */
    update tips set state = lower(${change.state})::tip_state,
      paid_at = coalesce(${change.paidAt ?? null}::timestamptz, paid_at),
      shown_at = coalesce(${change.shownAt ?? null}::timestamptz, shown_at),
      refunded_at = ${change.refundedAt ?? null}::timestamptz
    where id = ${id}::uuid`
}

/** Tips by id, in no order. */
export const listTipsById = (db: Db, ids: readonly string[]): Promise<TipRow[]> =>
  db.sql<TipRow>`/* tips.byId */ select ${tipColumns} from tips t where t.id = any(${ids}::uuid[])`

/** A page of what somebody gave, the newest first, one row more than its limit when others follow. */
export const listTipsSent = (db: Db, senderId: string, page: PageRequest): Promise<TipRow[]> =>
  db.sql<TipRow>`/* tips.sent */
    select ${tipColumns} from tips t
    where t.sender_id = ${senderId}::uuid and ${beyond(page, fragment`t.created_at, t.id`, timeAndId)}
    order by ${inOrder(page, fragment`t.created_at`, fragment`t.id`)}
    limit ${page.limit + 1}::int`

/** A page of what a creator was given and may see by now, in the order in which it was shown to them. */
export const listTipsReceived = (db: Db, recipientId: string, page: PageRequest, now: Date): Promise<TipRow[]> =>
  db.sql<TipRow>`/* tips.received */
    select ${tipColumns} from tips t
    where t.recipient_id = ${recipientId}::uuid and t.shown_at <= ${now}::timestamptz
      and ${beyond(page, fragment`t.shown_at, t.id`, timeAndId)}
    order by ${inOrder(page, fragment`t.shown_at`, fragment`t.id`)}
    limit ${page.limit + 1}::int`

/** What the post is called that a tip is given for, or whose broadcast it is given in. */
export async function findTippedTitle(
  tx: Tx,
  { contentId, streamId = null }: { readonly contentId: string | null; readonly streamId?: string | null },
): Promise<string | null> {
  const [row] = await tx.sql<{ title: string | null }>`/* tips.title */
    select title from content
    where id = coalesce(${contentId}::uuid, (select content_id from live_streams where id = ${streamId}::uuid))`
  return row?.title ?? null
}

/** The post behind a stream. */
export async function findPostOfStream(db: Db, streamId: string): Promise<string | null> {
  const [row] = await db.sql<{ contentId: string }>`/* tips.postOfStream */
    select content_id::text as "contentId" from live_streams where id = ${streamId}::uuid`
  return row?.contentId ?? null
}

/** A tip as it is now. */
export async function findTip(db: Db, id: string): Promise<TipRow | null> {
  const [row] = await listTipsById(db, [id])
  return row ?? null
}
