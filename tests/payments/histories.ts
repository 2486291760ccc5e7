import { createHmac } from 'node:crypto'
import { publish } from '../content/posts.js'
import { SANDBOX_SECRET } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import type { Person, World } from '../support/world.js'
import { buy, chargeOf, sandboxOf, saveCard } from './paying.js'

/** A processor's message as it would be posted. */
export interface Message {
  readonly type: string
  readonly body: string
}

/** A purchase, and everything its processor has to tell of it, in the order in which it happened; nothing of it was told. */
export interface History {
  readonly buyer: Person
  readonly contentId: string
  readonly paymentId: string
  readonly messages: readonly Message[]
}

/** Signs a message as the sandbox does. */
export function sign(body: string, at: Date, secret = SANDBOX_SECRET): string {
  const time = String(Math.floor(at.getTime() / 1_000))
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`
}

/** Posts a message to the inbox; answers the status and the body. */
export async function post(
  server: TestServer,
  body: string | Buffer,
  headers: Record<string, string>,
  processor = 'sandbox',
): Promise<{ readonly status: number; readonly body: string }> {
  const answer = await fetch(`${server.origin}/webhooks/${processor}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  return { status: answer.status, body: await answer.text() }
}

/** Posts a message, signed now. */
export async function tell(server: TestServer, { body }: Message): Promise<number> {
  const { status } = await post(server, body, { 'sandbox-signature': sign(body, await server.now()) })
  return status
}

/** Has somebody begin to buy a post, `live` what happens at its processor, and nothing be told of it. */
async function lived(
  server: TestServer,
  world: World,
  creator: Person,
  card: string,
  live: (charge: string) => Promise<unknown>,
): Promise<History> {
  const buyer = await world.fan()
  await saveCard(buyer, card)
  const { id: contentId } = await publish(creator, { priceMinor: '999' })
  const { data } = await buy(
    buyer,
    contentId as string,
    { amountMinor: '999', currency: 'EUR' },
    {
      payWith: { returnUrl: 'https://app.example.com/back' },
    },
  )
  await live(await chargeOf(server, buyer))
  const messages: Message[] = []
  await sandboxOf(server).deliverDue(async (rawBody) => {
    const body = rawBody.toString()
    messages.push({ type: (JSON.parse(body) as { type: string }).type, body })
    await Promise.resolve()
  })
  const paymentId = data?.['purchaseContent'].payment.id as string
  return { buyer, contentId: contentId as string, paymentId, messages }
}

/** Somebody buys a post of `creator`'s, and a dispute of it ends with `verdict`. */
type Life = (server: TestServer, world: World, creator: Person, verdict: 'WON' | 'LOST') => Promise<History>

/**
 * One charge's life of six messages: it waits for its payer, succeeds, goes back in part by two refunds, what is left is
 * disputed, and the dispute ends with `verdict`.
 */
export const disputedPurchase: Life = (server, world, creator, verdict) =>
  lived(server, world, creator, 'pm_card_authenticationRequired', async (charge) => {
    const sandbox = sandboxOf(server)
    await sandbox.confirmAction(charge, 'succeed')
    await sandbox.refundAtProcessor(charge, 333n)
    await sandbox.refundAtProcessor(charge, 111n)
    await sandbox.closeDispute(await sandbox.openDispute(charge), verdict)
  })

/**
 * One charge's life of five messages: all of it goes back just before the half of it is disputed, the dispute ends with
 * `verdict`, and then the bank sends the refund back.
 */
export const disputedAndGivenBack: Life = (server, world, creator, verdict) =>
  lived(server, world, creator, 'pm_card_refundFail', async (charge) => {
    const sandbox = sandboxOf(server)
    await sandbox.refundAtProcessor(charge, 999n)
    await sandbox.closeDispute(await sandbox.openDispute(charge, { amountMinor: 500n }), verdict)
  })

/**
 * One charge's life of five messages: it succeeds, a part of it is disputed and won, and all of it is disputed again, which ends
 * with `verdict`.
 */
export const disputedTwice: Life = (server, world, creator, verdict) =>
  lived(server, world, creator, 'pm_card_visa', async (charge) => {
    const sandbox = sandboxOf(server)
    await sandbox.closeDispute(await sandbox.openDispute(charge, { amountMinor: 500n }), 'WON')
    await sandbox.closeDispute(await sandbox.openDispute(charge), verdict)
  })

/** Where a history ends: what the books say of it, and what its buyer has. */
export async function endOf(server: TestServer, { buyer, contentId }: History): Promise<unknown> {
  const { owner } = server.database
  const books = await owner.query(
    `select a.kind::text as account, sum(e.amount_minor)::int as amount
     from payment_intents p
     join journal_transactions j on j.transaction_id in (select id from transactions where payment_intent_id = p.id)
       or j.reference in (
         select way || id from disputes, unnest(array['dispute-lost:', 'processor-fee:']) way where payment_intent_id = p.id)
     join ledger_entries e on e.journal_transaction_id = j.id
     join ledger_accounts a on a.id = e.account_id
     where p.payer_id = $1 group by 1 having sum(e.amount_minor) <> 0 order by 1`,
    [buyer.uuid],
  )
  const records = await owner.query(
    `select t.type::text as type, t.status::text as status, substring(t.reason::text from '^[a-z]+') as why,
       sum(t.gross_amount)::int as gross, sum(t.platform_fee)::int as fee
     from transactions t where t.payer_id = $1 group by 1, 2, 3 having sum(t.gross_amount) <> 0 order by 1, 2, 3`,
    [buyer.uuid],
  )
  const purchase = await owner.query(
    `select pu.state::text as state, p.state::text as payment, p.refunded_minor::int as refunded,
       p.disputed_minor::int as disputed, g.revoked_at is null as "isGranted", g.suspended_at is null as "isFree",
       (select array_agg(r.state::text order by r.state) from refunds r where r.payment_intent_id = p.id) as refunds,
       (select array_agg(d.state::text order by d.state) from disputes d where d.payment_intent_id = p.id) as disputes
     from purchases pu join payment_intents p on p.id = pu.payment_intent_id
     left join entitlement_grants g on g.purchase_id = pu.id
     where pu.buyer_id = $1`,
    [buyer.uuid],
  )
  const { content } = await buyer.do(`query ($id: ID!) { content(id: $id) { body { __typename } } }`, { id: contentId })
  return { books: books.rows, records: records.rows, purchase: purchase.rows, body: content?.body.__typename ?? null }
}
