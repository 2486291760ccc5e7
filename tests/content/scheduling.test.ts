import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { scheduleContent } from '../../src/content/publishing.js'
import { announceDueJob } from '../../src/content/types.js'
import { transaction } from '../../src/lib/db.js'
import { enqueue } from '../../src/lib/jobs.js'
import type { Viewer } from '../../src/lib/viewer.js'
import { uuidIn } from '../comments/calls.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { draft, postMutation, provenCreator, read, refusals } from './posts.js'

let server: TestServer
let world: World
let creator: Person
let fan: Person
let offsetMs = 0
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  fan = await world.fan()
})
beforeEach(async () => {
  creator = await provenCreator(world)
})
afterAll(() => server.close())

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Moves the platform's time on; people sign in again, because their tokens end meanwhile. */
async function pass(ms: number): Promise<void> {
  offsetMs += ms
  await server.database.setClock(offsetMs)
  for (const person of [creator, fan]) await person.signIn()
}

/** `YYYY-MM-DDTHH:MM` on the clock of UTC, so many milliseconds from now. */
const inUtc = async (ms: number): Promise<string> =>
  new Date((await server.now()).getTime() + ms).toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length)

const schedule = async (contentId: string, localTime: string, timeZone = 'UTC'): Promise<Record<string, any>> =>
  (await creator.do(postMutation('scheduleContent'), { input: { contentId, localTime, timeZone } }))['scheduleContent']
    .content as Record<string, any>

const origin = () => ({ db: server.database.db, actorId: null, sessionId: null, requestId: 'test' })

/** Does what falls due, as the worker does every minute. */
async function announce(): Promise<void> {
  await transaction(origin(), (tx) => enqueue(tx, announceDueJob, {}))
  await server.drain()
}

const published = async (contentId: string): Promise<number> =>
  (
    await server.database.owner.query(
      `select from outbox_events where type = 'content.published' and stream = 'content:' || $1`,
      [Buffer.from(contentId, 'base64url').toString().split(':')[1]],
    )
  ).rowCount ?? 0

