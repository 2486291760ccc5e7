import { record } from '../audit/audit.js'
import { holdActor, isAgeVerifiedAt } from '../accounts/accounts.js'
import { discounted } from '../ledger/ledger.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { checkedPrice } from '../lib/money.js'
import type { Viewer } from '../lib/viewer.js'
import { insertOffer, listOffers, retireOffers, setMonthlyPrice } from './queries.js'
import type { OfferRow } from './types.js'

const MAX_BUNDLES = 5
const MIN_BUNDLE_MONTHS = 2
const MAX_BUNDLE_MONTHS = 24
const MAX_DISCOUNT = 9_000
const MONTHS_IN_YEAR = 12

/** All that a creator offers. */
export interface OfferOrder {
  readonly monthlyPriceMinor: bigint
  readonly yearlyDiscountBasisPoints: number | null
  readonly lifetimePriceMinor: bigint | null
  readonly bundles: readonly { readonly months: number; readonly discountBasisPoints: number }[]
}

type Wanted = Omit<OfferRow, 'id' | 'retiredAt'>

/**
 * Sets what a creator offers: what is offered already as it shall be stays as it is, so that the same again changes nothing.
 * Whoever subscribes keeps the price they agreed to. Audited.
 * @throws CONFLICT age_verification_required; INVALID price_out_of_range, invalid_input; FORBIDDEN account_limited
 */
export async function updateSubscriptionOffer(tx: Tx, viewer: Viewer, order: OfferOrder, now: Date): Promise<void> {
  const creator = await holdActor(tx, viewer.userId, now)
  if (!isAgeVerifiedAt(creator, now) || creator.currency === null)
    throw new AppError('CONFLICT', 'age_verification_required', 'A price needs a verified age.')
  const wanted = wantedOffers(order, creator.id, creator.currency)
  const before = await listOffers(tx, [creator.id])
  if (isSame(before, [monthly(order, creator.id, creator.currency), ...wanted])) return
  if (order.monthlyPriceMinor !== creator.subscriptionPriceMinor)
    await setMonthlyPrice(tx, creator.id, order.monthlyPriceMinor)
  await retireOffers(tx, creator.id, now)
  for (const offer of wanted) await insertOffer(tx, offer, now)
  await record(
    tx,
    {
      action: 'subscription_offer.changed',
      category: 'ACCOUNT_CHANGE',
      severity: 'LOW',
      subject: { table: 'users', id: creator.id },
      before: { offers: before.map(describe).join('; ') },
      after: { offers: [monthly(order, creator.id, creator.currency), ...wanted].map(describe).join('; ') },
      description: 'Changed what is offered to subscribers.',
    },
    now,
  )
}

const describe = ({ type, months, amountMinor, currency }: Wanted): string =>
  `${type} ${String(months ?? '')} ${amountMinor.toString()} ${currency}`

const isSame = (before: readonly Wanted[], after: readonly Wanted[]): boolean =>
  before.map(describe).sort().join() === after.map(describe).sort().join()

const monthly = ({ monthlyPriceMinor }: OfferOrder, creatorId: string, currency: string): Wanted => ({
  creatorId,
  type: 'MONTHLY',
  months: 1,
  amountMinor: checkedPrice({ amountMinor: monthlyPriceMinor, currency }, ['input', 'monthlyPriceMinor']),
  currency,
  discountBasisPoints: 0,
})

/** Everything beside single months. */
function wantedOffers(order: OfferOrder, creatorId: string, currency: string): Wanted[] {
  const { amountMinor } = monthly(order, creatorId, currency)
  const several = (type: 'MONTHLY' | 'YEARLY', months: number, basisPoints: number, path: string[]): Wanted => {
    if (basisPoints < 0 || basisPoints > MAX_DISCOUNT) throw invalid('A discount is 0 to 9,000 basis points.', path)
    const price = { amountMinor: discounted(amountMinor * BigInt(months), basisPoints), currency }
    return {
      creatorId,
      type,
      months,
      ...price,
      amountMinor: checkedPrice(price, path),
      discountBasisPoints: basisPoints,
    }
  }
  const offers = checkedBundles(order).map(({ months, discountBasisPoints }) =>
    several('MONTHLY', months, discountBasisPoints, ['input', 'bundles']),
  )
  const { yearlyDiscountBasisPoints, lifetimePriceMinor } = order
  if (yearlyDiscountBasisPoints !== null)
    offers.push(several('YEARLY', MONTHS_IN_YEAR, yearlyDiscountBasisPoints, ['input', 'yearlyDiscountBasisPoints']))
  if (lifetimePriceMinor !== null) {
    const lifetime = checkedPrice({ amountMinor: lifetimePriceMinor, currency }, ['input', 'lifetimePriceMinor'])
    offers.push({ creatorId, type: 'LIFETIME', months: null, amountMinor: lifetime, currency, discountBasisPoints: 0 })
  }
  return offers
}

function checkedBundles({ bundles }: OfferOrder): OfferOrder['bundles'] {
  const isRight = bundles.every(({ months }) => months >= MIN_BUNDLE_MONTHS && months <= MAX_BUNDLE_MONTHS)
  const isOnce = new Set(bundles.map(({ months }) => months)).size === bundles.length
  if (isRight && isOnce && bundles.length <= MAX_BUNDLES) return bundles
  throw invalid('At most 5 bundles of 2 to 24 months, each number once.', ['input', 'bundles'])
}

const invalid = (message: string, path: readonly string[]): AppError =>
  new AppError('INVALID', 'invalid_input', message, { path })
