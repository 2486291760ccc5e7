import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { provenCreator } from '../content/posts.js'
import { newKey, saveCard, tip } from '../payments/paying.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

const CASES = `query ($isOpen: Boolean, $kind: FinanceCaseKind, $first: Int, $after: String) {
  financeCases(isOpen: $isOpen, kind: $kind, first: $first, after: $after) {
    nodes { id kind reference details creator { id } payment { id } resolution resolvedAt resolvedBy { id } }
    pageInfo { hasNextPage endCursor } } }`
const CLOSE = `mutation ($input: CloseFinanceCaseInput!) { closeFinanceCase(input: $input) {
  case { id resolution resolvedAt resolvedBy { id } } userErrors { code path } } }`
const RATES = `feeRates { type basisPoints isOwn validFrom }`
const SET = `mutation ($input: SetFeeRateInput!) { setFeeRate(input: $input) { ${RATES} replayed userErrors { code path } } }`

let server: TestServer
let world: World
let admin: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  admin = await world.admin()
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

const rows = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await server.database.owner.query<Row>(text, values)).rows

let cases = 0
async function aCase(kind = 'other', creatorId: string | null = null): Promise<string> {
  const [row] = await rows<{ id: string }>(
    `insert into finance_cases (kind, reference, creator_id, details) values ($1::finance_case_kind, $2, $3, '{"expected": "1"}') returning id`,
    [kind, `test:${String((cases += 1))}`, creatorId],
  )
  return globalId('FinanceCase', row!.id)
}
const listed = async (filter: Record<string, unknown> = {}): Promise<any> =>
  (await admin.do(CASES, filter)).financeCases
const close = async (who: Person, caseId: string, resolution = 'Talked to the bank.'): Promise<any> =>
  (await who.request(CLOSE, { input: { caseId, resolution } })).data?.['closeFinanceCase']

describe('a case about money', () => {
  it('is listed by what it is and whether it is open, the newest first, and found by its id by admins alone', async () => {
    const creator = await provenCreator(world)
    const one = await aCase('ledger_drift', creator.uuid)
    const two = await aCase('unknown_outcome')
    expect((await listed({ isOpen: true })).nodes.map(({ id }: { id: string }) => id)).toEqual([two, one])
    expect((await listed({ kind: 'LEDGER_DRIFT' })).nodes).toMatchObject([
      { id: one, creator: { id: creator.id }, details: { expected: '1' }, payment: null, resolvedAt: null },
    ])
    await close(admin, one)
    expect((await listed({ isOpen: true })).nodes).toMatchObject([{ id: two }])
    expect((await listed({ isOpen: false })).nodes).toMatchObject([{ id: one, resolvedBy: { id: admin.id } }])
    const first = await listed({ first: 1 })
    expect(first).toMatchObject({ nodes: [{ id: two }], pageInfo: { hasNextPage: true } })
    expect((await listed({ first: 1, after: first.pageInfo.endCursor })).nodes).toMatchObject([{ id: one }])
    const node = `query ($id: ID!) { node(id: $id) { id } }`
    expect((await admin.do(node, { id: two })).node).toEqual({ id: two })
    for (const other of [creator, await world.moderator()]) expect((await other.do(node, { id: one })).node).toBeNull()
  })

  it('is closed once, also by two at once, and the trail says by whom and how', async () => {
    const id = await aCase()
    const answers = await Promise.all([close(admin, id), close(await world.admin(), id)])
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([
      { code: 'CASE_CLOSED', path: ['input', 'caseId'] },
    ])
    const trail = await rows(
      `select reason from audit_logs where action = 'finance_case.closed'
      and subject_id = (select id::text from finance_cases where reference = $1)`,
      [`test:${String(cases)}`],
    )
    expect(trail).toMatchObject([{ reason: 'Talked to the bank.' }])
    expect((await close(admin, await aCase(), ' ')).userErrors).toEqual([
      { code: 'INVALID_INPUT', path: ['input', 'resolution'] },
    ])
    expect((await close(admin, globalId('FinanceCase', crypto.randomUUID()))).userErrors).toMatchObject([
      { code: 'NODE_NOT_FOUND' },
    ])
  })
})