describe('a scheduled post', () => {
  it('is seen at its second while no worker runs, and announced once when one does', async () => {
    const { id } = await draft(creator)
    const { state, authorView } = await schedule(id, await inUtc(3 * MINUTE_MS))
    expect(state).toBe('SCHEDULED')
    const leftMs = new Date(authorView.publishAt as string).getTime() - (await server.now()).getTime()
    expect(await read(fan, id)).toBeNull()
    await pass(leftMs - 2_000)
    expect(await read(fan, id)).toBeNull()
    await pass(2_000)
    expect(await read(fan, id)).toMatchObject({ state: 'PUBLISHED', publishedAt: authorView.publishAt })
    expect(await published(id)).toBe(0)
    await Promise.all([announce(), announce()])
    await announce()
    expect(await published(id)).toBe(1)
  })

  it('can be scheduled again, published before its time, or made a draft', async () => {
    const { id } = await draft(creator)
    await schedule(id, await inUtc(HOUR_MS))
    expect(await schedule(id, '2027-06-01T09:00', 'Europe/Berlin')).toMatchObject({
      authorView: {
        publishAt: '2027-06-01T07:00:00.000Z',
        scheduledFor: { localTime: '2027-06-01T09:00', timeZone: 'Europe/Berlin' },
      },
    })
    const { unpublishContent } = await creator.do(postMutation('unpublishContent'), { input: { contentId: id } })
    expect(unpublishContent.content).toMatchObject({
      state: 'DRAFT',
      authorView: { publishAt: null, scheduledFor: null },
    })
    await schedule(id, await inUtc(HOUR_MS))
    await creator.do(postMutation('publishContent'), { input: { contentId: id } })
    expect(await read(fan, id)).toMatchObject({ state: 'PUBLISHED' })
    expect(await published(id)).toBe(1)
    await pass(2 * HOUR_MS)
    await announce()
    expect(await published(id)).toBe(1)
  })

  it.each([
    ['2027-03-28T09:00', 'Europe/Berlin', '2027-03-28T07:00:00.000Z'],
    ['2027-03-27T09:00', 'Europe/Berlin', '2027-03-27T08:00:00.000Z'],
    // the clocks go from 2:00 to 3:00
    ['2027-03-28T02:30', 'Europe/Berlin', '2027-03-28T01:30:00.000Z'],
    // 2:30 comes twice: the later one
    ['2027-10-31T02:30', 'Europe/Berlin', '2027-10-31T01:30:00.000Z'],
    ['2027-06-01T09:00', 'Asia/Kathmandu', '2027-06-01T03:15:00.000Z'],
    ['2027-06-01T09:00', 'America/St_Johns', '2027-06-01T11:30:00.000Z'],
    ['2027-01-15T09:00', 'America/St_Johns', '2027-01-15T12:30:00.000Z'],
    // from midnight to midnight in 23 hours, and in 25
    ['2027-03-28T00:00', 'Europe/Berlin', '2027-03-27T23:00:00.000Z'],
    ['2027-03-29T00:00', 'Europe/Berlin', '2027-03-28T22:00:00.000Z'],
    ['2027-10-31T00:00', 'Europe/Berlin', '2027-10-30T22:00:00.000Z'],
    ['2027-11-01T00:00', 'Europe/Berlin', '2027-10-31T23:00:00.000Z'],
  ])('for %s in %s is due at %s', async (localTime, timeZone, publishAt) => {
    const { id } = await draft(creator)
    expect(await schedule(id, localTime, timeZone)).toMatchObject({ authorView: { publishAt } })
  })

  it('follows its wall clock when the rules of its zone change', async () => {
    const { id } = await draft(creator)
    const { authorView } = await schedule(id, '2027-06-01T09:00', 'Europe/Berlin')
    // as if it had been worked out before summer time was known of
    await server.database.owner.query(
      `update content set publish_at = publish_at + interval '1 hour' where creator_id = $1`,
      [creator.uuid],
    )
    await announce()
    expect(await read(creator, id)).toMatchObject({ authorView: { publishAt: authorView.publishAt } })
    const { rows } = await server.database.owner.query(
      `select after from audit_logs where action = 'content.rescheduled' and subject_id = $1`,
      [uuidIn(id)],
    )
    expect(rows).toEqual([{ after: { publishAt: authorView.publishAt } }])
  })

  it('stays where it is when its zone is known no more, and keeps no other from its time', async () => {
    const { id: lost } = await draft(creator)
    const { authorView } = await schedule(lost, '2027-06-01T09:00', 'Europe/Berlin')
    await server.database.owner.query(
      `update content set scheduled_time_zone = 'Atlantis/Capital' where scheduled_time_zone = 'Europe/Berlin' and creator_id = $1`,
      [creator.uuid],
    )
    const { id } = await draft(creator)
    await schedule(id, await inUtc(2 * MINUTE_MS))
    await pass(3 * MINUTE_MS)
    await announce()
    expect(await published(id)).toBe(1)
    expect(await read(creator, lost)).toMatchObject({ authorView: { publishAt: authorView.publishAt } })
  })

  it.each([
    ['SCHEDULE_OUT_OF_RANGE', '2020-01-01T09:00', 'UTC'],
    ['SCHEDULE_OUT_OF_RANGE', '2199-01-01T09:00', 'UTC'],
    ['LOCAL_TIME_INVALID', '2027-02-30T09:00', 'UTC'],
    ['LOCAL_TIME_INVALID', '0000-01-01T09:00', 'UTC'],
    ['LOCAL_TIME_INVALID', '2027-01-01T25:00', 'UTC'],
    ['LOCAL_TIME_INVALID', '2027-01-01T09:00Z', 'UTC'],
    ['LOCAL_TIME_INVALID', 'tomorrow', 'UTC'],
    ['TIME_ZONE_UNKNOWN', '2027-06-01T09:00', 'Mars/Olympus'],
    // Node knows it, PostgreSQL does not
    ['TIME_ZONE_UNKNOWN', '2027-06-01T09:00', 'US/Pacific-New'],
    ['TIME_ZONE_UNKNOWN', '2027-06-01T09:00', '+02:00'],
    ['TIME_ZONE_UNKNOWN', '2027-06-01T09:00', ''],
  ])('is refused with %s for %s in %s', async (code, localTime, timeZone) => {
    const { id } = await draft(creator)
    expect(await refusals(creator, 'scheduleContent', { contentId: id, localTime, timeZone })).toMatchObject([{ code }])
    expect(await read(creator, id)).toMatchObject({ state: 'DRAFT' })
  })

  it('is not scheduled for five minutes ago', async () => {
    const { id } = await draft(creator)
    const localTime = await inUtc(-5 * MINUTE_MS)
    expect(await refusals(creator, 'scheduleContent', { contentId: id, localTime, timeZone: 'UTC' })).toMatchObject([
      { code: 'SCHEDULE_OUT_OF_RANGE' },
    ])
  })

  it('stays published when it is to be moved while it is being announced', async () => {
    const { id } = await draft(creator)
    await schedule(id, await inUtc(2 * MINUTE_MS))
    await pass(2 * MINUTE_MS)
    const later = await inUtc(DAY_MS)
    const [, answer] = await Promise.all([
      announce(),
      creator.request(postMutation('scheduleContent'), {
        input: { contentId: id, localTime: later, timeZone: 'UTC' },
      }),
    ])
    // what is published already can no longer be scheduled
    expect(answer.data?.['scheduleContent'].userErrors).toMatchObject([{ code: 'CONTENT_STATE' }])
    expect(await published(id)).toBe(1)
  })

  it('keeps its new time when it falls due while it is being moved', async () => {
    const { id } = await draft(creator)
    const { authorView } = await schedule(id, await inUtc(3 * MINUTE_MS))
    const leftMs = new Date(authorView.publishAt as string).getTime() - (await server.now()).getTime()
    await pass(leftMs - MINUTE_MS)
    const later = await inUtc(DAY_MS)
    const viewer = { userId: creator.uuid, role: 'CREATOR', isLimited: false } as Viewer
    await transaction(origin(), async (tx, now) => {
      await scheduleContent(tx, viewer, { contentId: uuidIn(id), localTime: later, timeZone: 'UTC' }, now)
      // nobody signs in while the creator's account is held
      await server.database.setClock((offsetMs += MINUTE_MS))
      await announce()
      expect(await published(id)).toBe(0)
    })
    expect(await read(fan, id)).toBeNull()
    await announce()
    expect(await published(id)).toBe(0)
    await pass(DAY_MS + MINUTE_MS)
    expect(await read(fan, id)).toMatchObject({ state: 'PUBLISHED' })
    await announce()
    expect(await published(id)).toBe(1)
  })

  it('that earns is not scheduled for a time at which the proof of age is over', async () => {
    await server.database.owner.query(
      `update users set age_verified_until = app_now() + interval '10 days' where id = $1`,
      [creator.uuid],
    )
    const earning = await draft(creator, { priceMinor: '500' })
    const { id: free } = await draft(creator)
    const at = async (days: number) => ({ localTime: await inUtc(days * DAY_MS), timeZone: 'UTC' })
    expect(await refusals(creator, 'scheduleContent', { contentId: earning['id'], ...(await at(11)) })).toMatchObject([
      { code: 'AGE_VERIFICATION_REQUIRED' },
    ])
    expect(await refusals(creator, 'scheduleContent', { contentId: earning['id'], ...(await at(9)) })).toEqual([])
    expect(await refusals(creator, 'scheduleContent', { contentId: free, ...(await at(11)) })).toEqual([])
    // nor is it made to earn afterwards
    const change = { contentId: free, expectedVersion: 2, visibility: 'SUBSCRIBERS' }
    expect(await refusals(creator, 'updateContent', change)).toMatchObject([{ code: 'AGE_VERIFICATION_REQUIRED' }])
  })

  it('of a suspended author neither appears, nor bursts out when the suspension ends by itself', async () => {
    const staff = await world.moderator()
    const { id } = await draft(creator)
    const { id: other } = await draft(creator)
    await schedule(id, await inUtc(HOUR_MS))
    await schedule(other, await inUtc(30 * HOUR_MS))
    const suspendedUntil = new Date((await server.now()).getTime() + DAY_MS).toISOString()
    await staff.do(
      `mutation ($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { userErrors { code message } } }`,
      { input: { userId: creator.id, status: 'SUSPENDED', reason: 'For a day.', suspendedUntil } },
    )
    await pass(2 * HOUR_MS)
    expect(await read(fan, id)).toBeNull()
    await pass(23 * HOUR_MS)
    // nothing has run meanwhile
    expect(await read(fan, id)).toBeNull()
    await announce()
    expect(await published(id)).toBe(0)
    expect(await read(creator, id)).toMatchObject({ state: 'DRAFT' })
    await pass(6 * HOUR_MS)
    expect(await read(fan, other)).toMatchObject({ state: 'PUBLISHED' })
  })
})

