import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provenCreator } from '../content/posts.js'
import { ERRORS, newKey, sandboxOf, saveCard, tip } from '../payments/paying.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

const ADD = `mutation ($input: AddPayoutAccountInput!) { addPayoutAccount(input: $input) { payoutAccount { id state isDefault } onboardingUrl replayed ${ERRORS} } }`
const REMOVE = `mutation ($input: RemovePayoutAccountInput!) { removePayoutAccount(input: $input) { removedPayoutAccountId ${ERRORS} } }`
const SET_DEFAULT = `mutation ($input: SetDefaultPayoutAccountInput!) { setDefaultPayoutAccount(input: $input) { payoutAccount { id isDefault } ${ERRORS} } }`
const REQUEST = `mutation ($input: RequestPayoutInput!) { requestPayout(input: $input) { payout { id state } ${ERRORS} } }`
const DECIDE = `mutation ($input: DecidePayoutInput!) { decidePayout(input: $input) { payout { state } ${ERRORS} } }`
const HOLD = `mutation ($input: HoldPayoutsInput!) { holdPayouts(input: $input) { hold { id } replayed ${ERRORS} } }`
const ACCOUNTS = `{ viewer { payoutAccounts { id isDefault state } } }`

let server: TestServer
let world: World
let creator: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

const rows = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await server.database.owner.query<Row>(text, values)).rows
const add = async (who: Person, countryCode = 'DE'): Promise<string> =>
  (await who.do(ADD, { input: { countryCode, returnUrl: 'https://app.example.com/back', idempotencyKey: newKey() } }))
    .addPayoutAccount.payoutAccount.id as string
const accountsOf = async (who: Person): Promise<[string, boolean][]> =>
  (await who.do(ACCOUNTS)).viewer.payoutAccounts.map(({ id, isDefault }: any) => [id, isDefault])
const actionsOn = async (prefix: string): Promise<string[]> =>
  (
    await rows<{ action: string }>(
      `select action from audit_logs where action like $1 and user_id = $2 order by created_at`,
      [`${prefix}%`, creator.uuid],
    )
  ).map(({ action }) => action)
const codes = ({ data }: { data: any }, name: string): string[] => data[name].userErrors.map(({ code }: any) => code)

describe('destinations', () => {
  it('are kept once and told of once, however often the same is asked', async () => {
    const person = await provenCreator(world)
    const input = { countryCode: 'DE', returnUrl: 'https://app.example.com/back', idempotencyKey: newKey() }
    const ids = [await person.do(ADD, { input }), await person.do(ADD, { input })].map(
      ({ addPayoutAccount }) => addPayoutAccount.payoutAccount.id as string,
    )
    expect(ids[1]).toBe(ids[0])
    const [{ n } = { n: 0 }] = await rows<{ n: number }>(
      `select count(*)::int as n from audit_logs where action = 'payout_account.added' and user_id = $1`,
      [person.uuid],
    )
    expect(n).toBe(1)
  })

  it('are another request where anything of it is another', async () => {
    const person = await provenCreator(world)
    const input = { countryCode: 'DE', returnUrl: 'https://app.example.com/back', idempotencyKey: newKey() }
    await person.do(ADD, { input })
    for (const change of [{ countryCode: 'FR' }, { returnUrl: 'https://app.example.com/other' }])
      expect(codes(await person.request(ADD, { input: { ...input, ...change } }), 'addPayoutAccount')).toEqual([
        'IDEMPOTENCY_MISMATCH',
      ])
    expect(await accountsOf(person)).toHaveLength(1)
  })

  it('are answered again with where the processor asks, also where no more than they may be kept', async () => {
    const person = await provenCreator(world)
    const input = { countryCode: 'NO', returnUrl: 'https://app.example.com/back', idempotencyKey: newKey() }
    const first = (await person.do(ADD, { input })).addPayoutAccount
    expect(first).toMatchObject({ onboardingUrl: expect.stringContaining('/onboarding/'), replayed: false })
    for (let count = 1; count < 5; count += 1) await add(person)
    expect((await person.do(ADD, { input })).addPayoutAccount).toEqual({ ...first, replayed: true })
  })

  it('have one default, which is the first until another is chosen, and the oldest left when it is removed', async () => {
    creator = await provenCreator(world)
    const [first, second, third] = [await add(creator), await add(creator), await add(creator)]
    expect(await accountsOf(creator)).toEqual([
      [first, true],
      [second, false],
      [third, false],
    ])
    const chosen = await creator.do(SET_DEFAULT, { input: { payoutAccountId: third } })
    expect(chosen.setDefaultPayoutAccount.payoutAccount).toEqual({ id: third, isDefault: true })
    await creator.do(SET_DEFAULT, { input: { payoutAccountId: third } })
    expect(await accountsOf(creator)).toEqual([
      [third, true],
      [first, false],
      [second, false],
    ])
    const removed = await creator.do(REMOVE, { input: { payoutAccountId: third } })
    expect(removed.removePayoutAccount.removedPayoutAccountId).toBe(third)
    expect(await accountsOf(creator)).toEqual([
      [first, true],
      [second, false],
    ])
    for (const document of [REMOVE, SET_DEFAULT]) {
      const again = await creator.request(document, { input: { payoutAccountId: third } })
      expect(Object.values(again.data ?? {})[0]).toMatchObject({ userErrors: [{ code: 'NODE_NOT_FOUND' }] })
    }
    expect((await creator.do(`query ($id: ID!) { node(id: $id) { id } }`, { id: first })).node).toEqual({ id: first })
    expect(await actionsOn('payout_account.')).toEqual([
      ...Array.from({ length: 3 }, () => 'payout_account.added'),
      'payout_account.made_default',
      'payout_account.made_default',
      'payout_account.removed',
    ])
  })

  it('are their owner’s alone to choose and to remove', async () => {
    const other = await provenCreator(world)
    const [[id]] = (await accountsOf(creator)) as [[string, boolean]]
    expect(codes(await other.request(REMOVE, { input: { payoutAccountId: id } }), 'removePayoutAccount')).toEqual([
      'NODE_NOT_FOUND',
    ])
    expect(
      codes(await other.request(SET_DEFAULT, { input: { payoutAccountId: id } }), 'setDefaultPayoutAccount'),
    ).toEqual(['NODE_NOT_FOUND'])
    expect((await accountsOf(creator))[0]).toEqual([id, true])
  })

  it('chosen by many at once are one default', async () => {
    const all = (await accountsOf(creator)).map(([id]) => id)
    await Promise.all(
      [...all, ...all, ...all].map((payoutAccountId) => creator.request(SET_DEFAULT, { input: { payoutAccountId } })),
    )
    expect((await accountsOf(creator)).filter(([, isDefault]) => isDefault)).toHaveLength(1)
  })

  it('are removed once, by two who ask at once, and leave the oldest for the default', async () => {
    const all = await accountsOf(creator)
    const removed = all.find(([, isDefault]) => isDefault)![0]
    const answers = await Promise.all(
      [1, 2].map(() => creator.request(REMOVE, { input: { payoutAccountId: removed } })),
    )
    expect(answers.flatMap((answer) => codes(answer, 'removePayoutAccount'))).toEqual(['NODE_NOT_FOUND'])
    expect((await actionsOn('payout_account.removed')).length).toBe(2)
    const left = await accountsOf(creator)
    expect(left.map(([id]) => id).sort()).toEqual(
      all
        .map(([id]) => id)
        .filter((id) => id !== removed)
        .sort(),
    )
    expect(left.filter(([, isDefault]) => isDefault)).toHaveLength(1)
  })

  it('stand as the processor says, which the trail keeps once per change', async () => {
    creator = await provenCreator(world)
    await add(creator, 'NO')
    const [account] = await rows<{ reference: string }>(`select reference from payout_accounts where creator_id = $1`, [
      creator.uuid,
    ])
    for (const state of ['VERIFIED', 'VERIFIED', 'DISABLED'] as const) {
      await sandboxOf(server).setPayoutAccount(account!.reference, state)
      await server.drain()
    }
    expect((await creator.do(ACCOUNTS)).viewer.payoutAccounts).toMatchObject([{ state: 'DISABLED' }])
    expect(await actionsOn('payout_account.')).toEqual([
      'payout_account.added',
      'payout_account.verified',
      'payout_account.disabled',
    ])
  })
})

