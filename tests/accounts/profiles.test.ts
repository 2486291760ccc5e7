import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { mutate, query } from './calls.js'

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterAll(() => server.close())

const PROFILE = `bio website socialLinks { platform url } categories preferences characteristics location { countryCode region city }
  age audiences { location age characteristics socialLinks } version`
const update = (person: Person, input: Record<string, unknown>) =>
  mutate(person, 'updateProfile', input, `user { username displayName profile { ${PROFILE} } }`)
const profileOf = async (username: string, viewer: Pick<Person, 'request'> = world.stranger()) =>
  (await query(viewer, `user(username: $u) { displayName profile { ${PROFILE} } }`, { u: username }, '($u: String!)'))
    .user

const FULL = {
  bio: 'Line one\nline two',
  website: 'https://example.com/me',
  socialLinks: [{ platform: 'mastodon', url: 'https://example.social/@me' }],
  categories: ['Music', 'Gardening'],
  preferences: { theme: 'dark' },
  characteristics: { height: 180, hair: 'red' },
  location: { countryCode: 'DE', region: 'Hessen', city: 'Kassel' },
  legalName: 'Canary Legalname',
  birthDate: '1990-05-17',
  phone: '+49 151 12345678',
}

const follow = (follower: Person, followed: Person) =>
  server.database.owner.query('insert into follows (follower_id, following_id) values ($1, $2)', [
    follower.uuid,
    followed.uuid,
  ])
const subscribe = (fan: Person, creator: Person, until = '30 days') =>
  server.database.owner.query(
    `insert into subscriptions (id, subscriber_id, creator_id, type, status, amount_minor, currency, started_at, entitled_until)
     values ($1, $2, $3, 'monthly', 'active', 500, 'EUR', app_now() - interval '31 days', app_now() + $4::interval)`,
    [randomUUID(), fan.uuid, creator.uuid, until],
  )

it('keeps what is given, clears what is null, and leaves the rest', async () => {
  const person = await world.fan()
  const first = await update(person, FULL)
  expect(first.codes).toEqual([])
  expect(first.payload.user.profile).toMatchObject({
    bio: FULL.bio,
    website: FULL.website,
    socialLinks: FULL.socialLinks,
    categories: FULL.categories,
    preferences: FULL.preferences,
    characteristics: FULL.characteristics,
    location: FULL.location,
    version: 2,
  })
  expect(first.payload.user.profile.age).toBeGreaterThan(34)
  const second = await update(person, { bio: null, location: null, displayName: 'Other', birthDate: null })
  expect(second.payload.user).toMatchObject({
    displayName: 'Other',
    profile: { bio: null, website: FULL.website, age: null, characteristics: FULL.characteristics, version: 3 },
  })
  expect(second.payload.user.profile.location).toEqual({ countryCode: null, region: null, city: null })
})

it('shows each part to its audience only', async () => {
  const creator = await world.creator()
  const [fan, follower, subscriber, former] = [
    await world.fan(),
    await world.fan(),
    await world.fan(),
    await world.fan(),
  ]
  await follow(follower, creator)
  await subscribe(subscriber, creator)
  await subscribe(former, creator, '-1 second')
  await update(creator, {
    ...FULL,
    audiences: { location: 'FOLLOWERS', age: 'SUBSCRIBERS', characteristics: 'STAFF', socialLinks: 'PUBLIC' },
  })
  const seenBy = async (viewer?: Pick<Person, 'request'>) => {
    const { profile } = await profileOf(creator.username, viewer)
    const parts: Record<string, unknown> = { ...profile }
    return ['location', 'age', 'characteristics', 'preferences', 'audiences'].filter((part) => parts[part] !== null)
  }
  expect(await seenBy()).toEqual([])
  expect(await seenBy(fan)).toEqual([])
  expect(await seenBy(former)).toEqual([])
  expect(await seenBy(follower)).toEqual(['location'])
  expect(await seenBy(subscriber)).toEqual(['location', 'age'])
  expect(await seenBy(await world.moderator())).toEqual(['characteristics'])
  expect(await seenBy(await world.staffWithoutSecondFactor())).toEqual([])
  expect(await seenBy(creator)).toEqual(['location', 'age', 'characteristics', 'preferences', 'audiences'])
  expect((await profileOf(creator.username, follower)).profile.location.city).toBe('Kassel')
  expect((await profileOf(creator.username)).profile.socialLinks).toEqual(FULL.socialLinks)
})

