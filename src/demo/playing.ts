import assert from 'node:assert'
import { record } from '../audit/audit.js'
import { carryOutRefund } from '../payments/payments.js'
import { ABSENT, chargePayment } from '../payments/charging.js'
import { applyWebhook, receiveWebhook } from '../payments/inbox.js'
import { findChargeable, findDefaultMethod } from '../payments/method-queries.js'
import { addPaymentMethod } from '../payments/methods.js'
import { findPayment } from '../payments/queries.js'
import type { PaymentServices } from '../payments/types.js'
import { topUpWallet } from '../payments/wallets.js'
import { addPayoutAccount } from '../payouts/accounts.js'
import { findPayout, listAccounts } from '../payouts/queries.js'
import { decidePayout, requestPayout } from '../payouts/requesting.js'
import { sendPayout } from '../payouts/sending.js'
import { refundTransaction } from '../earnings/refunding.js'
import { findSale } from '../ledger/ledger.js'
import { databaseNow, transaction } from '../lib/db.js'
import type { Db, Tx } from '../lib/db.js'
import type { Viewer } from '../lib/viewer.js'
import { listEntriesOf } from '../processors/sandbox-queries.js'
import { purchaseContent } from '../purchases/buying.js'
import { updateSubscriptionOffer } from '../subscriptions/offering.js'
import { listLive, listOffers } from '../subscriptions/queries.js'
import { renewDue } from '../subscriptions/renewing.js'
import { cancelSubscription, subscribe } from '../subscriptions/subscribing.js'
import { sendTip } from '../tips/sending.js'
import type { Deed, DeedOf } from './deeds.js'
import { PLAYED, findNextDue, listKeptMessages, listOpenPayments } from './money-queries.js'
import { performLetter } from './playing-letters.js'
import { performStream } from './playing-streams.js'
import { act, keyOf, named, openStage, originOf, pay, viewerOf } from './stage.js'
import type { Stage } from './stage.js'
import { ADMIN_ID } from './world.js'

/** After so many deeds a person is told how far it is. */
const SAY_EVERY = 60

/**
 * Plays what people paid, wrote and showed, by the verbs behind the mutations and the sandbox, each at its time, and between them all
 * that becomes due, up to now. Every verb has its key and repeats nothing, so that what a crash left is played on from its
 * beginning. Needs the sandbox: nobody else charges in the past.
 */
export async function playMoney(
  db: Db,
  services: PaymentServices,
  deeds: readonly Deed[],
  say: (line: string) => void,
): Promise<void> {
  const stage = openStage(db, services, deeds)
  await finishOpen(stage)
  for (const [index, deed] of deeds.entries()) {
    if (index % SAY_EVERY === 0) say(`playing what happened: ${String(index)} of ${String(deeds.length)}`)
    await renewUntil(stage, deed.at)
    stage.clock.now = deed.at
    await perform(stage, deed)
    await hear(stage)
  }
  await renewUntil(stage, await databaseNow(db))
  await transaction(originOf(db, null), (tx, now) => recordPlaying(tx, deeds.length, now))
}

/** What was begun before a crash, and is no deed's own: renewals. */
async function finishOpen({ clock, db, services, payerIds }: Stage): Promise<void> {
  for (const { id, createdAt } of await listOpenPayments(db, payerIds)) {
    clock.now = createdAt
    await chargePayment(originOf(db, null), services, id, ABSENT)
  }
}

/** Renews and ends, each at its time, what becomes due until `until`. */
async function renewUntil(stage: Stage, until: Date): Promise<void> {
  const { clock, db, payerIds } = stage
  for (let due = await findNextDue(db, payerIds); due && due <= until; due = await findNextDue(db, payerIds)) {
    clock.now = due
    await renewDue(originOf(db, null), stage.services)
    await hear(stage)
  }
}

/** Has the sandbox tell what it has to tell, and does what it says. */
async function hear({ clock, db, sandbox, services }: Stage): Promise<void> {
  const origin = originOf(db, null)
  await sandbox.deliverDue(async (rawBody, headers) => {
    await receiveWebhook(origin, services, rawBody, headers)
  })
  for (const { id } of await listKeptMessages(db, clock.now)) await applyWebhook(origin, services, id)
}

function perform(stage: Stage, deed: Deed): Promise<void> {
  switch (deed.kind) {
    case 'OFFER':
      return act(stage, deed.creator, (tx, viewer, now) => updateSubscriptionOffer(tx, viewer, deed.order, now))
    case 'SAVE_CARD':
      return saveCard(stage, deed)
    case 'CARD_BREAKS':
      return breakCard(stage, deed)
    case 'TOP_UP':
      return pay(stage, deed, (tx, viewer, how, now) =>
        topUpWallet(tx, stage.services, viewer, { ...how, amount: deed.amount }, now),
      )
    case 'SUBSCRIBE':
      return begin(stage, deed)
    case 'CANCEL':
      return cancel(stage, deed)
    case 'TIP':
      return tip(stage, deed)
    case 'BUY':
      return buy(stage, deed)
    case 'REFUND':
      return giveBack(stage, deed)
    case 'DISPUTE':
      return dispute(stage, deed)
    case 'PAYOUT_ACCOUNT':
      return addAccount(stage, deed)
    case 'PAYOUT':
      return payOut(stage, deed)
    case 'WRITE':
    case 'WRITE_TO_MANY':
    case 'BUY_MESSAGE':
    case 'PIN':
    case 'ARCHIVE':
      return performLetter(stage, deed)
    case 'ANNOUNCE':
    case 'GO_LIVE':
    case 'WATCH':
    case 'SAY':
    case 'END_STREAM':
      return performStream(stage, deed)
  }
}

