import assert from 'node:assert'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { provenCreator, publish, read } from '../content/posts.js'
import { disputedAndGivenBack, tell } from '../payments/histories.js'
import { balances, buy, chargeOf, newKey, runLater, sandboxOf, saveCard, tip } from '../payments/paying.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

const DISPUTE = `id state reason amount { amountMinor } fromCreator { amountMinor } fee { amountMinor } evidenceDueAt evidenceSentAt
  canBeAnswered evidence { description facts { at text } } openedAt closedAt transaction { id payer { id } gross { amountMinor } }`
const NODE = `query ($id: ID!) { node(id: $id) { ... on Dispute { ${DISPUTE} } } }`
const OWN = `{ viewer { earnings { pending { amountMinor } owed { amountMinor } disputes(first: 20) { nodes { ${DISPUTE} } } } } }`
const ALL = `query ($state: DisputeState, $first: Int, $after: String) {
  disputes(state: $state, first: $first, after: $after) { nodes { id state openedAt } pageInfo { hasNextPage endCursor } } }`
const SUBMIT = `mutation ($input: SubmitDisputeEvidenceInput!) {
  submitDisputeEvidence(input: $input) { dispute { ${DISPUTE} } replayed userErrors { code path } } }`

let server: TestServer
let world: World
let moderator: Person
beforeAll(async () => {
  server = await startServer({ config: { costBudget: 10_000_000 } })
  world = makeWorld(server)
  moderator = await world.moderator()
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

interface Sold {
  readonly creator: Person
  readonly fan: Person
  readonly post: string
}

async function aSale(): Promise<Sold> {
  const creator = await provenCreator(world)
  const fan = await world.fan()
  await saveCard(fan)
  const post = (await publish(creator, { title: 'Bread', priceMinor: '999' }))['id'] as string
  await buy(fan, post, { amountMinor: '999', currency: 'EUR' })
  return { creator, fan, post }
}

/** Has the bank claim a sale back; answers the processor's name of the claim and ours. */
async function dispute({ fan }: Pick<Sold, 'fan'>): Promise<{ reference: string; id: string }> {
  const reference = await sandboxOf(server).openDispute(await chargeOf(server, fan))
  await server.drain()
  const { rows } = await server.database.owner.query<{ id: string }>(
    `select id from disputes where processor_reference = $1`,
    [reference],
  )
  return { reference, id: globalId('Dispute', rows[0]!.id) }
}
const decide = async (reference: string, verdict: 'WON' | 'LOST'): Promise<void> => {
  await sandboxOf(server).closeDispute(reference, verdict)
  await server.drain()
}
const nodeFor = async (person: Person, id: string): Promise<any> => (await person.do(NODE, { id })).node
const ownOf = async (creator: Person): Promise<any> => (await creator.do(OWN)).viewer.earnings
const submit = async (person: Person, disputeId: string, idempotencyKey = newKey()): Promise<any> =>
  (await person.request(SUBMIT, { input: { disputeId, idempotencyKey } })).data?.['submitDisputeEvidence']
const bodyFor = async ({ fan, post }: Sold): Promise<string> => (await read(fan, post))?.['body'].__typename as string

describe('a dispute', () => {
  it('holds the money and the access while it is open, and gives both back when it is won', async () => {
    const sale = await aSale()
    const before = await balances(server)
    const { reference, id } = await dispute(sale)
    expect(await bodyFor(sale)).toBe('LockedBody')
    expect(await ownOf(sale.creator)).toMatchObject({
      pending: { amountMinor: '0' },
      disputes: { nodes: [{ id, state: 'OPEN', fromCreator: { amountMinor: '799' } }] },
    })
    await decide(reference, 'WON')
    await decide(reference, 'LOST')
    expect(await bodyFor(sale)).toBe('UnlockedBody')
    expect(await ownOf(sale.creator)).toMatchObject({
      pending: { amountMinor: '799' },
      disputes: { nodes: [{ id, state: 'WON' }] },
    })
    expect(await balances(server)).toEqual({ dispute_held: 0, ...before })
  })

  it('that is lost takes the money once, and the access for good', async () => {
    const sale = await aSale()
    const { reference, id } = await dispute(sale)
    await decide(reference, 'LOST')
    await decide(reference, 'WON')
    expect(await bodyFor(sale)).toBe('LockedBody')
    const own = await ownOf(sale.creator)
    expect(own).toMatchObject({ pending: { amountMinor: '0' }, owed: { amountMinor: '0' } })
    expect(own.disputes.nodes).toMatchObject([{ id, state: 'LOST', canBeAnswered: false }])
    expect(own.disputes.nodes[0].closedAt).not.toBeNull()
  })

  it('holds nothing of what went back before it was opened, though that is heard of later', async () => {
    const creator = await provenCreator(world)
    const { buyer, messages } = await disputedAndGivenBack(server, world, creator, 'WON')
    for (const type of ['charge.succeeded', 'dispute.open', 'refund.succeeded']) {
      const message = messages.find((one) => one.type === type)
      assert(message, `${type} of ${messages.map((one) => one.type).join()}`)
      await tell(server, message)
      await server.drain()
    }
    const { rows } = await server.database.owner.query(
      `select refunded_minor::int as refunded, disputed_minor::int as disputed from payment_intents where payer_id = $1`,
      [buyer.uuid],
    )
    expect(rows).toEqual([{ refunded: 999, disputed: 0 }])
    expect(await ownOf(creator)).toMatchObject({ pending: { amountMinor: '0' }, owed: { amountMinor: '0' } })
  })

  it('is its creator’s and staff’s to see, by its id, its sale and its list; what it costs the platform is staff’s', async () => {
    const sale = await aSale()
    const { id } = await dispute(sale)
    expect(await nodeFor(sale.creator, id)).toMatchObject({
      amount: { amountMinor: '999' },
      fromCreator: { amountMinor: '799' },
      fee: null,
      evidence: null,
      canBeAnswered: true,
      reason: 'fraudulent',
    })
    expect(await nodeFor(moderator, id)).toMatchObject({
      fee: { amountMinor: '1500' },
      evidenceDueAt: expect.any(String),
    })
    for (const other of [sale.fan, await provenCreator(world)]) expect((await nodeFor(other, id)) ?? null).toBeNull()
    const ofSale = `query ($id: ID!) { transaction(id: $id) { dispute { id } } }`
    const saleId = (await nodeFor(sale.creator, id)).transaction.id as string
    expect((await sale.creator.do(ofSale, { id: saleId })).transaction).toEqual({ dispute: { id } })
    expect((await moderator.do(ofSale, { id: saleId })).transaction).toEqual({ dispute: { id } })
    expect((await sale.fan.do(ofSale, { id: saleId })).transaction).toEqual({ dispute: null })
    const open = (await moderator.do(ALL, { state: 'OPEN', first: 100 })).disputes.nodes as {
      id: string
      state: string
    }[]
    expect(open.map((each) => each.id)).toContain(id)
    expect(new Set(open.map(({ state }) => state))).toEqual(new Set(['OPEN']))
    const won = (await moderator.do(ALL, { state: 'WON', first: 100 })).disputes.nodes as { id: string }[]
    expect(won.map((each) => each.id)).not.toContain(id)
  })

  it('is listed once, page by page, those opened last first', async () => {
    for (let count = 0; count < 3; count += 1) await dispute(await aSale())
    const ids: string[] = []
    const times: string[] = []
    for (let after: string | null = null, more = true; more;) {
      const { disputes }: any = await moderator.do(ALL, { first: 2, after })
      ids.push(...disputes.nodes.map(({ id }: { id: string }) => id))
      times.push(...disputes.nodes.map(({ openedAt }: { openedAt: string }) => openedAt))
      after = disputes.pageInfo.endCursor
      more = disputes.pageInfo.hasNextPage
    }
    expect(new Set(ids).size).toBe(ids.length)
    expect(times).toEqual([...times].sort().reverse())
    const { rows } = await server.database.owner.query(`select count(*)::int as n from disputes`)
    expect(ids).toHaveLength(rows[0].n as number)
  })
})

describe('an answer to a dispute', () => {
  it('is made of what is on record, goes to the processor once, and is staff’s to read', async () => {
    const sale = await aSale()
    await sale.fan.do(`mutation ($id: ID!) { likeContent(input: { contentId: $id }) { userErrors { code } } }`, {
      id: sale.post,
    })
    await tip(sale.fan, sale.creator, { amountMinor: '500' })
    const { rows } = await server.database.owner.query<{ reference: string }>(
      `select processor_reference as reference from payment_intents where payer_id = $1 and purpose = 'content_purchase'`,
      [sale.fan.uuid],
    )
    const reference = await sandboxOf(server).openDispute(rows[0]!.reference)
    await server.drain()
    const [{ id }] = (await ownOf(sale.creator)).disputes.nodes as [{ id: string }]
    const idempotencyKey = newKey()
    const answers = await Promise.all([submit(moderator, id, idempotencyKey), submit(await world.moderator(), id)])
    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1)
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([
      { code: 'DISPUTE_ANSWERED', path: ['input', 'disputeId'] },
    ])
    await server.drain()
    const seen = await nodeFor(moderator, id)
    expect(seen).toMatchObject({ state: 'UNDER_REVIEW', canBeAnswered: false, evidenceSentAt: expect.any(String) })
    expect(seen.evidence.description).toContain('Bread')
    const facts = (seen.evidence.facts as { text: string; at: string }[]).map(({ text }) => text)
    for (const text of [
      'The payer opened their account.',
      'The payer confirmed their e-mail address.',
      'The payer saved the way to pay that was charged.',
      'The payment succeeded.',
      'What was paid for was opened to the payer.',
      'The payer liked what was opened to them.',
      'The payer signed in.',
      'The payer paid the same creator, and does not dispute it.',
    ])
      expect(facts).toContain(text)
    const times = (seen.evidence.facts as { at: string }[]).map(({ at }) => at)
    expect(times).toEqual([...times].sort())
    const kept = await server.database.owner.query<{ data: any }>(`select data from sandbox_objects where id = $1`, [
      reference,
    ])
    expect(kept.rows[0]!.data.evidence.accessLog.split('\n')).toHaveLength(facts.length)
    expect((await nodeFor(sale.creator, id)).evidence).toBeNull()
    const trail = await server.database.owner.query<{ action: string }>(
      `select action from audit_logs where action in ('dispute.answered', 'dispute.evidence_sent') order by created_at, id`,
    )
    expect(trail.rows.map(({ action }) => action).sort()).toEqual(['dispute.answered', 'dispute.evidence_sent'])
  })

  it('is sent by a job where the processor did not answer, and a retry says that it was made', async () => {
    const { id } = await dispute(await aSale())
    const idempotencyKey = newKey()
    sandboxOf(server).faults.next('evidence', 'refuse')
    const { errors } = await moderator.request(SUBMIT, { input: { disputeId: id, idempotencyKey } })
    expect(errors[0]?.extensions['code']).toBe('UNAVAILABLE')
    expect((await nodeFor(moderator, id)).evidenceSentAt).toBeNull()
    await runLater(server)
    expect(await nodeFor(moderator, id)).toMatchObject({ state: 'UNDER_REVIEW', evidenceSentAt: expect.any(String) })
    expect(await submit(moderator, id, idempotencyKey)).toMatchObject({ replayed: true, userErrors: [] })
  })

  it('is refused when it is too late, decided, or about what does not exist', async () => {
    const late = await dispute(await aSale())
    await server.database.owner.query(
      `update disputes set evidence_due_at = now() - interval '1 second' where processor_reference = $1`,
      [late.reference],
    )
    const decided = await dispute(await aSale())
    await decide(decided.reference, 'LOST')
    const codes = async (id: string): Promise<string[]> =>
      (await submit(moderator, id)).userErrors.map(({ code }: { code: string }) => code)
    expect(await codes(late.id)).toEqual(['DISPUTE_ANSWERED'])
    expect(await codes(decided.id)).toEqual(['DISPUTE_ANSWERED'])
    expect(await codes(globalId('Dispute', crypto.randomUUID()))).toEqual(['NODE_NOT_FOUND'])
  })
})

describe('a dispute of an anonymous tip', () => {
  it('is shown to its creator after the tip, and tells neither them nor staff who gave it', async () => {
    const creator = await provenCreator(world)
    const fan = await world.fan()
    await saveCard(fan)
    await tip(fan, creator, { amountMinor: '1000', isAnonymous: true })
    const { id } = await dispute({ fan })
    expect((await nodeFor(creator, id)) ?? null).toBeNull()
    expect((await ownOf(creator)).disputes.nodes).toEqual([])
    await submit(moderator, id)
    await server.database.owner.query(`update disputes set opened_at = opened_at - interval '1 minute'`)
    const staffs = await nodeFor(moderator, id)
    expect(staffs).toMatchObject({ evidence: null, evidenceSentAt: expect.any(String), transaction: { payer: null } })
    await server.database.owner.query(`set session_replication_role = replica`)
    await server.database.owner.query(
      `update transactions set shown_at = now() - case when reverses_id is null then interval '1 second' else interval '0' end
       where creator_id = $1`,
      [creator.uuid],
    )
    await server.database.owner.query(`set session_replication_role = origin`)
    const own = await nodeFor(creator, id)
    expect((await ownOf(creator)).disputes.nodes).toMatchObject([{ id }])
    expect(own.transaction.payer).toBeNull()
    // when the bank opened it would say until when the giver had not been there yet
    expect(own.openedAt > staffs.openedAt).toBe(true)
    expect(own.evidenceDueAt).toMatch(/T00:00:00.000Z$/)
    for (const seen of [own, staffs]) expect(JSON.stringify(seen)).not.toContain(fan.id)
  })
})
