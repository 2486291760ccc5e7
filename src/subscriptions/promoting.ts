import { record } from '../audit/audit.js'
import { holdActor } from '../accounts/accounts.js'
import { discounted } from '../ledger/ledger.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import { isPrice } from '../lib/money.js'
import type { Money } from '../lib/money.js'
import type { Viewer } from '../lib/viewer.js'
import { countPromotions, disablePromotion, insertPromotion } from './promotion-queries.js'
import type { OfferRow, PromotionKind, PromotionRow, SubscriptionRow } from './types.js'

/** Codes that a creator may have at a time. */
const MAX_PROMOTIONS = 200
const MAX_PERCENT_OFF = 9_000
const MAX_TRIAL_DAYS = 90
const MAX_PERIODS = 24
const MAX_REDEMPTIONS = 1_000_000
const CODE = /^[A-Za-z0-9_-]{3,40}$/

/** A code that a creator makes. */
export interface PromotionOrder {
  readonly code: string
  readonly basisPoints: number | null
  readonly amountMinor: bigint | null
  readonly trialDays: number | null
  readonly periods: number
  readonly maxRedemptions: number | null
  readonly startsAt: Date | null
  readonly endsAt: Date | null
  readonly idempotencyKey: string | null
}

/**
 * Makes a code that takes something off a subscription's first periods, or lets it begin with a trial. Audited.
 * @throws INVALID invalid_input; CONFLICT promotion_code_taken, promotion_limit_reached, age_verification_required;
 *   FORBIDDEN account_limited
 */
export async function createPromotion(
  tx: Tx,
  viewer: Viewer,
  { idempotencyKey, ...order }: PromotionOrder,
  now: Date,
): Promise<string> {
  const call = { scope: viewer.userId, mutation: 'createPromotion', key: idempotencyKey, request: order }
  const { answer } = await idempotently(tx, call, now, async () => {
    const creator = await holdActor(tx, viewer.userId, now)
    if (creator.currency === null)
      throw new AppError('CONFLICT', 'age_verification_required', 'A price needs a verified age.')
    const { kind, startsAt } = checkedOrder(order, now)
    if ((await countPromotions(tx, creator.id, now)) >= MAX_PROMOTIONS)
      throw new AppError('CONFLICT', 'promotion_limit_reached', `At most ${String(MAX_PROMOTIONS)} codes at a time.`)
    const currency = kind === 'AMOUNT' ? creator.currency : null
    const id = await insertPromotion(tx, { ...order, creatorId: creator.id, kind, currency, startsAt }, now)
    if (!id)
      throw new AppError('CONFLICT', 'promotion_code_taken', 'There is such a code already.', {
        path: ['input', 'code'],
      })
    await recordStep(tx, viewer, { action: 'promotion.created', id, description: 'A code was made.' }, now)
    return { id }
  })
  return answer.id
}

function checkedOrder(
  order: Omit<PromotionOrder, 'idempotencyKey'>,
  now: Date,
): { readonly kind: PromotionKind; readonly startsAt: Date } {
  const { code, basisPoints, amountMinor, trialDays, periods, maxRedemptions, endsAt } = order
  const startsAt = order.startsAt ?? now
  if (!CODE.test(code)) throw invalid('A code has 3 to 40 letters, digits, hyphens and underscores.', 'code')
  if ([basisPoints, amountMinor, trialDays].filter((given) => given !== null).length !== 1)
    throw invalid('A code takes off a part or an amount, or gives a trial: one of them.', 'code')
  if (!within(basisPoints, MAX_PERCENT_OFF)) throw invalid('1 to 9,000 basis points.', 'basisPoints')
  if (amountMinor !== null && amountMinor <= 0n) throw invalid('More than nothing.', 'amountMinor')
  if (!within(trialDays, MAX_TRIAL_DAYS)) throw invalid('1 to 90 days.', 'trialDays')
  if (!within(periods, MAX_PERIODS)) throw invalid('1 to 24 periods.', 'periods')
  if (!within(maxRedemptions, MAX_REDEMPTIONS)) throw invalid('1 to 1,000,000 times.', 'maxRedemptions')
  if (endsAt && (endsAt <= now || endsAt <= startsAt)) throw invalid('It ends after it begins.', 'endsAt')
  return { kind: basisPoints !== null ? 'PERCENT' : amountMinor !== null ? 'AMOUNT' : 'TRIAL', startsAt }
}

const within = (given: number | null, most: number): boolean => given === null || (given >= 1 && given <= most)

const invalid = (message: string, field: string): AppError =>
  new AppError('INVALID', 'invalid_input', message, { path: ['input', field] })

/** Ends a code: nobody redeems it any more, and who has keeps what it gave. Again changes nothing. Audited. @throws NOT_FOUND node_not_found */
export async function endPromotion(tx: Tx, viewer: Viewer, id: string, now: Date): Promise<void> {
  await holdActor(tx, viewer.userId, now)
  const isNew = await disablePromotion(tx, viewer.userId, id, now)
  if (isNew === null)
    throw new AppError('NOT_FOUND', 'node_not_found', 'No such Promotion.', { path: ['input', 'promotionId'] })
  if (isNew) await recordStep(tx, viewer, { action: 'promotion.ended', id, description: 'A code was ended.' }, now)
}

const recordStep = (
  tx: Tx,
  { userId }: Viewer,
  step: { readonly action: string; readonly id: string; readonly description: string },
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      action: step.action,
      category: 'ACCOUNT_CHANGE',
      severity: 'LOW',
      subject: { table: 'promotions', id: step.id },
      userId,
      description: step.description,
    },
    now,
  )

/** What a price is by a promotion in period `number`; null where too little would be left to be charged. */
export function promoted(
  price: Money,
  { kind, basisPoints, amountMinor, currency, periods }: PromotionRow,
  number: number,
): Money | null {
  if (kind === 'TRIAL' || number > periods) return price
  if (kind === 'AMOUNT' && currency !== price.currency) return null
  const left =
    kind === 'PERCENT' ? discounted(price.amountMinor, basisPoints ?? 0) : price.amountMinor - (amountMinor ?? 0n)
  const less = { amountMinor: left, currency: price.currency }
  return isPrice(less) ? less : null
}

/** What a subscription's next period costs: that of the offer that it goes over to, or its own, less while a promotion lasts. */
export function nextPrice(
  subscription: Pick<SubscriptionRow, 'amountMinor' | 'currency' | 'periodNumber'>,
  nextOffer: OfferRow | null,
  promotion: PromotionRow | null,
): Money {
  const { amountMinor, currency } =
    nextOffer ?? (promotion && promoted(subscription, promotion, subscription.periodNumber + 1)) ?? subscription
  return { amountMinor, currency }
}
