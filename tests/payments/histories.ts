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

/**
 * One charge's life of six messages: it waits for its payer, succeeds, goes back in part by two refunds, what is left is
 * disputed, and the dispute ends with `verdict`.
 */
export async function disputedPurchase(
  server: TestServer,
  world: World,
  creator: Person,
  verdict: 'WON' | 'LOST',
): Promise<History> {
  const sandbox = sandboxOf(server)
  const { owner } = server.database
  const buyer = await world.fan()
  await saveCard(buyer, 'pm_card_authenticationRequired')
  const { id: contentId } = await publish(creator, { priceMinor: '999' })
  const { data } = await buy(
    buyer,
    contentId as string,
    { amountMinor: '999', currency: 'EUR' },
    {
      payWith: { returnUrl: 'https://app.example.com/back' },
    },
  )
  const charge = await chargeOf(server, buyer)
  await sandbox.confirmAction(charge, 'succeed')
  await sandbox.refundAtProcessor(charge, 333n)
  await sandbox.refundAtProcessor(charge, 111n)
  const dispute = await sandbox.openDispute(charge)
  await sandbox.closeDispute(dispute, verdict)
  const told = await owner.query<{ type: string; body: string; id: string }>(
    `select id, type, payload::text as body from sandbox_events where delivered_at is null order by id`,
  )
  await owner.query(`update sandbox_events set delivered_at = now() where delivered_at is null`)
  return {
    buyer,
    contentId: contentId as string,
    paymentId: data?.['purchaseContent'].payment.id as string,
    messages: told.rows.map(({ type, body }) => ({ type, body })),
  }
}

/** Where a history ends: what the books say of it, and what its buyer has. */
export async function endOf(server: TestServer, { buyer, contentId }: History): Promise<unknown> {
  const { owner } = server.database
  const books = await owner.query(
    `select j.kind::text as journal, a.kind::text as account, sum(e.amount_minor)::int as amount
     from payment_intents p
     join transactions t on t.payment_intent_id = p.id
     join journal_transactions j on j.transaction_id = t.id
     join ledger_entries e on e.journal_transaction_id = j.id
     join ledger_accounts a on a.id = e.account_id
     where p.payer_id = $1 group by 1, 2 order by 1, 2`,
    [buyer.uuid],
  )
  const records = await owner.query(
    `select t.type::text as type, t.status::text as status, t.reason::text as reason, t.gross_amount::int as gross,
       t.platform_fee::int as fee
     from transactions t where t.payer_id = $1 order by 1, 2, 3, 4`,
    [buyer.uuid],
  )
  const purchase = await owner.query(
    `select pu.state::text as state, p.state::text as payment, p.refunded_minor::int as refunded,
       p.disputed_minor::int as disputed, g.revoked_at is null as "isGranted", g.suspended_at is null as "isFree",
       (select array_agg(r.state::text) from refunds r where r.payment_intent_id = p.id) as refunds,
       (select array_agg(d.state::text) from disputes d where d.payment_intent_id = p.id) as disputes
     from purchases pu join payment_intents p on p.id = pu.payment_intent_id
     left join entitlement_grants g on g.purchase_id = pu.id
     where pu.buyer_id = $1`,
    [buyer.uuid],
  )
  const { content } = await buyer.do(`query ($id: ID!) { content(id: $id) { body { __typename } } }`, { id: contentId })
  return { books: books.rows, records: records.rows, purchase: purchase.rows, body: content?.body.__typename ?? null }
}
