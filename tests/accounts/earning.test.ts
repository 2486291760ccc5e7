import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { submitAgeVerification } from '../../src/accounts/age-verifications.js'
import { jobs } from '../../src/accounts/jobs.js'
import { expireAgeVerificationsJob } from '../../src/accounts/types.js'
import type { Viewer } from '../../src/lib/viewer.js'
import { authenticate } from '../../src/sessions/sessions.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { mutate, query } from './calls.js'

let server: TestServer
let world: World
let moderator: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  moderator = await world.moderator()
})
afterEach(() => world.setClock(0))
afterAll(() => server.close())

const ADULT = { countryCode: 'DE', birthDate: '1990-05-17' }
const submit = (person: Person, documentToken: string, more: Record<string, unknown> = {}) =>
  mutate(
    person,
    'submitAgeVerification',
    { ...ADULT, documentToken, ...more },
    'ageVerification { id status provider rejectionReason expiresAt } replayed',
  )
const become = (person: Person, currency: string, subscriptionPriceMinor?: string) =>
  mutate(
    person,
    'becomeCreator',
    { currency, subscriptionPriceMinor },
    'user { accountType subscriptionPrice { amountMinor currency formatted } }',
  )
const review = (by: Pick<Person, 'request'>, ageVerificationId: string, isApproved: boolean) =>
  mutate(
    by,
    'reviewAgeVerification',
    { ageVerificationId, isApproved, reason: 'Looked at the document.' },
    'ageVerification { status rejectionReason } user { isAgeVerified }',
  )
const isVerified = async (person: Person): Promise<boolean> =>
  (await query(person, 'viewer { user { isAgeVerified } }')).viewer.user.isAgeVerified
const noticesOf = async (person: Person) => {
  await server.drain()
  return (await query(person, 'viewer { notices { nodes { title } } }')).viewer.notices.nodes.map(({ title }) => title)
}

it('verifies by the provider, keeps a hash of the proof and neither date nor token', async () => {
  const person = await world.fan()
  expect((await submit(person, 'sandbox-approve')).payload.ageVerification).toMatchObject({
    status: 'APPROVED',
    provider: 'sandbox',
  })
  expect(await isVerified(person)).toBe(true)
  expect(await noticesOf(person)).toEqual(['Your age is verified'])
  const { rows } = await server.database.owner.query<{ proof_hash: Buffer }>(
    'select * from age_verifications where user_id = $1',
    [person.uuid],
  )
  expect(rows[0]?.proof_hash).toHaveLength(32)
  expect(JSON.stringify(rows)).not.toMatch(/1990|sandbox-approve/)
  expect((await submit(person, 'sandbox-approve')).codes).toEqual(['AGE_ALREADY_VERIFIED'])
})

it('refuses by the provider, says why, and lets the person try again', async () => {
  const person = await world.fan()
  const { payload } = await submit(person, 'sandbox-reject')
  expect(payload.ageVerification).toMatchObject({
    status: 'REJECTED',
    rejectionReason: 'The document does not show an adult.',
    expiresAt: null,
  })
  expect(await isVerified(person)).toBe(false)
  expect((await submit(person, 'sandbox-approve')).payload.ageVerification.status).toBe('APPROVED')
})

it.each([
  ['UNDERAGE', { birthDate: '2015-01-01' }],
  ['INVALID_INPUT', { birthDate: '1800-01-01' }],
  ['INVALID_INPUT', { documentToken: '' }],
  ['INVALID_INPUT', { documentToken: 'x'.repeat(201) }],
])('refuses with %s', async (code, input) => {
  expect((await submit(await world.fan(), 'sandbox-approve', input)).codes).toEqual([code])
})

it('leaves to staff what the provider will not say; they decide once, and never for themselves', async () => {
  const person = await world.fan()
  const { id, status } = (await submit(person, 'sandbox-review')).payload.ageVerification
  expect(status).toBe('PENDING')
  expect((await submit(person, 'sandbox-approve')).codes).toEqual(['AGE_ALREADY_VERIFIED'])
  expect((await review(person, id, true)).reason).toBe('role_required')
  const outcomes = await Promise.all([review(moderator, id, true), review(moderator, id, true)])
  expect(outcomes.flatMap(({ codes }) => codes)).toEqual(['NOT_PENDING'])
  expect(await isVerified(person)).toBe(true)
  expect(await noticesOf(person)).toEqual(['Your age is verified'])
  const own = (await submit(moderator, 'sandbox-review')).payload.ageVerification.id
  expect((await review(moderator, own, true)).reason).toBe('self_action')
  const { rows } = await server.database.owner.query(
    `select actor_id, admin_id, reason, category from audit_logs where action = 'age_verification.approved' and user_id = $1`,
    [person.uuid],
  )
  expect(rows).toEqual([
    {
      actor_id: moderator.uuid,
      admin_id: moderator.uuid,
      reason: 'Looked at the document.',
      category: 'administrative',
    },
  ])
})