describe('a post that fell due while its author was suspended', () => {
  const sanction = (staff: Person, status: string, more: Record<string, unknown> = {}) =>
    staff.do(`mutation ($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { userErrors { code } } }`, {
      input: { userId: creator.id, status, reason: 'As it must be.', ...more },
    })
  const inMs = async (ms: number): Promise<string> => new Date((await server.now()).getTime() + ms).toISOString()

  it.each([
    ['lengthened', { firstMs: HOUR_MS, pauseMs: 50 * MINUTE_MS, secondMs: 4 * HOUR_MS }],
    ['shortened', { firstMs: 6 * HOUR_MS, pauseMs: 50 * MINUTE_MS, secondMs: HOUR_MS }],
    ['followed by another one', { firstMs: HOUR_MS, pauseMs: 90 * MINUTE_MS, secondMs: HOUR_MS }],
  ])('does not burst out when the suspension is %s, though nothing has run', async (_how, times) => {
    const { firstMs, pauseMs, secondMs } = times
    const staff = await world.moderator()
    const { id: seen } = await draft(creator)
    await creator.do(postMutation('publishContent'), { input: { contentId: seen } })
    const { id } = await draft(creator)
    await schedule(id, await inUtc(30 * MINUTE_MS))
    await sanction(staff, 'SUSPENDED', { suspendedUntil: await inMs(firstMs) })
    await pass(pauseMs)
    expect(await read(fan, id)).toBeNull()
    await staff.signIn()
    const suspendedUntil = await inMs(secondMs)
    await sanction(staff, 'SUSPENDED', { suspendedUntil })
    await pass(new Date(suspendedUntil).getTime() - (await server.now()).getTime() - MINUTE_MS)
    expect(await read(fan, seen)).toBeNull()
    await pass(MINUTE_MS)
    expect(await read(fan, seen)).toMatchObject({ state: 'PUBLISHED' })
    expect(await read(fan, id)).toBeNull()
    await announce()
    expect(await read(creator, id)).toMatchObject({ state: 'DRAFT' })
    expect(await published(id)).toBe(0)
  })

  it('does not appear when the suspension would have ended, where it became a ban', async () => {
    const staff = await world.moderator()
    const { id } = await draft(creator)
    await schedule(id, await inUtc(30 * MINUTE_MS))
    await sanction(staff, 'SUSPENDED', { suspendedUntil: await inMs(HOUR_MS) })
    await sanction(staff, 'BANNED')
    await pass(2 * HOUR_MS)
    await announce()
    expect(await read(fan, id)).toBeNull()
    await staff.signIn()
    await sanction(staff, 'ACTIVE')
    expect(await read(fan, id)).toBeNull()
    await server.drain()
    expect(await read(creator, id)).toMatchObject({ state: 'DRAFT' })
    expect(await published(id)).toBe(0)
  })

  it('stays hidden when they are reinstated, and is a draft again', async () => {
    const staff = await world.moderator()
    const { id } = await draft(creator)
    const { id: seen } = await draft(creator)
    await creator.do(postMutation('publishContent'), { input: { contentId: seen } })
    await schedule(id, await inUtc(2 * MINUTE_MS))
    await sanction(staff, 'SUSPENDED', { suspendedUntil: await inMs(DAY_MS) })
    await pass(5 * MINUTE_MS)
    await staff.signIn()
    await sanction(staff, 'ACTIVE')
    expect(await read(fan, id)).toBeNull()
    expect(await read(fan, seen)).toMatchObject({ state: 'PUBLISHED' })
    await server.drain()
    await creator.signIn()
    expect(await read(creator, id)).toMatchObject({ state: 'DRAFT', authorView: { scheduledFor: null } })
    expect(await published(id)).toBe(0)
  })
})