describe('what the platform keeps', () => {
  const set = async (input: Record<string, unknown>, who = admin): Promise<any> =>
    (await who.request(SET, { input: { type: 'TIP', reason: 'Agreed.', idempotencyKey: newKey(), ...input } })).data?.[
      'setFeeRate'
    ]
  const ofTips = ({ feeRates }: { feeRates: { type: string }[] }): unknown =>
    feeRates.find(({ type }) => type === 'TIP')
  const feesOf = async (creator: Person): Promise<number[]> =>
    (
      await rows<{ fee: string }>(
        `select platform_fee as fee from transactions where creator_id = $1 and type = 'tip' order by occurred_at`,
        [creator.uuid],
      )
    ).map(({ fee }) => Number(fee))

  it('is a fifth until it is set, then what was set, and what was agreed with one creator before that; what was sold keeps its own', async () => {
    const creator = await provenCreator(world)
    const fan = await world.fan()
    await saveCard(fan)
    const own = async (): Promise<unknown> =>
      ofTips((await creator.do(`{ viewer { earnings { ${RATES} } } }`)).viewer.earnings)
    const sell = async (): Promise<number> => {
      await tip(fan, creator, { amountMinor: '1000' })
      return (await feesOf(creator)).at(-1) ?? 0
    }
    expect(await own()).toEqual({ type: 'TIP', basisPoints: 2000, isOwn: false, validFrom: null })
    expect(await sell()).toBe(200)
    expect(ofTips(await set({ basisPoints: 1500 }))).toMatchObject({ basisPoints: 1500, isOwn: false })
    expect(await sell()).toBe(150)
    expect(ofTips(await set({ creatorId: creator.id, basisPoints: 1000 }))).toMatchObject({
      basisPoints: 1000,
      isOwn: true,
    })
    expect(await own()).toMatchObject({ basisPoints: 1000, isOwn: true })
    expect(await sell()).toBe(100)
    expect(ofTips(await set({ creatorId: creator.id }))).toMatchObject({ basisPoints: 1500, isOwn: false })
    expect(await sell()).toBe(150)
    expect(ofTips(await set({}))).toMatchObject({ basisPoints: 2000, validFrom: null })
    expect(await feesOf(creator)).toEqual([200, 150, 100, 150])
    // what goes back of a sale goes back at the rate that it was sold at
    const { rows: sales } = await server.database.owner.query<{ id: string }>(
      `select id from transactions where creator_id = $1 and platform_fee = 100`,
      [creator.uuid],
    )
    const { previewRefund } = await creator.do(
      `query ($id: ID!) { previewRefund(transactionId: $id) { platformFee { amountMinor } } }`,
      {
        id: globalId('Transaction', sales[0]!.id),
      },
    )
    expect(previewRefund.platformFee.amountMinor).toBe('100')
  })

  it('is set once per key, one after the other by two at once, and refused out of its range', async () => {
    const creator = await provenCreator(world)
    const idempotencyKey = newKey()
    const input = { creatorId: creator.id, basisPoints: 500, idempotencyKey }
    expect(await set(input)).toMatchObject({ replayed: false, userErrors: [] })
    expect(await set(input)).toMatchObject({ replayed: true, userErrors: [] })
    const other = await world.admin()
    const both = await Promise.all([
      set({ creatorId: creator.id, basisPoints: 600 }),
      set({ creatorId: creator.id, basisPoints: 700 }, other),
    ])
    expect(both.flatMap(({ userErrors }) => userErrors)).toEqual([])
    const history = await rows<{ basis_points: number; is_open: boolean; follows: boolean | null }>(
      `select basis_points, valid_to is null as is_open, valid_from = lag(valid_to) over (order by valid_from) as follows
       from fee_rates where creator_id = $1 order by valid_from`,
      [creator.uuid],
    )
    expect(history.map(({ is_open: isOpen }) => isOpen)).toEqual([false, false, true])
    expect(history.map(({ follows }) => follows)).toEqual([null, true, true])
    const trail = await rows(`select action from audit_logs where action = 'fee_rate.set' and user_id = $1`, [
      creator.uuid,
    ])
    expect(trail).toHaveLength(3)
    const codes = async (bad: Record<string, unknown>): Promise<unknown> => (await set(bad)).userErrors
    expect(await codes({ basisPoints: -1 })).toEqual([{ code: 'INVALID_INPUT', path: ['input', 'basisPoints'] }])
    expect(await codes({ basisPoints: 10_001 })).toEqual([{ code: 'INVALID_INPUT', path: ['input', 'basisPoints'] }])
    expect(await codes({ basisPoints: 1, type: 'PAYOUT' })).toEqual([
      { code: 'INVALID_INPUT', path: ['input', 'type'] },
    ])
    expect(await codes({ basisPoints: 1, creatorId: admin.id })).toEqual([
      { code: 'NODE_NOT_FOUND', path: ['input', 'creatorId'] },
    ])
  })
})
