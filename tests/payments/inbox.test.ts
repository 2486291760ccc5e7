import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provenCreator } from '../content/posts.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { disputedPurchase, post, sign, tell } from './histories.js'
import type { History } from './histories.js'
import { runLater } from './paying.js'

let server: TestServer
let world: World
let creator: Person
let admin: Person
let history: History
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  admin = await world.admin()
  history = await disputedPurchase(server, world, creator, 'WON')
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

const kept = async (): Promise<number> =>
  Number((await server.database.owner.query('select count(*) from webhook_events')).rows[0].count)
const succeeded = (): string => history.messages.find(({ type }) => type === 'charge.succeeded')!.body
const list = async (states: string[]): Promise<any[]> => {
  const { webhookEvents } = await admin.do(
    `query ($states: [WebhookEventState!]) { webhookEvents(states: $states) { nodes { id type state attemptCount lastError payload } } }`,
    { states },
  )
  return webhookEvents.nodes as any[]
}
const replay = (id: string) =>
  admin.request(
    `mutation ($id: ID!) { replayWebhookEvent(input: { webhookEventId: $id }) { webhookEvent { state } userErrors { code } } }`,
    { id },
  )

describe('a message of the processor', () => {
  it.each([
    ['without a signature', () => ({})],
    ['with a malformed one', () => ({ 'sandbox-signature': 'nonsense' })],
    ['signed by somebody else', (at: Date) => ({ 'sandbox-signature': sign(succeeded(), at, 'x'.repeat(43)) })],
    ['signed for another body', (at: Date) => ({ 'sandbox-signature': sign(`${succeeded()} `, at) })],
    [
      'signed six minutes ago',
      (at: Date) => ({ 'sandbox-signature': sign(succeeded(), new Date(at.getTime() - 360_000)) }),
    ],
    [
      'signed six minutes ahead',
      (at: Date) => ({ 'sandbox-signature': sign(succeeded(), new Date(at.getTime() + 360_000)) }),
    ],
  ] satisfies [string, (at: Date) => Record<string, string>][])('%s is refused and not kept', async (_, headersAt) => {
    const before = await kept()
    const { status, body } = await post(server, succeeded(), headersAt(await server.now()))
    expect(status).toBe(400)
    expect(body).toMatch(/signature is (missing|malformed|wrong|stale)/)
    expect(await kept()).toBe(before)
  })

  it('of another processor, or too large, is refused', async () => {
    expect((await post(server, '{}', {}, 'stripe')).status).toBe(404)
    expect((await post(server, 'x'.repeat(600_000), {})).status).toBe(413)
  })

  it('that is no message, though signed, is refused and not kept', async () => {
    const before = await kept()
    for (const body of ['', 'null', '[]', '{}', 'hello', '{"id":1}', '\u0000']) {
      const answer = await post(server, body, { 'sandbox-signature': sign(body, await server.now()) })
      expect(answer.status).toBe(400)
      expect(answer.body).toContain('The message is no event: it ')
    }
    expect(await kept()).toBe(before)
  })

  it.each([
    ['an id with NUL', { id: 'evt_\0' }, 'its id has not 1 to 200 characters'],
    ['an id of 5,000 characters', { id: 'e'.repeat(5_000) }, 'its id has not 1 to 200 characters'],
    ['no id', { id: '' }, 'its id has not 1 to 200 characters'],
    ['a type of 101 characters', { type: 't'.repeat(101) }, 'its type has not 1 to 100 characters'],
    ['an object with a long id', { object: { id: 'o'.repeat(201) } }, 'its object’s id has not'],
    ['no time', { createdAt: 'soon' }, 'it does not say when'],
    ['NUL deep within', { more: [{ text: 'a\0' }] }, 'its text has NUL'],
    ['half a character', { more: '\ud83d' }, 'its text has NUL or half a character'],
  ])('with %s, though signed, is refused with a reason and not kept', async (_, change, reason) => {
    const before = await kept()
    const body = JSON.stringify({ ...(JSON.parse(succeeded()) as object), ...change })
    const answer = await post(server, body, { 'sandbox-signature': sign(body, await server.now()) })
    expect(answer.status).toBe(400)
    expect((JSON.parse(answer.body) as { error: string }).error).toContain(`The message is no event: ${reason}`)
    expect(await kept()).toBe(before)
  })

  it('of a type that nobody knows is kept as UNKNOWN and does nothing', async () => {
    const message = JSON.parse(succeeded()) as object
    const id = 'evt_of_the_moon'
    const text = 'a backslash and \\u0000, and 🌕'
    await tell(server, { type: '', body: JSON.stringify({ ...message, id, type: 'moon.landed', text }) })
    await server.drain()
    expect(await list(['UNKNOWN'])).toMatchObject([{ type: 'moon.landed', attemptCount: 1, payload: { id, text } }])
    expect(await list(['PROCESSED'])).toEqual([])
  })

  it('that comes before what it speaks of waits, is not lost, and takes effect once', async () => {
    const refund = history.messages.find(({ type }) => type.startsWith('refund'))!
    expect(await tell(server, refund)).toBe(200)
    await server.drain()
    expect(await list(['PARKED'])).toMatchObject([{ attemptCount: 1 }])
    for (let time = 0; time < 3; time += 1) expect(await tell(server, { type: '', body: succeeded() })).toBe(200)
    await runLater(server)
    expect(await list(['PARKED'])).toEqual([])
    const { rows } = await server.database.owner.query(
      `select type::text as type, gross_amount::int as gross from transactions where payer_id = $1 order by gross desc`,
      [history.buyer.uuid],
    )
    expect(rows).toEqual([
      { type: 'content_purchase', gross: 999 },
      { type: 'refund', gross: -333 },
    ])
  })

  it('that was sent a hundred times at once is kept once', async () => {
    const dispute = history.messages.find(({ type }) => type.includes('dispute'))!
    const before = await kept()
    const answers = await Promise.all(Array.from({ length: 100 }, () => tell(server, dispute)))
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(await kept()).toBe(before + 1)
    await server.drain()
    const { rows } = await server.database.owner.query(
      `select count(*)::int as count from transactions where payer_id = $1 and reason = 'dispute'`,
      [history.buyer.uuid],
    )
    expect(rows).toEqual([{ count: 1 }])
  })

  it('that speaks of what is nowhere is given up in the end, and can be replayed by an admin', async () => {
    const message = JSON.parse(succeeded()) as { id: string; object: { id: string; data: { intentId: string } } }
    message.id = 'evt_of_nothing'
    message.object.id = 'ch_of_nothing'
    message.object.data.intentId = 'no uuid at all'
    await tell(server, { type: '', body: JSON.stringify(message) })
    for (let round = 0; round < 10; round += 1) await runLater(server)
    const [dead] = await list(['DEAD'])
    expect(dead).toMatchObject({ state: 'DEAD', lastError: expect.stringContaining('no payment') })
    expect((await replay(dead.id)).data?.['replayWebhookEvent']).toMatchObject({
      webhookEvent: { state: 'RECEIVED' },
      userErrors: [],
    })
    await server.drain()
    expect((await list(['DEAD']))[0].attemptCount).toBe(Number(dead.attemptCount) + 1)
    const { rows } = await server.database.owner.query(
      `select count(*)::int as count from audit_logs where action = 'webhook.replayed'`,
    )
    expect(rows).toEqual([{ count: 1 }])
  })

  it('that took effect is not replayed', async () => {
    const [done] = await list(['PROCESSED'])
    expect((await replay(done.id)).data?.['replayWebhookEvent'].userErrors).toEqual([{ code: 'WEBHOOK_PROCESSED' }])
  })
})
