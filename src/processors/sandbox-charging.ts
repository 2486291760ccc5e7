import assert from 'node:assert'
import { createHash } from 'node:crypto'
import { isMovable } from './amounts.js'
import { toDecline } from './declines.js'
import { ProcessorDeclined } from './errors.js'
import { chargeOutcome, toStored } from './sandbox-books.js'
import type { Charge, ChargeData, ChargeState, Customer, Method, MethodData } from './sandbox-books.js'
import { findEntry, updateEntry } from './sandbox-queries.js'
import { isCardToken, testCard } from './sandbox-tokens.js'
import { assertKnown, held, move, newId, settlingLater, tell, underKey } from './sandbox-turn.js'
import type { Turn } from './sandbox-turn.js'
import type { ChargeOrder, ChargeOutcome, CustomerOrder, MethodOrder, SavedMethod } from './types.js'

const EXPIRY_MONTH = 12
const EXPIRES_AFTER_YEARS = 4
const FINGERPRINT_LENGTH = 16

export async function makeCustomer(turn: Turn, { userId, key }: CustomerOrder): Promise<string> {
  const { entry } = await underKey<Customer>(turn, key, 'CUSTOMER', () => ({
    id: newId('CUSTOMER'),
    parentId: null,
    state: 'ACTIVE',
    data: { userId },
  }))
  return entry.id
}

/** @throws ProcessorDeclined for a card that cannot be saved */
export async function keepMethod(turn: Turn, { customer, token, key }: MethodOrder): Promise<SavedMethod> {
  await assertKnown(turn, customer, 'CUSTOMER')
  const { entry } = await underKey<Method>(turn, key, 'METHOD', () => ({
    id: newId('METHOD'),
    parentId: customer,
    state: 'ACTIVE',
    data: cardToSave(token, turn.now),
  }))
  return savedMethod(entry)
}

/** What is told of a saved card; what it will do is not. */
const savedMethod = ({ id: reference, data }: Method): SavedMethod => {
  const { kind, brand, lastFour, expiryMonth, expiryYear, countryCode, fingerprint } = data
  return { reference, kind, brand, lastFour, expiryMonth, expiryYear, countryCode, fingerprint }
}

function cardToSave(token: string, now: Date): MethodData {
  const card = testCard(token)
  const refusal = card ? card.declinesSaving : 'invalid_token'
  if (!card || refusal !== null) throw new ProcessorDeclined(toDecline(refusal ?? 'invalid_token'))
  return {
    kind: 'card',
    brand: card.brand,
    lastFour: card.lastFour,
    expiryMonth: EXPIRY_MONTH,
    expiryYear: now.getUTCFullYear() + EXPIRES_AFTER_YEARS,
    countryCode: card.countryCode,
    fingerprint: createHash('sha256')
      .update(`${card.brand} ${card.lastFour}`)
      .digest('hex')
      .slice(0, FINGERPRINT_LENGTH),
    declinesCharges: card.declinesCharges,
    behaviour: card.behaviour,
  }
}

export async function dropMethod(turn: Turn, reference: string): Promise<void> {
  const method = await held<Method>(turn, reference, 'METHOD')
  await updateEntry(turn.tx, reference, { state: 'REMOVED', data: method.data }, turn.now)
}

/** Makes the card behind a saved method good, or bad with `code`. */
export async function changeMethod(turn: Turn, reference: string, code: string | null): Promise<void> {
  const method = await held<Method>(turn, reference, 'METHOD')
  const data: MethodData = { ...method.data, declinesCharges: code, behaviour: null }
  await updateEntry(turn.tx, reference, { state: method.state, data }, turn.now)
}

/** Charges once under the order's key; `isRefused` has the bank say no whatever the card is. */
export async function makeCharge(turn: Turn, order: ChargeOrder, isRefused: boolean): Promise<ChargeOutcome> {
  const { entry, isNew } = await underKey<Charge>(turn, order.key, 'CHARGE', async () => {
    await assertKnown(turn, order.customer, 'CUSTOMER')
    return newCharge(turn, order, await refusalOf(turn, order, isRefused))
  })
  assertSameOrder(entry, order)
  if (isNew) await tell(turn, entry)
  return chargeOutcome(entry, entry.data.firstState)
}

