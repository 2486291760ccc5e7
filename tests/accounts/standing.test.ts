import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { setAccountStatus, setAccountType } from '../../src/accounts/statuses.js'
import { transaction } from '../../src/lib/db.js'
import type { Viewer } from '../../src/lib/viewer.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { mutate, query } from './calls.js'

let server: TestServer
let world: World
let moderator: Person
let admin: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  moderator = await world.moderator()
  admin = await world.admin()
})
afterEach(() => world.setClock(0))
afterAll(() => server.close())

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()
const setStatus = (
  by: Pick<Person, 'request'>,
  whom: Pick<Person, 'id'>,
  status: string,
  more: Record<string, unknown> = {},
) =>
  mutate(
    by,
    'setAccountStatus',
    { userId: whom.id, status, reason: 'Broke the rules.', ...more },
    'user { username viewerCanSetStatus { isAllowed reason } staffView { status statusReason suspendedUntil } }',
  )
const suspend = (by: Pick<Person, 'request'>, whom: Pick<Person, 'id'>, hours = 1) =>
  setStatus(by, whom, 'SUSPENDED', { suspendedUntil: inHours(hours) })
const setType = (by: Pick<Person, 'request'>, whom: Pick<Person, 'id'>, accountType: string) =>
  mutate(by, 'setAccountType', { userId: whom.id, accountType, reason: 'New duties.' }, 'user { accountType }')
const viewerOf = async (person: Person) =>
  (
    await query(
      person,
      'viewer { status statusReason suspendedUntil isLimited user { accountType } notices { nodes { title body } } }',
    )
  ).viewer

it('suspends: every session ends at once, a new one is limited, and the person reads why', async () => {
  const person = await world.fan()
  const { payload } = await suspend(moderator, person)
  expect(payload.user.staffView).toMatchObject({ status: 'SUSPENDED', statusReason: 'Broke the rules.' })
  expect((await person.request('{ viewer { email } }')).errors[0]?.extensions['reason']).toBe('invalid_token')
  expect((await mutate(world.stranger(), 'refreshSession', { refreshToken: person.refreshToken })).codes).toEqual([
    'REFRESH_INVALID',
  ])
  await server.drain()
  await person.signIn()
  expect(await viewerOf(person)).toMatchObject({
    status: 'SUSPENDED',
    statusReason: 'Broke the rules.',
    isLimited: true,
    notices: { nodes: [{ title: 'Your account is suspended' }] },
  })
  expect((await mutate(person, 'updateProfile', { bio: 'x' })).reason).toBe('account_limited')
  expect((await mutate(person, 'deleteAccount', { password: person.password })).reason).toBe('account_limited')
})

it('lets a suspension end by itself, at the instant, without a job', async () => {
  const person = await world.fan()
  await suspend(moderator, person, 1)
  await world.setClock(3_590_000)
  await person.signIn()
  expect((await viewerOf(person)).isLimited).toBe(true)
  await world.setClock(3_601_000)
  expect(await viewerOf(person)).toMatchObject({
    status: 'ACTIVE',
    isLimited: false,
    statusReason: null,
    suspendedUntil: null,
  })
  expect((await mutate(person, 'updateProfile', { bio: 'back' })).codes).toEqual([])
})

it('bans, reinstates, and goes only the legal ways', async () => {
  const person = await world.fan()
  expect((await setStatus(moderator, person, 'ACTIVE')).codes).toEqual(['STATUS_TRANSITION'])
  expect((await setStatus(moderator, person, 'DELETED')).codes).toEqual(['STATUS_TRANSITION'])
  expect((await suspend(moderator, person, 1)).codes).toEqual([])
  expect((await suspend(moderator, person, 5)).codes).toEqual([])
  expect((await setStatus(moderator, person, 'BANNED')).codes).toEqual([])
  expect((await suspend(moderator, person)).codes).toEqual(['STATUS_TRANSITION'])
  expect((await setStatus(moderator, person, 'BANNED')).codes).toEqual(['STATUS_TRANSITION'])
  const { payload } = await setStatus(moderator, person, 'ACTIVE', { reason: 'It was a mistake.' })
  expect(payload.user.staffView).toMatchObject({ status: 'ACTIVE', suspendedUntil: null })
  await server.drain()
  await person.signIn()
  const titles = (await viewerOf(person)).notices.nodes.map(({ title }) => title)
  expect(titles).toEqual([
    'Your account is in good standing again',
    'Your account is banned',
    'Your account is suspended',
    'Your account is suspended',
  ])
})

