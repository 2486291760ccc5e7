import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { jobs } from '../../src/accounts/jobs.js'
import { eraseAccountsJob } from '../../src/accounts/types.js'
import { provenCreator } from '../content/posts.js'
import { balances, saveCard, tip, topUp } from '../payments/paying.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { mutate, query } from './calls.js'

const DAY_MS = 86_400_000
let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterEach(() => world.setClock(0))
afterAll(() => server.close())

const remove = (person: Person, more: Record<string, unknown> = {}) =>
  mutate(person, 'deleteAccount', { password: person.password, ...more }, 'purgeAfter viewer { status isLimited }')
const restore = (person: Person) => mutate(person, 'restoreAccount', {}, 'viewer { status isLimited }')
const erase = () => jobs.find(({ name }) => name === eraseAccountsJob)?.run({}, server.jobs, '1')
const nodeOf = async (viewer: Pick<Person, 'request'>, { id }: Person) =>
  (
    await query(
      viewer,
      'node(id: $id) { ... on User { username displayName isDeleted profile { bio version } } }',
      { id },
      '($id: ID!)',
    )
  ).node
const pageOf = async (viewer: Pick<Person, 'request'>, { username }: Person) =>
  (await query(viewer, 'user(username: $u) { username displayName profile { bio } }', { u: username }, '($u: String!)'))
    .user

it('asks for the password, and for a code where a second factor is confirmed', async () => {
  const person = await world.fan()
  expect((await remove(person, { password: 'not-the-password' })).codes).toEqual(['WRONG_PASSWORD'])
  const moderator = await world.moderator()
  expect((await remove(moderator)).codes).toEqual(['CODE_REQUIRED'])
  expect((await remove(moderator, { code: '000000' })).codes).toEqual(['WRONG_CODE'])
  await world.setClock(60_000)
  expect((await remove(moderator, { code: await moderator.code() })).codes).toEqual([])
})

it('closes the account: this session becomes limited, others end, others see a shell', async () => {
  const person = await world.fan({ displayName: 'Once Here' })
  await mutate(person, 'updateProfile', { bio: 'Here I am.' })
  const elsewhere = await person.elsewhere()
  const [viewer, moderator] = [await world.fan(), await world.moderator()]
  const { payload } = await remove(person)
  expect(payload.viewer).toEqual({ status: 'DELETED', isLimited: true })
  expect(new Date(payload.purgeAfter).getTime() - (await server.now()).getTime()).toBeGreaterThan(30 * DAY_MS - 60_000)
  expect((await elsewhere.request('{ viewer { email } }')).errors[0]?.extensions['reason']).toBe('invalid_token')
  expect((await mutate(person, 'updateProfile', { bio: 'x' })).reason).toBe('account_limited')
  expect(await pageOf(viewer, person)).toBeNull()
  expect(await nodeOf(viewer, person)).toEqual({
    username: '[deleted]',
    displayName: '[deleted]',
    isDeleted: true,
    profile: { bio: null, version: 0 },
  })
  expect(await nodeOf(moderator, person)).toMatchObject({ displayName: 'Once Here', profile: { bio: 'Here I am.' } })
  const found = (await query(moderator, `users(filter: { text: "once here" }) { nodes { username } }`)).users.nodes
  expect(found).toEqual([])
  const deleted = (
    await query(moderator, `users(filter: { text: "once here", status: DELETED }) { nodes { username } }`)
  ).users.nodes
  expect(deleted).toEqual([{ username: person.username }])
  await server.drain()
  expect((await server.mails.newestTo(person.email)).subject).toBe('Your account was deleted')
})

it('closes it to what follows in the same document', async () => {
  const person = await world.fan()
  const { data, errors } = await person.request<Record<string, unknown>>(
    `mutation ($password: String!) {
      deleteAccount(input: { password: $password }) { purgeAfter }
      updateProfile(input: { bio: "too late" }) { user { id } }
    }`,
    { password: person.password },
  )
  expect(data?.['deleteAccount']).not.toBeNull()
  expect(errors.map(({ extensions }) => extensions['reason'])).toEqual(['account_limited'])
})

it('reserves the username and the address while it can come back', async () => {
  const person = await world.fan()
  await remove(person)
  const input = { username: person.username, email: 'other@example.org', password: person.password }
  expect((await mutate(world.stranger(), 'register', input)).codes).toEqual(['USERNAME_TAKEN'])
  expect(
    (await mutate(world.stranger(), 'register', { ...input, username: 'quite.other', email: person.email })).codes,
  ).toEqual(['EMAIL_TAKEN'])
})

it('comes back exactly as it was, by the limited session or a new one', async () => {
  const person = await world.creator({ displayName: 'Back Again' })
  await mutate(person, 'updateProfile', { bio: 'As before.', location: { city: 'Kassel' } })
  const before = await nodeOf(person, person)
  await remove(person)
  await world.setClock(29 * DAY_MS)
  await person.signIn()
  expect((await restore(person)).payload.viewer).toEqual({ status: 'ACTIVE', isLimited: false })
  expect((await restore(person)).codes).toEqual([])
  expect(await nodeOf(person, person)).toEqual(before)
  expect(await pageOf(world.stranger(), person)).toMatchObject({ displayName: 'Back Again' })
  await erase()
  expect(await pageOf(world.stranger(), person)).not.toBeNull()
})

