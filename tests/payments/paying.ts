import type { Sandbox } from '../../src/processors/processors.js'
import type { TestServer } from '../support/server.js'
import type { Person } from '../support/world.js'

/** What the tests ask of a payment. */
export const PAYMENT = `payment { id state amount { amountMinor currency } fromWallet { amountMinor } refunded { amountMinor } actionUrl decline { code declineClass message } settledAt }`
export const ERRORS = `userErrors {
  __typename code message path
  ... on PaymentDeclinedError { decline { code declineClass } }
  ... on PriceChangedError { price { amountMinor currency } }
}`

const ADD_METHOD = `mutation ($input: AddPaymentMethodInput!) {
  addPaymentMethod(input: $input) { paymentMethod { id brand lastFour isDefault } replayed ${ERRORS} }
}`
const SEND_TIP = `mutation ($input: SendTipInput!) {
  sendTip(input: $input) {
    tip { id state isAnonymous message amount { amountMinor currency } sender { id } createdAt }
    ${PAYMENT} replayed ${ERRORS}
  }
}`
const PURCHASE = `mutation ($input: PurchaseContentInput!) {
  purchaseContent(input: $input) {
    purchase { id state title amount { amountMinor currency } content { id } }
    content { id body { __typename } }
    ${PAYMENT} replayed ${ERRORS}
  }
}`
const TOP_UP = `mutation ($input: TopUpWalletInput!) {
  topUpWallet(input: $input) { ${PAYMENT} wallet { balance { amountMinor currency } } replayed ${ERRORS} }
}`

let keys = 0
/** An idempotency key that nothing else uses. */
export const newKey = (): string => `key-${String(process.pid)}-${String((keys += 1))}`

/** The processor that the server plays. */
export const sandboxOf = (server: TestServer): Sandbox => server.services.payments.processor as Sandbox

/** Saves a way to pay; answers its id. */
export async function saveCard(person: Person, token = 'pm_card_visa'): Promise<string> {
  const { addPaymentMethod } = await person.do(ADD_METHOD, { input: { token, idempotencyKey: newKey() } })
  return addPaymentMethod.paymentMethod.id as string
}

/** Tries to save a way to pay. */
export const tryCard = async (person: Person, token: string, idempotencyKey = newKey()) =>
  (await person.request(ADD_METHOD, { input: { token, idempotencyKey } })).data?.['addPaymentMethod']

export interface Tipping {
  readonly amountMinor?: string | number
  readonly currency?: string
  readonly message?: string
  readonly isAnonymous?: boolean
  readonly contentId?: string
  readonly payWith?: { paymentMethodId?: string; useWallet?: boolean; returnUrl?: string }
  readonly idempotencyKey?: string
}

/** Tips a creator, and answers what the API answered. */
export const tip = (person: Person, creator: { readonly id: string }, tipping: Tipping = {}) =>
  person.request(SEND_TIP, {
    input: { creatorId: creator.id, amountMinor: '500', currency: 'EUR', idempotencyKey: newKey(), ...tipping },
  })

/** Buys a post, and answers what the API answered. */
export const buy = (
  person: Person,
  contentId: string,
  price: { amountMinor: string; currency: string },
  more: { payWith?: Tipping['payWith']; idempotencyKey?: string } = {},
) => person.request(PURCHASE, { input: { contentId, expectedPrice: price, idempotencyKey: newKey(), ...more } })

/** Pays money into a wallet. */
export const topUp = (person: Person, amountMinor: string, currency = 'EUR', more: Record<string, unknown> = {}) =>
  person.request(TOP_UP, { input: { amountMinor, currency, idempotencyKey: newKey(), ...more } })

/** What the ledger says each account has: `creator_pending`, `wallet` and the like, over all owners, in one currency. */
export async function balances(server: TestServer, currency = 'EUR'): Promise<Record<string, number>> {
  const { rows } = await server.database.owner.query<{ kind: string; balance: string }>(
    `select kind::text as kind, sum(balance_minor)::text as balance from ledger_accounts where currency = $1 group by kind`,
    [currency],
  )
  return Object.fromEntries(rows.map(({ kind, balance }) => [kind, Number(balance)]))
}

/** Runs what is due now or later, as if its time had come, until nothing is left that is due. */
export async function runLater(server: TestServer): Promise<void> {
  await server.drain()
  await server.database.owner.query('update graphile_worker._private_jobs set run_at = now() where run_at > now()')
  await server.drain()
}

/** The processor's name of what somebody paid last, or is about to. */
export async function chargeOf(server: TestServer, { uuid }: Person): Promise<string> {
  const { rows } = await server.database.owner.query<{ reference: string }>(
    `select processor_reference as reference from payment_intents where payer_id = $1 order by created_at desc limit 1`,
    [uuid],
  )
  return rows[0]!.reference
}

/** Has every sale be older, with all that waits because of it. */
export async function ageSales({ database: { owner } }: TestServer, days: number): Promise<void> {
  const by = `interval '${String(days)} days'`
  await owner.query(`
    begin;
    set local session_replication_role = replica;
    update ledger_entries set available_at = available_at - ${by} where available_at is not null;
    update ledger_accounts set released_through = released_through - ${by} where released_through is not null;
    update transactions set occurred_at = occurred_at - ${by}, shown_at = shown_at - ${by};
    commit`)
}