async function begin(stage: Stage, deed: DeedOf<'SUBSCRIBE'>): Promise<void> {
  const offers = await listOffers(stage.db, [deed.creator.id])
  const offer = offers.find(({ type, months }) => type === deed.type && (type !== 'MONTHLY' || months === 1))
  assert(offer, `${deed.creator.username} offers nothing ${deed.type}`)
  const expectedPrice = { amountMinor: offer.amountMinor, currency: offer.currency }
  await pay(stage, deed, (tx, viewer, how, now) =>
    subscribe(tx, stage.services, viewer, { ...how, offerId: offer.id, expectedPrice }, now),
  )
}

/** Nothing where it was done before a crash, and is over since. */
async function cancel(stage: Stage, { fan, creator, reason }: DeedOf<'CANCEL'>): Promise<void> {
  const [live] = await listLive(stage.db, fan.id, [creator.id])
  if (!live) return
  await act(stage, fan, (tx, viewer, now) => cancelSubscription(tx, viewer, { subscriptionId: live.id, reason }, now))
}

const tip = (stage: Stage, deed: DeedOf<'TIP'>): Promise<void> =>
  pay(stage, deed, (tx, viewer, how, now) => {
    const { creator, amount, message, isAnonymous } = deed
    const order = { ...how, creatorId: creator.id, amount, message, isAnonymous, contentId: null }
    return sendTip(tx, stage.services, viewer, order, now)
  })

const buy = (stage: Stage, deed: DeedOf<'BUY'>): Promise<void> =>
  pay(stage, deed, (tx, viewer, how, now) => {
    const { id: contentId, creator, priceMinor } = deed.post
    assert(priceMinor !== null, `${deed.post.name} is sold`)
    const expectedPrice = { amountMinor: priceMinor, currency: creator.place.currency }
    const order = { ...how, contentId, creatorId: creator.id, expectedPrice }
    return purchaseContent(tx, stage.services, viewer, order, now)
  })

async function saveCard({ clock, db, services }: Stage, { fan, token }: DeedOf<'SAVE_CARD'>): Promise<void> {
  const order = { token, idempotencyKey: keyOf('card') }
  await addPaymentMethod(originOf(db, fan.id), services, viewerOf(fan, clock.now), order)
}

async function breakCard({ db, sandbox }: Stage, { fan, code }: DeedOf<'CARD_BREAKS'>): Promise<void> {
  const id = await findDefaultMethod(db, fan.id)
  const card = id === null ? null : await findChargeable(db, id)
  assert(card, `${fan.username} has a card`)
  await sandbox.breakMethod(card.method, code)
}

async function giveBack(stage: Stage, { of, creator, amountMinor, reason }: DeedOf<'REFUND'>): Promise<void> {
  const { db, services } = stage
  const sale = await findSale(db, named(stage.payments, of))
  assert(sale, `${of} was sold`)
  const order = {
    transactionId: sale.id,
    amountMinor,
    revokesAccess: false,
    reason,
    idempotencyKey: keyOf(`refund/${of}`),
  }
  const { answer } = await act(stage, creator, (tx, viewer, now) => refundTransaction(tx, services, viewer, order, now))
  await carryOutRefund(originOf(db, creator.id), services, answer.refundId)
}

/** A bank disputes a charge once: what a crash left of it is told by the sandbox. */
async function dispute(stage: Stage, { of, reason }: DeedOf<'DISPUTE'>): Promise<void> {
  const { db, sandbox } = stage
  const charge = (await findPayment(db, named(stage.payments, of)))?.processorReference
  assert(charge, `${of} was charged`)
  if ((await listEntriesOf(db, charge, 'DISPUTE')).length === 0) await sandbox.openDispute(charge, { reason })
}

/** Nothing where a crash left it: adding it again would be one more row of the trail. */
async function addAccount({ clock, db, services }: Stage, { creator }: DeedOf<'PAYOUT_ACCOUNT'>): Promise<void> {
  if ((await listAccounts(db, creator.id)).length > 0) return
  const order = {
    countryCode: creator.place.countryCode,
    returnUrl: 'https://app.example/payouts',
    idempotencyKey: keyOf('payout-account'),
  }
  await addPayoutAccount(originOf(db, creator.id), services, viewerOf(creator, clock.now), order)
}

async function payOut(stage: Stage, { name, creator, admin }: DeedOf<'PAYOUT'>): Promise<void> {
  const { db, services } = stage
  const order = { amountMinor: null, payoutAccountId: null, idempotencyKey: keyOf(name) }
  const { answer } = await act(stage, creator, (tx, viewer, now) => requestPayout(tx, viewer, order, now))
  const payout = await findPayout(db, answer.payoutId)
  if (payout?.state === 'AWAITING_APPROVAL') {
    const decision = { payoutId: payout.id, isApproved: true }
    const decide = (tx: Tx, viewer: Viewer, now: Date): Promise<void> =>
      decidePayout(tx, { processorName: services.processor.name, viewer }, decision, now)
    await act(stage, admin, decide, 'The account is old and the sales are many.')
  }
  await sendPayout(originOf(db, creator.id), services, answer.payoutId)
}

const recordPlaying = (tx: Tx, deeds: number, now: Date): Promise<void> =>
  record(
    tx,
    {
      action: PLAYED,
      category: 'ADMINISTRATIVE',
      severity: 'MEDIUM',
      subject: { table: 'users', id: ADMIN_ID },
      after: { deeds },
      description: 'Played what the demo world’s people paid, wrote and showed.',
    },
    now,
  )