it('keeps every part but the social links to oneself at first', async () => {
  const person = await world.fan()
  await update(person, FULL)
  expect((await profileOf(person.username)).profile).toMatchObject({
    location: null,
    age: null,
    characteristics: null,
    preferences: null,
    socialLinks: FULL.socialLinks,
  })
})

it('refuses a change of a version that is not the current one, and says which is', async () => {
  const person = await world.fan()
  await update(person, { bio: 'one' })
  const { payload } = await update(person, { expectedVersion: 1, bio: 'two' })
  expect(payload.userErrors).toMatchObject([{ code: 'VERSION_CONFLICT', currentVersion: 2 }])
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, (_, n) => update(person, { expectedVersion: 2, bio: `at once ${String(n)}` })),
  )
  expect(outcomes.filter(({ codes }) => codes.length === 0)).toHaveLength(1)
})

it('keeps older versions, one in force, and makes none of a change that changes nothing', async () => {
  const person = await world.fan()
  await update(person, FULL)
  await update(person, FULL)
  await update(person, { bio: 'new' })
  const { rows } = await server.database.owner.query<{ revision: number; is_current: boolean }>(
    'select revision, is_current from user_profiles where user_id = $1 order by revision',
    [person.uuid],
  )
  expect(rows.map(({ revision, is_current }) => [revision, is_current])).toEqual([
    [1, false],
    [2, false],
    [3, true],
  ])
})

it('takes a new username, keeps the old one from everybody, and both from being taken at once', async () => {
  const person = await world.fan()
  const wanted = `renamed.${person.uuid.slice(0, 8)}`
  expect((await update(person, { username: wanted })).payload.user.username).toBe(wanted)
  expect(await profileOf(person.username)).toBeNull()
  const other = await world.fan()
  expect((await update(other, { username: person.username })).codes).toEqual(['USERNAME_TAKEN'])
  expect((await update(other, { username: wanted.toUpperCase() })).codes).toEqual(['USERNAME_TAKEN'])
  expect((await update(person, { username: wanted.toUpperCase() })).payload.user.username).toBe(wanted.toUpperCase())
})

it.each([
  ['bio', 'x'.repeat(2_001)],
  ['bio', 'a\u0007b'],
  ['displayName', null],
  ['username', null],
  ['website', `https://example.com/${'x'.repeat(500)}`],
  ['categories', Array(11).fill('x')],
  ['categories', ['x'.repeat(31)]],
  ['socialLinks', [{ platform: 'X!', url: 'https://example.com' }]],
  ['preferences', []],
  ['preferences', 'text'],
  ['preferences', { a: 'x'.repeat(4_100) }],
  ['characteristics', 7],
  ['birthDate', '2025-01-01'],
  ['birthDate', '1800-01-01'],
  ['phone', '0151 123'],
  ['legalName', 'x'.repeat(121)],
  ['location', { city: 'x'.repeat(81) }],
])('refuses a %s that breaks its rule', async (field, value) => {
  shared ??= await world.fan()
  const { codes, payload } = await update(shared, { [field]: value })
  expect(codes).toEqual(['INVALID_INPUT'])
  expect(payload.userErrors[0]?.path).toEqual(['input', field])
})
let shared: Person | undefined

it.each([
  ['website', 'http://example.com'],
  ['website', 'javascript:alert(1)'],
  ['birthDate', '1990-02-30'],
  ['location', { countryCode: 'Germany' }],
])('does not take %s as %j for what its type says', async (field, value) => {
  shared ??= await world.fan()
  const { answer } = await update(shared, { [field]: value })
  expect(answer.errors[0]?.extensions['code']).toBe('BAD_USER_INPUT')
})

it('is audited: that something changed, not what it says', async () => {
  const person = await world.fan()
  await update(person, FULL)
  const { rows } = await server.database.owner.query(
    `select before, after, actor_id from audit_logs where user_id = $1 and action = 'profile.updated'`,
    [person.uuid],
  )
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({
    actor_id: person.uuid,
    after: { bio: '[changed]', legalName: '[changed]', birthDate: '[changed]', phone: '[changed]' },
  })
  expect(JSON.stringify(rows)).not.toMatch(/Canary|Kassel|1990|49151|Line one/)
})

it('needs somebody signed in', async () => {
  expect((await mutate(world.stranger(), 'updateProfile', { bio: 'x' })).reason).toBe('not_signed_in')
})