it('tells the reason of each decision, which no job carries', async () => {
  const person = await world.fan()
  const { id } = (
    await mutate(
      person,
      'submitAgeVerification',
      { countryCode: 'DE', birthDate: '1990-05-17', documentToken: 'for-people' },
      'ageVerification { id }',
    )
  ).payload.ageVerification
  const input = { ageVerificationId: id, isApproved: false, reason: 'Canary of the document.' }
  await mutate(moderator, 'reviewAgeVerification', input, 'user { id }')
  await setStatus(moderator, person, 'BANNED', { reason: 'Canary of the ban.' })
  await setStatus(moderator, person, 'ACTIVE', { reason: 'Canary of the pardon.' })
  const { rows } = await server.database.owner.query<{ payload: object }>(
    `select payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
     where t.identifier in ('accounts.status_changed', 'accounts.age_reviewed')`,
  )
  expect(rows).toHaveLength(3)
  expect(JSON.stringify(rows)).not.toContain('Canary')
  await server.drain()
  await person.signIn()
  expect((await viewerOf(person)).notices.nodes.map(({ body }) => body)).toEqual([
    'Canary of the pardon.',
    'Reason: Canary of the ban.',
    'Reason: Canary of the document.',
  ])
})

it.each([undefined, '2020-01-01T00:00:00Z', '2099-01-01T00:00:00Z'])(
  'refuses a suspension that ends %s',
  async (suspendedUntil) => {
    const person = await world.fan()
    expect((await setStatus(moderator, person, 'SUSPENDED', { suspendedUntil })).codes).toEqual([
      'SUSPENSION_END_INVALID',
    ])
  },
)

it('refuses an end for what has none, a reason that is none, and ids that are none', async () => {
  const person = await world.fan()
  expect((await setStatus(moderator, person, 'BANNED', { suspendedUntil: inHours(1) })).codes).toEqual([
    'SUSPENSION_END_INVALID',
  ])
  for (const reason of ['', '  x ', 'x'.repeat(501), 'abc\u0007'])
    expect((await setStatus(moderator, person, 'BANNED', { reason })).codes, JSON.stringify(reason)).toEqual([
      'INVALID_INPUT',
    ])
  for (const id of ['', 'x', Buffer.from('User:00000000-0000-4000-8000-000000000000').toString('base64url')])
    expect((await setStatus(moderator, { id }, 'BANNED')).codes, id).toEqual(['NODE_NOT_FOUND'])
})

it('is for staff with a second factor, on others, and on staff only for admins', async () => {
  const [fan, creator, colleague] = [await world.fan(), await world.creator(), await world.moderator()]
  expect((await suspend(world.stranger(), fan)).reason).toBe('not_signed_in')
  expect((await suspend(creator, fan)).reason).toBe('role_required')
  expect((await suspend(await world.staffWithoutSecondFactor(), fan)).reason).toBe('second_factor_required')
  expect((await suspend(moderator, moderator)).reason).toBe('self_action')
  expect((await suspend(moderator, colleague)).reason).toBe('staff_target')
  expect((await suspend(moderator, admin)).reason).toBe('staff_target')
  expect((await suspend(admin, colleague)).codes).toEqual([])
})

it('says beforehand who may', async () => {
  const fan = await world.fan()
  const canSet = async (viewer: Pick<Person, 'request'>, whom: Person) =>
    (
      await query(
        viewer,
        'user(username: $u) { viewerCanSetStatus { isAllowed reason } }',
        { u: whom.username },
        '($u: String!)',
      )
    ).user.viewerCanSetStatus
  expect(await canSet(world.stranger(), fan)).toEqual({ isAllowed: false, reason: 'NOT_SIGNED_IN' })
  expect(await canSet(fan, fan)).toEqual({ isAllowed: false, reason: 'ROLE_REQUIRED' })
  expect(await canSet(moderator, fan)).toEqual({ isAllowed: true, reason: null })
  expect(await canSet(moderator, moderator)).toEqual({ isAllowed: false, reason: 'SELF_ACTION' })
  expect(await canSet(moderator, admin)).toEqual({ isAllowed: false, reason: 'STAFF_TARGET' })
  expect(await canSet(await world.staffWithoutSecondFactor(), fan)).toEqual({
    isAllowed: false,
    reason: 'SECOND_FACTOR_REQUIRED',
  })
})

