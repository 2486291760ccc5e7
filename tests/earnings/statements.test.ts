import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provenCreator } from '../content/posts.js'
import { newKey, saveCard, tip } from '../payments/paying.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

let server: TestServer
let world: World
let creator: Person
let fan: Person
beforeAll(async () => {
  server = await startServer({ config: { costBudget: 10_000_000 } })
  world = makeWorld(server)
  creator = await provenCreator(world)
  fan = await world.fan()
  await saveCard(fan)
})
afterAll(() => server.close())

const rows = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await server.database.owner.query<Row>(text, values)).rows
async function tamper(text: string, values: unknown[] = []): Promise<void> {
  await rows(`set session_replication_role = replica`)
  await rows(text, values)
  await rows(`set session_replication_role = origin`)
}
const thisMonth = (): string => new Date().toISOString().slice(0, 7)
const fetchStatement = (file: string, token?: string): Promise<Response> =>
  fetch(`${server.origin}/statements/${file}`, { headers: token ? { authorization: `Bearer ${token}` } : {} })

/** The cells of a statement, read as RFC 4180 says. */
function cellsOf(csv: string): string[][] {
  return csv
    .split('\r\n')
    .slice(0, -1)
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((m) => (m[1]?.replaceAll('""', '"') ?? m[2])!),
    )
}
const statementOf = async (who: Person, month = thisMonth()): Promise<string[][]> => {
  const answer = await fetchStatement(`${month}.csv`, who.token)
  expect(answer.status).toBe(200)
  return cellsOf(await answer.text())
}
const cents = (amount: string): bigint => BigInt(amount.replace('.', ''))

/** Something that was shown to a creator at an instant. */
async function sold(who: Person, at: string, gross = 1000, extra: { reverses?: string } = {}): Promise<string> {
  const sign = extra.reverses ? -1 : 1
  const [row] = await rows<{ id: string }>(
    `insert into transactions (type, status, reason, reverses_id, payer_id, creator_id, gross_amount, platform_fee, net_amount, currency, occurred_at, shown_at)
     values ($1::transaction_type, 'succeeded', $2::transaction_reason, $3, $4, $5, $6::bigint, $6::bigint / 5, $6::bigint - $6::bigint / 5, 'EUR', $7, $7) returning id`,
    [
      extra.reverses ? 'refund' : 'tip',
      extra.reverses ? 'adjustment' : null,
      extra.reverses ?? null,
      fan.uuid,
      who.uuid,
      sign * gross,
      at,
    ],
  )
  return row!.id
}

