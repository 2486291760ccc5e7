import type { Tx } from '../lib/db.js'
import { emit } from '../lib/events.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { insertGrant, changeGrants } from './sold-grant-queries.js'
import type { ChangedGrant, SoldGrant, SoldReference } from './sold-grant-queries.js'
import { GRANT_CHANGED } from './types.js'

/** Why something that was paid for closes. */
export type SoldGrantEnd = 'REFUND' | 'DISPUTE' | 'CANCELLED' | 'BLOCKED' | 'BANNED' | 'REMOVED'

/** Opens what was paid for, in the transaction in which the money came. The payment is what is audited. */
export async function openSoldGrant(tx: Tx, grant: SoldGrant, now: Date): Promise<string> {
  const opened = await insertGrant(tx, grant, now)
  await tell(tx, [opened], now)
  return opened.id
}

/** Closes what was paid for, at once. Nothing where it is closed already. */
export const endSoldGrants = (tx: Tx, of: SoldReference, reason: SoldGrantEnd, now: Date): Promise<void> =>
  change(
    tx,
    of,
    fragment`g.revoked_at is null`,
    fragment`revoked_at = ${now}::timestamptz, revoked_reason = lower(${reason})::grant_end_reason`,
    now,
  )

/** Opens again what was closed for one of `reasons`, because they are gone. */
export const restoreSoldGrants = (
  tx: Tx,
  of: SoldReference,
  reasons: readonly SoldGrantEnd[],
  now: Date,
): Promise<void> =>
  change(
    tx,
    of,
    fragment`g.revoked_at is not null and upper(g.revoked_reason::text) = any(${reasons}::text[])`,
    fragment`revoked_at = null, revoked_reason = null`,
    now,
  )

/** Keeps what was paid for closed while a dispute is open. */
export const holdSoldGrants = (tx: Tx, of: SoldReference, now: Date): Promise<void> =>
  change(tx, of, fragment`g.suspended_at is null`, fragment`suspended_at = ${now}::timestamptz`, now)

/** Opens again what was held. */
export const freeSoldGrants = (tx: Tx, of: SoldReference, now: Date): Promise<void> =>
  change(tx, of, fragment`g.suspended_at is not null`, fragment`suspended_at = null`, now)

/** Moves the end of what was paid for; null for always. */
export const extendSoldGrants = (tx: Tx, of: SoldReference, endsAt: Date | null, now: Date): Promise<void> =>
  change(
    tx,
    of,
    fragment`g.revoked_at is null and g.ends_at is distinct from ${endsAt}::timestamptz`,
    fragment`ends_at = ${endsAt}::timestamptz`,
    now,
  )

async function change(tx: Tx, of: SoldReference, which: Fragment, set: Fragment, now: Date): Promise<void> {
  await tell(tx, await changeGrants(tx, of, which, set), now)
}

async function tell(tx: Tx, grants: readonly ChangedGrant[], now: Date): Promise<void> {
  for (const { id, userId, creatorId, contentId, messageId } of grants)
    await emit(
      tx,
      {
        stream: `grants:${userId}`,
        type: GRANT_CHANGED,
        payload: { grantId: id, userId, creatorId, contentId, messageId },
      },
      now,
    )
}