it('rejects by staff with a reason that the person reads', async () => {
  const person = await world.fan()
  const { id } = (await submit(person, 'sandbox-review')).payload.ageVerification
  expect((await review(moderator, id, false)).payload).toMatchObject({
    ageVerification: { status: 'REJECTED', rejectionReason: 'Looked at the document.' },
    user: { isAgeVerified: false },
  })
  expect(
    (await query(person, 'viewer { ageVerification { rejectionReason } }')).viewer.ageVerification.rejectionReason,
  ).toBe('Looked at the document.')
})

it('asks the provider once for a retry under the same key, and makes one attempt of two at the same time', async () => {
  const person = await world.fan()
  const first = await submit(person, 'sandbox-review', { idempotencyKey: 'k1' })
  const again = await submit(person, 'sandbox-review', { idempotencyKey: 'k1' })
  expect([first.payload.replayed, again.payload.replayed]).toEqual([false, true])
  expect(again.payload.ageVerification.id).toBe(first.payload.ageVerification.id)
  expect((await submit(person, 'sandbox-approve', { idempotencyKey: 'k1' })).codes).toEqual(['IDEMPOTENCY_MISMATCH'])
  const other = await world.fan()
  const outcomes = await Promise.all([submit(other, 'sandbox-review'), submit(other, 'sandbox-review')])
  expect(outcomes.flatMap(({ codes }) => codes)).toEqual(['AGE_ALREADY_VERIFIED'])
})

it('leaves an attempt to staff when the provider fails', async () => {
  const person = await world.fan()
  const viewer: Viewer = {
    userId: person.uuid,
    sessionId: '00000000-0000-4000-8000-000000000000',
    role: 'FAN',
    status: 'ACTIVE',
    isLimited: false,
    hasSecondFactor: false,
    authenticatedAt: new Date(),
    isAgeVerified: false,
  }
  const { database, limiter } = server.services
  const request = {
    db: database.db,
    actorId: person.uuid,
    sessionId: null,
    requestId: 'r',
    limiter,
    client: { ip: '192.0.2.1', userAgent: '' },
    now: new Date(),
  }
  const broken = { name: 'broken', check: () => Promise.reject(new Error('down')) }
  await submitAgeVerification(request, viewer, broken, { ...ADULT, documentToken: 'x', idempotencyKey: null })
  expect((await query(person, 'viewer { ageVerification { status provider } }')).viewer.ageVerification).toEqual({
    status: 'PENDING',
    provider: 'broken',
  })
})

it('lets an approval end after two years, at the instant: what it opened is closed without any job', async () => {
  const [person, creator, other] = [await world.fan(), await world.creator(), await world.fan()]
  for (const each of [person, creator]) await submit(each, 'sandbox-approve')
  expect((await become(creator, 'EUR', '500')).codes).toEqual([])
  const page = (by: Pick<Person, 'request'>) =>
    query(by, `user(username: "${creator.username}") { isAgeVerified subscriptionPrice { amountMinor } }`)
  const { rows } = await server.database.owner.query<{ until: Date; now: Date }>(
    'select min(age_verified_until) as until, app_now() as now from users where id = any($1)',
    [[person.uuid, creator.uuid]],
  )
  const leftMs = (rows[0]?.until.getTime() ?? 0) - (rows[0]?.now.getTime() ?? 0)
  await world.setClock(leftMs - 60_000)
  await Promise.all([person.signIn(), creator.signIn(), other.signIn()])
  expect(await isVerified(person)).toBe(true)
  expect((await page(other)).user).toEqual({ isAgeVerified: true, subscriptionPrice: { amountMinor: '500' } })

  await world.setClock(leftMs + 60_000)
  expect(await isVerified(person)).toBe(false)
  expect((await page(other)).user).toEqual({ isAgeVerified: false, subscriptionPrice: null })
  expect((await become(creator, 'EUR', '600')).codes).toEqual(['AGE_VERIFICATION_REQUIRED'])
  expect((await query(person, 'viewer { ageVerification { status } }')).viewer.ageVerification.status).toBe('EXPIRED')
  const claims = await authenticate(server.database.db, person.token)
  expect(claims.viewer?.isAgeVerified).toBe(false)
})