describe('a statement of a month', () => {
  it('has everything that its creator was shown in it, and equals the ledger to the cent', async () => {
    await tip(fan, creator, { amountMinor: '999', message: 'For you.' })
    await tip(fan, creator, { amountMinor: '1234' })
    await tip(fan, creator, { amountMinor: '5000', isAnonymous: true })
    const { viewer } = await creator.do(`{ viewer { earnings { transactions { nodes { id } } } } }`)
    await creator.do(
      `mutation ($input: RefundTransactionInput!) { refundTransaction(input: $input) { refund { id } userErrors { code } } }`,
      {
        input: {
          transactionId: viewer.earnings.transactions.nodes[0].id,
          amountMinor: '333',
          reason: 'A mistake.',
          idempotencyKey: newKey(),
        },
      },
    )
    const [head, ...lines] = await statementOf(creator)
    expect(head).toEqual([
      'transaction',
      'shown_at',
      'type',
      'reason',
      'reverses',
      'description',
      'gross',
      'platform_fee',
      'net',
      'currency',
    ])
    expect(lines.map((line) => line[2])).toEqual(['TIP', 'TIP', 'REFUND'])
    for (const [, , , , , , gross, fee, net, currency] of lines) {
      expect(cents(gross!)).toBe(cents(fee!) + cents(net!))
      expect(currency).toBe('EUR')
    }
    const [ledger] = await rows<{ sum: string }>(
      `select sum(e.amount_minor) as sum from ledger_entries e join ledger_accounts a on a.id = e.account_id
         join journal_transactions j on j.id = e.journal_transaction_id join transactions t on t.id = j.transaction_id
       where a.owner_id = $1 and t.shown_at <= now()`,
      [creator.uuid],
    )
    expect(lines.reduce((sum, line) => sum + cents(line[8]!), 0n)).toBe(BigInt(ledger!.sum))
    const text = JSON.stringify(lines)
    for (const secret of [fan.uuid, fan.username, fan.email, 'For you.']) expect(text).not.toContain(secret)
  })

  it('is sent part by part, each thing once, in months of the creator’s own zone', async () => {
    const star = await provenCreator(world)
    await rows(`update users set time_zone = 'Asia/Kathmandu' where id = $1`, [star.uuid])
    await sold(star, '2026-02-28T18:14:59.999Z')
    const first = await sold(star, '2026-02-28T18:15:00.000Z')
    const last = await sold(star, '2026-03-31T18:14:59.999Z')
    await sold(star, '2026-03-31T18:15:00.000Z')
    await rows(
      `insert into transactions (type, status, creator_id, gross_amount, platform_fee, net_amount, currency, occurred_at, shown_at)
       select 'tip', 'succeeded', $1, 100, 20, 80, 'EUR', at, at
       from (select timestamptz '2026-03-10 12:00+00' + (n / 3) * interval '1 second' as at from generate_series(1, 1200) n) s`,
      [star.uuid],
    )
    const [, ...lines] = await statementOf(star, '2026-03')
    expect(lines).toHaveLength(1202)
    expect(new Set(lines.map(([id]) => id)).size).toBe(1202)
    expect([lines[0]![0], lines.at(-1)![0]]).toEqual([first, last])
    expect(await statementOf(star, '2026-05')).toHaveLength(1)
  })

  it('has no formulas in it, whatever people write', async () => {
    const star = await provenCreator(world)
    const written = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '"=1"', 'plain, "quoted"\nand broken', '＝1+1']
    for (const text of written) {
      const id = await sold(star, new Date(Date.now() - 60_000).toISOString())
      await tamper(`update transactions set description = $2 where id = $1`, [id, text])
    }
    const csv = await (await fetchStatement(`${thisMonth()}.csv`, star.token)).text()
    const cells = [...csv.matchAll(/TIP,,,"((?:[^"]|"")*)"/g)].map(([, cell]) => cell!.replaceAll('""', '"'))
    expect(cells).toHaveLength(written.length)
    for (const cell of cells) expect(cell).not.toMatch(/^[\s]*[=+\-@＝]/)
    expect(cells).toContain("'=1+1")
    expect(cells).toContain('plain, "quoted"\nand broken')
  })

  it('is fetched by front ends of origins that may ask the API, and of no others', async () => {
    const url = `${server.origin}/statements/${thisMonth()}.csv`
    const asks = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' }
    const answersTo = async (origin: string) => {
      const preflight = await fetch(url, { method: 'OPTIONS', headers: { origin, ...asks } })
      const answer = await fetch(url, { headers: { origin, authorization: `Bearer ${creator.token}` } })
      expect([preflight.status, answer.status]).toEqual([204, 200])
      const { headers } = preflight
      return [
        headers.get('access-control-allow-origin'),
        headers.get('access-control-allow-methods'),
        headers.get('access-control-allow-headers')?.includes('authorization') ?? false,
        answer.headers.get('access-control-allow-origin'),
      ]
    }
    const mine = 'http://localhost:3000'
    expect(await answersTo(mine)).toEqual([mine, 'GET', true, mine])
    expect(await answersTo('https://evil.example')).toEqual([null, null, false, null])
  })

  it('is its creator’s alone, by a session that holds, and a file that nobody keeps', async () => {
    const file = `${thisMonth()}.csv`
    const statuses = await Promise.all([
      fetchStatement(file),
      fetchStatement(file, 'nonsense'),
      fetchStatement(file, fan.token),
      fetchStatement('2026-13.csv', creator.token),
      fetchStatement('..%2f2026-11.csv', creator.token),
      fetchStatement(`${thisMonth()}.pdf`, creator.token),
    ])
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 403, 404, 404, 404])
    const answer = await fetchStatement(file, creator.token)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': expect.stringMatching(/^text\/csv/),
      'content-disposition': `attachment; filename="statement-${thisMonth()}.csv"`,
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    })
    await answer.text()
    await rows(
      `update user_sessions set revoked_at = now(), revoked_reason = 'logout' where user_id = $1 and revoked_at is null`,
      [creator.uuid],
    )
    expect((await fetchStatement(file, creator.token)).status).toBe(401)
  })
})