it('is audited with before, after, reason, actor, session and request', async () => {
  const person = await world.fan()
  await setStatus(moderator, person, 'BANNED')
  const { rows } = await server.database.owner.query<Record<string, unknown>>(
    `select * from audit_logs where user_id = $1 and action = 'account.banned'`,
    [person.uuid],
  )
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({
    category: 'administrative',
    severity: 'high',
    actor_id: moderator.uuid,
    admin_id: moderator.uuid,
    before: { accountStatus: 'ACTIVE' },
    after: { accountStatus: 'BANNED' },
    reason: 'Broke the rules.',
    subject_table: 'users',
    subject_id: person.uuid,
  })
  for (const column of ['session_id', 'request_id', 'ip_hash', 'user_agent'])
    expect(rows[0]?.[column], column).not.toBeNull()
})

it('changes roles: by admins, not their own, and to creator only for those who were', async () => {
  const [fan, creator] = [await world.fan(), await world.creator()]
  expect((await setType(moderator, fan, 'MODERATOR')).reason).toBe('role_required')
  expect((await setType(admin, admin, 'FAN')).reason).toBe('self_action')
  expect((await setType(admin, fan, 'CREATOR')).codes).toEqual(['INVALID_INPUT'])
  expect((await setType(admin, fan, 'MODERATOR')).payload.user.accountType).toBe('MODERATOR')
  expect((await setType(admin, fan, 'MODERATOR')).codes).toEqual([])
  expect((await setType(admin, creator, 'FAN')).payload.user.accountType).toBe('FAN')
  expect((await setType(admin, creator, 'CREATOR')).payload.user.accountType).toBe('CREATOR')
  const { rows } = await server.database.owner.query(
    `select before, after, reason from audit_logs where user_id = $1 and action = 'account.role_changed'`,
    [fan.uuid],
  )
  expect(rows).toEqual([{ before: { accountType: 'FAN' }, after: { accountType: 'MODERATOR' }, reason: 'New duties.' }])
})

it('takes a demoted moderator their powers at once', async () => {
  const demoted = await world.moderator()
  const fan = await world.fan()
  await setType(admin, demoted, 'FAN')
  expect((await suspend(demoted, fan)).reason).toBe('role_required')
  expect((await demoted.request('{ users { nodes { id } } }')).errors[0]?.extensions['reason']).toBe('role_required')
})

it('asks again who acts, once both are held: a viewer of a moment ago may be nobody now', async () => {
  const [actor, fan] = [await world.moderator(), await world.fan()]
  const stale: Viewer = {
    userId: actor.uuid,
    sessionId: '00000000-0000-4000-8000-000000000000',
    role: 'MODERATOR',
    status: 'ACTIVE',
    isLimited: false,
    hasSecondFactor: true,
    authenticatedAt: new Date(),
    isAgeVerified: false,
  }
  await setType(admin, actor, 'FAN')
  const origin = { db: server.database.db, actorId: actor.uuid, sessionId: null, requestId: 'r' }
  const decision = { userId: fan.uuid, status: 'BANNED', reason: 'Broke the rules.', suspendedUntil: null } as const
  await expect(transaction(origin, (tx, now) => setAccountStatus(tx, stale, decision, now))).rejects.toMatchObject({
    reason: 'role_required',
  })
})

it('leaves one admin of two who take each other away at the same time', async () => {
  const [one, two] = [await world.admin({}), await world.admin({})]
  const asViewer = ({ uuid }: Person): Viewer => ({
    userId: uuid,
    sessionId: '00000000-0000-4000-8000-000000000000',
    role: 'ADMIN',
    status: 'ACTIVE',
    isLimited: false,
    hasSecondFactor: true,
    authenticatedAt: new Date(),
    isAgeVerified: false,
  })
  const demote = (by: Person, whom: Person) =>
    transaction({ db: server.database.db, actorId: by.uuid, sessionId: null, requestId: 'r' }, (tx, now) =>
      setAccountType(tx, asViewer(by), { userId: whom.uuid, accountType: 'FAN', reason: 'Enough.' }, now),
    )
  const outcomes = await Promise.allSettled([demote(one, two), demote(two, one)])
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})