type Judgement = Pick<ChargeData, 'behaviour' | 'declineCode'>

async function refusalOf(turn: Turn, order: ChargeOrder, isRefused: boolean): Promise<Judgement> {
  const judgement = await cardOf(turn, order)
  if (!isMovable(order.amount)) return { behaviour: null, declineCode: 'invalid_amount' }
  if (isRefused) return { behaviour: null, declineCode: 'generic_decline' }
  const needsPerson = judgement.declineCode === null && judgement.behaviour === 'CONFIRMS'
  return needsPerson && !(order.isPresent && order.returnUrl !== null)
    ? { behaviour: judgement.behaviour, declineCode: 'authentication_required' }
    : judgement
}

async function cardOf({ tx }: Turn, { customer, method: reference }: ChargeOrder): Promise<Judgement> {
  if (isCardToken(reference)) {
    const card = testCard(reference)
    return { behaviour: card?.behaviour ?? null, declineCode: card ? card.declinesCharges : 'invalid_token' }
  }
  const method = await findEntry<Method>(tx, reference)
  if (method?.kind !== 'METHOD' || method.state === 'REMOVED' || method.parentId !== customer)
    return { behaviour: null, declineCode: 'invalid_token' }
  return { behaviour: method.data.behaviour, declineCode: method.data.declinesCharges }
}

async function newCharge(turn: Turn, order: ChargeOrder, { behaviour, declineCode }: Judgement) {
  const id = newId('CHARGE')
  const firstState = firstStateOf(behaviour, declineCode)
  const data: ChargeData = {
    intentId: order.intentId,
    amount: toStored(order.amount),
    method: order.method,
    description: order.description,
    behaviour,
    returnUrl: order.returnUrl,
    actionUrl: `${turn.baseUrl}/sandbox/actions/${id}`,
    declineCode,
    firstState,
  }
  return { id, parentId: order.customer, state: firstState, data, settlesAt: await settlementOf(turn, data) }
}

function firstStateOf(behaviour: Judgement['behaviour'], declineCode: string | null): ChargeState {
  if (declineCode !== null) return 'FAILED'
  if (behaviour === 'CONFIRMS') return 'REQUIRES_ACTION'
  return behaviour === 'PROCESSES' ? 'PROCESSING' : 'SUCCEEDED'
}

/** When a charge moves on by itself: out of processing, or into a dispute. */
const settlementOf = async (turn: Turn, { behaviour, firstState }: ChargeData): Promise<Date | null> =>
  firstState === 'PROCESSING' || (firstState === 'SUCCEEDED' && behaviour === 'DISPUTES') ? settlingLater(turn) : null

function assertSameOrder({ parentId, data }: Charge, order: ChargeOrder): void {
  const amount = toStored(order.amount)
  const isSame =
    parentId === order.customer &&
    data.intentId === order.intentId &&
    data.method === order.method &&
    data.amount.amountMinor === amount.amountMinor &&
    data.amount.currency === amount.currency
  assert(isSame, `the key ${order.key} was used for another charge before`)
}

/** Gives up a charge that waits for its payer; one that ended stays as it is. */
export async function cancel(turn: Turn, reference: string): Promise<ChargeOutcome> {
  const charge = await held<Charge>(turn, reference, 'CHARGE')
  if (charge.state !== 'REQUIRES_ACTION') return chargeOutcome(charge, charge.state)
  const moved = await move(turn, charge, { state: 'CANCELED' })
  return chargeOutcome(moved, moved.state)
}

/** Does what the payer does on their bank's page; nothing for a charge that waits for nobody. */
export async function answerAction(turn: Turn, reference: string, answer: 'succeed' | 'fail'): Promise<Charge> {
  const charge = await held<Charge>(turn, reference, 'CHARGE')
  if (charge.state !== 'REQUIRES_ACTION') return charge
  if (answer === 'succeed') return move(turn, charge, { state: 'SUCCEEDED' })
  const data = { ...charge.data, declineCode: 'payment_intent_authentication_failure' }
  return move(turn, charge, { state: 'FAILED', data })
}