describe('income', () => {
  const INCOME = `query ($from: DateTime!, $to: DateTime!, $by: IncomeBucket!, $timeZone: String) { viewer { earnings {
    income(from: $from, to: $to, by: $by, timeZone: $timeZone) { startsAt endsAt type transactionCount gross { amountMinor } platformFee { amountMinor } net { amountMinor } } } } }`
  const MADE_OF = `query ($from: DateTime!, $to: DateTime!, $type: TransactionType!) { viewer { earnings {
    transactions(from: $from, to: $to, type: $type, first: 100) { nodes { net { amountMinor } gross { amountMinor } } } } } }`
  let star: Person
  beforeAll(async () => {
    star = await provenCreator(world)
    // the hour from two to three, twice, as the clocks go back in Berlin
    for (const at of [
      '2025-10-25T21:59:59.999Z',
      '2025-10-25T22:00:00.000Z',
      '2025-10-26T00:30:00.000Z',
      '2025-10-26T01:30:00.000Z',
    ])
      await sold(star, at)
    const tipped = await sold(star, '2025-10-26T22:30:00.000Z', 700)
    await sold(star, '2025-10-26T22:59:59.999Z', 300, { reverses: tipped })
    await sold(star, '2025-10-26T23:00:00.000Z')
  })
  const ask = async (by: string, timeZone: string, from: string, to: string): Promise<any[]> =>
    (await star.do(INCOME, { by, timeZone, from, to })).viewer.earnings.income as any[]

  it('by days has days of 25 hours, and by hours an hour twice', async () => {
    const days = await ask('DAY', 'Europe/Berlin', '2025-10-20T00:00:00.000Z', '2025-11-01T00:00:00.000Z')
    expect(
      days.map(({ startsAt, endsAt, transactionCount, gross }) => [
        startsAt,
        endsAt,
        transactionCount,
        gross.amountMinor,
      ]),
    ).toEqual([
      ['2025-10-24T22:00:00.000Z', '2025-10-25T22:00:00.000Z', 1, '1000'],
      ['2025-10-25T22:00:00.000Z', '2025-10-26T23:00:00.000Z', 5, '3400'],
      ['2025-10-26T23:00:00.000Z', '2025-10-27T23:00:00.000Z', 1, '1000'],
    ])
    const hours = await ask('HOUR', 'Europe/Berlin', '2025-10-26T00:00:00.000Z', '2025-10-26T02:00:00.000Z')
    expect(hours.map(({ startsAt, endsAt }) => [startsAt, endsAt])).toEqual([
      ['2025-10-26T00:00:00.000Z', '2025-10-26T01:00:00.000Z'],
      ['2025-10-26T01:00:00.000Z', '2025-10-26T02:00:00.000Z'],
    ])
    const quarter = await ask('HOUR', 'Asia/Kathmandu', '2025-10-26T00:00:00.000Z', '2025-10-26T01:00:00.000Z')
    expect(quarter).toMatchObject([{ startsAt: '2025-10-26T00:15:00.000Z', endsAt: '2025-10-26T01:15:00.000Z' }])
    const months = await ask('MONTH', 'America/St_Johns', '2025-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')
    expect(months).toMatchObject([
      { startsAt: '2025-10-01T02:30:00.000Z', endsAt: '2025-11-01T02:30:00.000Z', transactionCount: 7 },
    ])
  })

  it('leads to the transactions that each figure is made of, what went back among them', async () => {
    const days = await ask('DAY', 'Europe/Berlin', '2025-10-20T00:00:00.000Z', '2025-11-01T00:00:00.000Z')
    for (const { startsAt, endsAt, type, transactionCount, net, gross } of days) {
      const { nodes } = (await star.do(MADE_OF, { from: startsAt, to: endsAt, type })).viewer.earnings.transactions
      const sum = (field: 'net' | 'gross'): bigint =>
        (nodes as any[]).reduce((all: bigint, node) => all + BigInt(node[field].amountMinor), 0n)
      expect([nodes.length, sum('net'), sum('gross')]).toEqual([
        transactionCount,
        BigInt(net.amountMinor),
        BigInt(gross.amountMinor),
      ])
    }
    const span = { from: '2025-10-20T00:00:00.000Z', to: '2025-11-01T00:00:00.000Z' }
    const back = (await star.do(MADE_OF, { ...span, type: 'REFUND' })).viewer.earnings.transactions.nodes
    expect(back).toMatchObject([{ gross: { amountMinor: '-300' } }])
    expect((await star.do(MADE_OF, { ...span, type: 'SUBSCRIPTION' })).viewer.earnings.transactions.nodes).toEqual([])
  })

  it('has with a sale what went back of it, and what of that came back, and nothing of other types', async () => {
    const tipped = await sold(star, '2024-03-01T12:00:00.000Z', 700)
    const back = await sold(star, '2024-03-02T12:00:00.000Z', 300, { reverses: tipped })
    await sold(star, '2024-03-03T12:00:00.000Z', -300, { reverses: back })
    const span = { from: '2024-01-01T00:00:00.000Z', to: '2025-01-01T00:00:00.000Z' }
    const amounts = async (type: string): Promise<string[]> =>
      ((await star.do(MADE_OF, { ...span, type })).viewer.earnings.transactions.nodes as any[]).map(
        ({ gross }) => gross.amountMinor as string,
      )
    expect(await amounts('TIP')).toEqual(['300', '-300', '700'])
    expect(await amounts('REFUND')).toEqual(['300', '-300'])
    for (const type of ['SUBSCRIPTION', 'CONTENT_PURCHASE', 'PAYOUT']) expect(await amounts(type)).toEqual([])
  })

  it('is refused for no time, too long a time, and no zone', async () => {
    const refused = async (variables: Record<string, unknown>): Promise<unknown> =>
      (
        await star.request(INCOME, {
          from: '2025-10-26T00:00:00.000Z',
          to: '2025-10-27T00:00:00.000Z',
          by: 'HOUR',
          ...variables,
        })
      ).errors[0]?.extensions['code']
    expect(await refused({})).toBeUndefined()
    expect(await refused({ to: '2025-10-26T00:00:00.000Z' })).toBe('BAD_USER_INPUT')
    expect(await refused({ to: '2025-12-27T00:00:00.000Z' })).toBe('BAD_USER_INPUT')
    expect(await refused({ timeZone: 'CET+1' })).toBe('BAD_USER_INPUT')
  })
})