describe('a payout that waits for a second person', () => {
  it('is decided once, also by two at once', async () => {
    creator = await provenCreator(world)
    await add(creator)
    const fan = await world.fan()
    await saveCard(fan)
    for (let count = 0; count < 2; count += 1) await tip(fan, creator, { amountMinor: '100000' })
    await server.database.owner.query(`set session_replication_role = replica`)
    await server.database.owner.query(`update ledger_entries set available_at = now() where available_at is not null`)
    await server.database.owner.query(`set session_replication_role = origin`)
    const { requestPayout } = await creator.do(REQUEST, { input: { idempotencyKey: newKey() } })
    expect(requestPayout.payout.state).toBe('AWAITING_APPROVAL')
    const admins = [await world.admin(), await world.admin(), await world.admin()]
    const answers = await Promise.all(
      admins.map((admin, place) =>
        admin.request(DECIDE, {
          input: { payoutId: requestPayout.payout.id, isApproved: place !== 1, reason: 'Looked at.' },
        }),
      ),
    )
    expect(answers.flatMap((answer) => codes(answer, 'decidePayout'))).toEqual(['PAYOUT_STATE', 'PAYOUT_STATE'])
    const decided = (await actionsOn('payout.')).filter(
      (action) => action === 'payout.approved' || action === 'payout.refused',
    )
    expect(decided).toHaveLength(1)
  })
})

describe('a hold', () => {
  it('asked for again under its key is the same hold', async () => {
    const admin = await world.admin()
    const input = {
      creatorId: creator.id,
      amountMinor: '500',
      reason: 'We look at a complaint.',
      idempotencyKey: newKey(),
    }
    const [one, two] = await Promise.all([admin.do(HOLD, { input }), admin.do(HOLD, { input })])
    expect(one.holdPayouts.hold.id).toBe(two.holdPayouts.hold.id)
    expect([one.holdPayouts.replayed, two.holdPayouts.replayed].sort()).toEqual([false, true])
    const { viewer } = await creator.do(`{ viewer { payoutHolds { id } } }`)
    expect(viewer.payoutHolds).toEqual([{ id: one.holdPayouts.hold.id }])
    const other = await admin.request(HOLD, { input: { ...input, amountMinor: '600' } })
    expect(codes(other, 'holdPayouts')).toEqual(['IDEMPOTENCY_MISMATCH'])
  })
})