it('does not come back after 30 days, nor from a ban', async () => {
  const person = await world.fan()
  await remove(person)
  await world.setClock(30 * DAY_MS + 60_000)
  await person.signIn()
  expect((await restore(person)).codes).toEqual(['RESTORE_EXPIRED'])
  await world.setClock(0)
  const banned = await world.fan()
  await mutate(await world.moderator(), 'setAccountStatus', {
    userId: banned.id,
    status: 'BANNED',
    reason: 'Broke the rules.',
  })
  await banned.signIn()
  expect((await restore(banned)).codes).toEqual(['NOT_DELETED'])
})

it('cannot be touched by staff while it is deleted', async () => {
  const person = await world.fan()
  await remove(person)
  expect(
    (
      await mutate(await world.moderator(), 'setAccountStatus', {
        userId: person.id,
        status: 'BANNED',
        reason: 'Broke the rules.',
      })
    ).codes,
  ).toEqual(['STATUS_TRANSITION'])
})

it('erases after 30 days: keys destroyed, rows gone, the name nobody else’s, the audit trail kept', async () => {
  const person = await world.fan({ displayName: 'Gone Soon' })
  await mutate(person, 'updateProfile', { bio: 'Bio canary', legalName: 'Legal Canary', phone: '+4915100000000' })
  await remove(person)
  await world.setClock(30 * DAY_MS + 60_000)
  await erase()
  const { owner } = server.database
  const { rows } = await owner.query<{ username: string; erased_at: Date | null }>(
    'select * from users where id = $1',
    [person.uuid],
  )
  expect(rows[0]).toMatchObject({
    display_name: '[deleted]',
    email: null,
    email_index: null,
    password_hash: null,
    account_status: 'deleted',
  })
  expect(rows[0]?.username).toMatch(/^erased\./)
  expect(rows[0]?.erased_at).not.toBeNull()
  const keys = await owner.query('select wrapped_key from user_keys where user_id = $1', [person.uuid])
  expect(keys.rows).toEqual([{ wrapped_key: null }])
  for (const table of ['user_profiles', 'user_sessions', 'one_time_tokens', 'notifications'])
    expect((await owner.query(`select from ${table} where user_id = $1`, [person.uuid])).rowCount, table).toBe(0)
  expect(
    (await owner.query(`select from audit_logs where user_id = $1 and action = 'account.erased'`, [person.uuid]))
      .rowCount,
  ).toBe(1)
  const stranger = world.stranger()
  expect(
    (await mutate(stranger, 'register', { username: person.username, email: person.email, password: person.password }))
      .codes,
  ).toEqual(['USERNAME_TAKEN'])
  expect(
    (
      await mutate(stranger, 'register', {
        username: `n${person.uuid.slice(0, 8)}`,
        email: person.email,
        password: person.password,
      })
    ).codes,
  ).toEqual([])
  expect(await nodeOf(stranger, person)).toMatchObject({ username: '[deleted]', isDeleted: true })
  await erase()
})

it('keeps the last admin, also of two who leave at the same time', async () => {
  const { owner } = server.database
  await owner.query(`update users set account_type = 'fan' where account_type = 'admin'`)
  const [one, two] = [await world.admin({}), await world.admin({})]
  await world.setClock(60_000)
  const outcomes = await Promise.all([remove(one, { code: await one.code() }), remove(two, { code: await two.code() })])
  expect(outcomes.flatMap(({ codes }) => codes)).toEqual(['LAST_ADMIN'])
})

it('gives up money that is left only where they say so, and keeps it for who comes back', async () => {
  const [fan, creator, quiet] = [await world.fan(), await provenCreator(world), await provenCreator(world)]
  await saveCard(fan)
  await topUp(fan, '2500')
  await tip(fan, creator, { payWith: { useWallet: true } })
  await tip(fan, quiet, { isAnonymous: true })
  for (const person of [fan, creator]) {
    expect((await remove(person)).codes).toEqual(['MONEY_LEFT'])
    expect((await remove(person, { forfeitsMoney: true })).codes).toEqual([])
  }
  // what is not shown yet of who stays unnamed is not told of by a refusal either
  expect((await remove(quiet)).codes).toEqual([])
  await restore(fan)
  expect((await query(fan, 'viewer { wallets { balance { amountMinor } } }')).viewer.wallets).toEqual([
    { balance: { amountMinor: '2000' } },
  ])
  expect((await balances(server))['wallet']).toBe(2000)
})

it('is audited', async () => {
  const person = await world.fan()
  await remove(person)
  await restore(person)
  const { rows } = await server.database.owner.query(
    `select action, before ->> 'accountStatus' as before, after ->> 'accountStatus' as after from audit_logs
     where user_id = $1 and action in ('account.deleted', 'account.restored') order by created_at`,
    [person.uuid],
  )
  expect(rows).toEqual([
    { action: 'account.deleted', before: 'ACTIVE', after: 'DELETED' },
    { action: 'account.restored', before: 'DELETED', after: 'ACTIVE' },
  ])
})
