import { record } from '../audit/audit.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { checkedPrice } from '../lib/money.js'
import type { Viewer } from '../lib/viewer.js'
import { emitChange, holdActor } from './changes.js'
import { updateUser } from './queries.js'
import type { HeldUser } from './queries.js'
import { isAgeVerifiedAt } from './standing.js'
import { ACCOUNT_CHANGED, ROLE_CHANGED } from './types.js'

/** What a creator begins with; without a price nobody can subscribe yet. */
export interface CreatorOffer {
  readonly currency: string
  readonly subscriptionPriceMinor: bigint | null
}

/**
 * Makes a fan a creator. The currency is chosen once; a price needs a verified age, and may come later, by another call.
 * The same again changes nothing. Audited.
 * @throws CONFLICT not_a_fan, currency_fixed, age_verification_required; INVALID price_out_of_range;
 * FORBIDDEN not_allowed when an admin took the role away
 */
export async function becomeCreator(tx: Tx, viewer: Viewer, offer: CreatorOffer, now: Date): Promise<void> {
  const price = offer.subscriptionPriceMinor
  if (price !== null)
    checkedPrice({ amountMinor: price, currency: offer.currency }, ['input', 'subscriptionPriceMinor'])
  const person = await holdActor(tx, viewer.userId, now)
  checkStanding(person, offer, now)
  const isCreator = person.accountType === 'CREATOR'
  if (isCreator && (price === null || price === person.subscriptionPriceMinor)) return
  await updateUser(tx, person.id, {
    accountType: 'CREATOR',
    currency: offer.currency,
    creatorSince: person.creatorSince ?? now,
    ...(price !== null && { subscriptionPriceMinor: price }),
  })
  await record(
    tx,
    {
      action: isCreator ? 'account.price_changed' : 'account.became_creator',
      category: 'ACCOUNT_CHANGE',
      severity: 'LOW',
      subject: { table: 'users', id: person.id },
      before: {
        accountType: person.accountType,
        currency: person.currency,
        subscriptionPriceMinor: person.subscriptionPriceMinor,
      },
      after: {
        accountType: 'CREATOR',
        currency: offer.currency,
        subscriptionPriceMinor: price ?? person.subscriptionPriceMinor,
      },
      description: isCreator ? 'Changed the price of a subscription.' : 'Became a creator.',
    },
    now,
  )
  await emitChange(tx, person.id, isCreator ? ACCOUNT_CHANGED : ROLE_CHANGED, now)
}

function checkStanding(person: HeldUser, { currency, subscriptionPriceMinor }: CreatorOffer, now: Date): void {
  if (person.accountType !== 'FAN' && person.accountType !== 'CREATOR')
    throw new AppError('CONFLICT', 'not_a_fan', 'Only fans become creators.')
  // who is a fan and was a creator was made one by an admin
  if (person.accountType === 'FAN' && person.creatorSince !== null)
    throw new AppError('FORBIDDEN', 'not_allowed', 'An admin ended this: only an admin can undo it.')
  if (person.currency !== null && person.currency !== currency)
    throw new AppError('CONFLICT', 'currency_fixed', `The currency is ${person.currency}.`, {
      path: ['input', 'currency'],
    })
  if (subscriptionPriceMinor !== null && !isAgeVerifiedAt(person, now))
    throw new AppError('CONFLICT', 'age_verification_required', 'A price needs a verified age.', {
      path: ['input', 'subscriptionPriceMinor'],
    })
}
