import { extendSoldGrants, openSoldGrant } from '../content/content.js'
import { addMs } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { GRACE_MS } from './periods.js'
import type { SubscriptionRow } from './types.js'

/** A span of a subscription that opens what it is for. */
interface Span {
  readonly startsAt: Date
  readonly endsAt: Date | null
}

/**
 * Until when a period opens: to its end where nothing follows, and somewhat longer where it is renewed, so that access does
 * not end while the renewal is under way, or is refused and tried again. That this is over needs no job.
 */
const opensUntil = ({ endsAt }: Span, willRenew: boolean): Date | null =>
  endsAt && willRenew ? addMs(endsAt, GRACE_MS) : endsAt

/** Opens a period that was paid for. */
export async function openPeriod(
  tx: Tx,
  { id, subscriberId, creatorId, willRenew }: SubscriptionRow,
  span: Span,
  now: Date,
): Promise<void> {
  await openSoldGrant(
    tx,
    {
      userId: subscriberId,
      creatorId,
      contentId: null,
      source: 'SUBSCRIPTION',
      subscriptionId: id,
      startsAt: span.startsAt,
      endsAt: opensUntil(span, willRenew),
    },
    now,
  )
}

/** Has the current period open as long as it shall, now that it will be renewed or will not. */
export async function refitPeriod(
  tx: Tx,
  { id, periodStartsAt, periodEndsAt }: SubscriptionRow,
  willRenew: boolean,
  now: Date,
): Promise<void> {
  if (!periodStartsAt) return
  const endsAt = opensUntil({ startsAt: periodStartsAt, endsAt: periodEndsAt }, willRenew)
  await extendSoldGrants(tx, { subscriptionId: id, startsAt: periodStartsAt }, endsAt, now)
}