it('writes down that approvals have ended, and leaves a newer one alone', async () => {
  const [person, renewed] = [await world.fan(), await world.fan()]
  for (const each of [person, renewed]) await submit(each, 'sandbox-approve')
  await world.setClock(2 * 365 * 86_400_000 + 1_000)
  await Promise.all([person.signIn(), renewed.signIn()])
  expect((await submit(renewed, 'sandbox-approve')).payload.ageVerification.status).toBe('APPROVED')
  await jobs.find(({ name }) => name === expireAgeVerificationsJob)?.run({}, server.jobs, '1')
  expect([await isVerified(person), await isVerified(renewed)]).toEqual([false, true])
  const { rows } = await server.database.owner.query(
    `select age_verified, age_verified_at is null as "never", age_verified_until is null as "endless",
       (select count(*)::int from audit_logs where action = 'age_verification.expired' and subject_id = users.id::text) as "told"
     from users where id = any($1) order by array_position($1, id)`,
    [[person.uuid, renewed.uuid]],
  )
  expect(rows).toEqual([
    { age_verified: false, never: true, endless: true, told: 1 },
    { age_verified: true, never: false, endless: false, told: 1 },
  ])
  expect((await submit(person, 'sandbox-approve')).payload.ageVerification.status).toBe('APPROVED')
})

it('compares the date of birth with the one in the profile', async () => {
  const person = await world.fan()
  await mutate(person, 'updateProfile', { birthDate: '1991-02-03' }, 'user { id }')
  const other = await submit(person, 'sandbox-approve')
  expect(other.codes).toEqual(['BIRTH_DATE_MISMATCH'])
  expect((await query(person, 'viewer { ageVerification { status } }')).viewer.ageVerification).toBeNull()
  const same = await submit(person, 'sandbox-approve', { birthDate: '1991-02-03' })
  expect(same.payload.ageVerification.status).toBe('APPROVED')
})

it('shows an age verification to its person and to staff', async () => {
  const person = await world.fan()
  const { id } = (await submit(person, 'sandbox-review')).payload.ageVerification
  const seenBy = async (viewer: Pick<Person, 'request'>) =>
    (await query(viewer, 'node(id: $id) { id }', { id }, '($id: ID!)')).node
  expect([await seenBy(person), await seenBy(moderator)]).toEqual([{ id }, { id }])
  expect([await seenBy(await world.fan()), await seenBy(world.stranger())]).toEqual([null, null])
})

it('makes a fan a creator, whose currency stays', async () => {
  const person = await world.fan()
  expect((await become(person, 'EUR')).payload.user).toEqual({ accountType: 'CREATOR', subscriptionPrice: null })
  expect((await become(person, 'EUR')).codes).toEqual([])
  expect((await become(person, 'USD')).codes).toEqual(['CURRENCY_FIXED'])
  const { rows } = await server.database.owner.query(
    `select before, after from audit_logs where user_id = $1 and action = 'account.became_creator'`,
    [person.uuid],
  )
  expect(rows).toEqual([
    { before: { accountType: 'FAN', currency: null }, after: { accountType: 'CREATOR', currency: 'EUR' } },
  ])
})

it('lets nobody monetise before their age is verified', async () => {
  const person = await world.fan()
  expect((await become(person, 'EUR', '500')).codes).toEqual(['AGE_VERIFICATION_REQUIRED'])
  expect((await become(person, 'EUR')).codes).toEqual([])
  expect((await become(person, 'EUR', '500')).codes).toEqual(['AGE_VERIFICATION_REQUIRED'])
  await submit(person, 'sandbox-approve')
  expect((await become(person, 'EUR', '500')).payload.user.subscriptionPrice).toEqual({
    amountMinor: '500',
    currency: 'EUR',
    formatted: '5.00 EUR',
  })
})

it.each([
  ['EUR', '99'],
  ['EUR', '1000001'],
  ['EUR', '-500'],
  ['KWD', '999'],
  ['JPY', '99'],
])('refuses a price in %s of %s', async (currency, price) => {
  expect((await become(await world.fan(), currency, price)).codes).toEqual(['PRICE_OUT_OF_RANGE'])
})

it('makes no creators of staff', async () => {
  expect((await become(moderator, 'EUR')).codes).toEqual(['NOT_A_FAN'])
})