describe('a deleted post', () => {
  it('is destroyed after 30 days, and stays with whoever holds a grant for it', async () => {
    const post = await draft(creator, { body: 'Paid for', priceMinor: '500' })
    await creator.do(postMutation('publishContent'), { input: { contentId: post['id'] } })
    const { id: unsold } = await draft(creator, { body: 'Nobody has it' })
    await creator.do(postMutation('publishContent'), { input: { contentId: unsold } })
    await creator.do(
      `mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { userErrors { code message } } }`,
      { input: { userId: fan.id, contentId: post['id'], reason: 'A gift.' } },
    )
    const asOf = (await server.now()).toISOString()
    for (const id of [post['id'], unsold]) await creator.do(postMutation('deleteContent'), { input: { contentId: id } })
    expect(await read(fan, post['id'])).toMatchObject({ state: 'DELETED', body: { text: 'Paid for' } })
    expect(await read(fan, unsold)).toBeNull()
    await pass(31 * DAY_MS)
    expect(await refusals(creator, 'restoreContent', { contentId: unsold })).toMatchObject([
      { code: 'RESTORE_EXPIRED' },
    ])
    await server.database.owner.query(`select graphile_worker.add_job('content.purge_deleted', '{}'::json)`)
    await server.drain()
    expect(await read(fan, post['id'])).toMatchObject({ body: { text: 'Paid for' } })
    expect(await read(creator, unsold)).toBeNull()
    // what opened once is still known to have
    const staff = await world.moderator()
    const explained = await staff.do(
      `query ($id: ID!, $asOf: DateTime) { explainAccess(contentId: $id, asOf: $asOf) { isOpen rule state } }`,
      { id: unsold, asOf },
    )
    expect(explained).toEqual({ explainAccess: { isOpen: true, rule: 'PUBLIC', state: 'PUBLISHED' } })
    const { rows } = await server.database.owner.query<{ text: string }>(
      `select coalesce(c.title, '') || coalesce(c.teaser, '') || coalesce(c.body, '') as text from content c where purged_at is not null`,
    )
    expect(rows).toEqual([{ text: '' }])
    const { rowCount } = await server.database.owner.query(
      `select from content_versions where snapshot->>'body' = 'Nobody has it'`,
    )
    expect(rowCount).toBe(0)
  })

  it('that cannot be destroyed does not keep others from it', async () => {
    const [stuck, other] = await Promise.all(['Stuck', 'Other'].map((body) => draft(creator, { body })))
    const saver = await world.fan()
    for (const { id } of [stuck!, other!]) {
      await creator.do(postMutation('publishContent'), { input: { contentId: id } })
      await saver.do(postMutation('saveContent'), { input: { contentId: id } })
      await creator.do(postMutation('deleteContent'), { input: { contentId: id } })
    }
    await pass(31 * DAY_MS)
    const { owner } = server.database
    await owner.query(`create function test_refuse() returns trigger language plpgsql as $$
      begin raise exception 'not this one'; end $$`)
    await owner.query(`create trigger test_refuse before update on content for each row
      when (old.body = 'Stuck' and new.purged_at is not null) execute function test_refuse()`)
    await owner.query(`select graphile_worker.add_job('content.purge_deleted', '{}'::json, max_attempts := 1)`)
    await server.drain().catch(() => undefined)
    const left = async () =>
      (
        await owner.query<{ body: string | null; saved: string }>(
          `select body, (select count(*) from saved_content s where s.content_id = c.id) as saved from content c where id = any ($1) order by body`,
          [
            [stuck!, other!].map(
              ({ id }) =>
                Buffer.from(id as string, 'base64url')
                  .toString()
                  .split(':')[1],
            ),
          ],
        )
      ).rows
    expect(await left()).toMatchObject([{ body: 'Stuck' }, { body: null, saved: '0' }])
    await owner.query('drop trigger test_refuse on content; drop function test_refuse')
    await owner.query(`select graphile_worker.add_job('content.purge_deleted', '{}'::json)`)
    await server.drain()
    expect(await left()).toMatchObject([{ body: null }, { body: null }])
  })
})
