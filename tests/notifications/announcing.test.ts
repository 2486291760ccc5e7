import { afterAll, beforeAll, expect, it } from 'vitest'
import { deliverAnnouncement } from '../../src/notifications/notifications.js'
import { graphql } from '../support/gql/index.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

const ANNOUNCE = graphql(`
  mutation Announce($input: AnnounceInput!) {
    announce(input: $input) {
      announcement {
        id
        title
        deliveredCount
        completedAt
      }
      replayed
      userErrors {
        code
        path
      }
    }
  }
`)

const ANNOUNCEMENT = graphql(`
  query Announcement($id: ID!) {
    node(id: $id) {
      __typename
      ... on Announcement {
        deliveredCount
        completedAt
      }
    }
  }
`)

const NOTICES = graphql(`
  query Notices($first: Int, $after: String, $last: Int, $before: String) {
    viewer {
      notices(first: $first, after: $after, last: $last, before: $before) {
        nodes {
          id
          title
          body
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
          startCursor
          endCursor
        }
      }
    }
  }
`)

let server: TestServer
let world: World
let admin: Person
let fan: Person
let creator: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  admin = await world.admin()
  fan = await world.fan()
  creator = await world.creator()
})
afterAll(() => server.close())

let keys = 0
const announce = (
  by: Person,
  title: string,
  more: { body?: string; audience?: 'CREATOR' | 'FAN'; idempotencyKey?: string } = {},
) =>
  by.request(ANNOUNCE, {
    input: { title, body: 'As of Monday.', idempotencyKey: `key-${String((keys += 1))}`, ...more },
  })

const titlesOf = async (person: Person): Promise<string[]> =>
  (await person.do(NOTICES, { first: 100 })).viewer?.notices.nodes.map(({ title }) => title) ?? []

it('tells everybody who has an account, once each, and says how far it is', async () => {
  const { data } = await announce(admin, 'New terms')
  const announcement = data?.announce.announcement
  expect(announcement).toMatchObject({ title: 'New terms', deliveredCount: 0, completedAt: null })
  await server.drain()
  const people = [admin, fan, creator]
  for (const person of people) expect((await titlesOf(person)).filter((title) => title === 'New terms')).toHaveLength(1)
  const { node } = await admin.do(ANNOUNCEMENT, { id: announcement?.id ?? '' })
  expect(node).toMatchObject({
    __typename: 'Announcement',
    deliveredCount: people.length,
    completedAt: expect.any(String),
  })
})

it('tells a role alone, and nobody who came later', async () => {
  await announce(admin, 'For creators', { audience: 'CREATOR' })
  const later = await world.creator()
  await server.drain()
  expect(await titlesOf(creator)).toContain('For creators')
  expect(await titlesOf(fan)).not.toContain('For creators')
  expect(await titlesOf(later)).not.toContain('For creators')
})

it('announces once under one key, also for two at the same time, and refuses the key for another text', async () => {
  const idempotencyKey = 'the-same'
  const both = await Promise.all([
    announce(admin, 'Once', { idempotencyKey }),
    announce(admin, 'Once', { idempotencyKey }),
  ])
  expect(both.map(({ data }) => data?.announce.replayed).sort()).toEqual([false, true])
  expect(new Set(both.map(({ data }) => data?.announce.announcement?.id)).size).toBe(1)
  await server.drain()
  expect((await titlesOf(fan)).filter((title) => title === 'Once')).toHaveLength(1)
  const other = await announce(admin, 'Another', { idempotencyKey })
  expect(other.data?.announce.userErrors).toEqual([{ code: 'IDEMPOTENCY_MISMATCH', path: ['input', 'idempotencyKey'] }])
})

it('goes on where a crash left it, and tells nobody twice', async () => {
  const { data } = await announce(admin, 'After a crash')
  const { rows } = await server.database.owner.query<{ id: string }>(
    `select id from announcements where title = 'After a crash'`,
  )
  const id = rows[0]?.id ?? ''
  // as after a crash: some have it, the mark says up to whom, the job runs again, twice at the same time
  await server.database.owner.query(
    `with first as (select id from users order by id limit 1), told as (
      insert into notifications (created_at, user_id, sequence, type, subject_type, subject_id)
      select app_now(), id, 1000, 'system_announcement', 'announcements', $1 from first
    )
    update announcements set delivered_up_to_id = (select id from first), delivered_count = 1 where id = $1`,
    [id],
  )
  const origin = { db: server.database.db, actorId: null, sessionId: null, requestId: 'job' }
  await Promise.all([deliverAnnouncement(origin, id), deliverAnnouncement(origin, id)])
  await server.drain()
  const told = await server.database.owner.query<{ people: number; rows: number }>(
    `select count(distinct user_id)::int as people, count(*)::int as rows from notifications where subject_id = $1`,
    [id],
  )
  const users = await server.database.owner.query<{ n: number }>('select count(*)::int as n from users')
  expect(told.rows).toEqual([{ people: users.rows[0]?.n, rows: users.rows[0]?.n }])
  expect(data?.announce.userErrors).toEqual([])
})

it('is for admins, and for texts of a sensible length', async () => {
  for (const person of [fan, creator, await world.moderator()])
    expect((await announce(person, 'No')).errors[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      reason: 'role_required',
    })
  for (const input of [
    { title: ' ' },
    { title: 'x'.repeat(121) },
    { title: 'ok', body: '' },
    { title: 'ok', body: 'x'.repeat(4_001) },
  ]) {
    const { data } = await announce(admin, input.title, input)
    expect(data?.announce).toMatchObject({ announcement: null, userErrors: [{ code: 'INVALID_INPUT' }] })
  }
})

it('leaves a row in the audit trail', async () => {
  await announce(admin, 'Audited')
  const { rows } = await server.database.owner.query(
    `select category::text, action, actor_id from audit_logs where action = 'announcement.created' order by created_at desc limit 1`,
  )
  expect(rows).toEqual([{ category: 'administrative', action: 'announcement.created', actor_id: admin.uuid }])
})

it('pages notices from either end, each once', async () => {
  const person = await world.fan()
  for (let n = 1; n <= 7; n += 1) await announce(admin, `Page ${String(n)}`)
  await server.drain()
  const expected = Array.from({ length: 7 }, (_, index) => `Page ${String(7 - index)}`)
  const page = async (args: { first?: number; last?: number; after?: string | null }) =>
    (await person.do(NOTICES, args)).viewer!.notices
  const first = await page({ first: 3 })
  const second = await page({ first: 3, after: first.pageInfo.endCursor })
  const third = await page({ first: 3, after: second.pageInfo.endCursor })
  const last = await page({ last: 3 })
  expect([first, second, third].flatMap(({ nodes }) => nodes.map(({ title }) => title))).toEqual(expected)
  expect([first, second, third].map(({ pageInfo }) => pageInfo.hasNextPage)).toEqual([true, true, false])
  expect(last.nodes.map(({ title }) => title)).toEqual(expected.slice(-3))
  expect(last.pageInfo.hasPreviousPage).toBe(true)
})

it('shows nobody the notices of another', async () => {
  const person = await world.fan()
  await announce(admin, 'Mine')
  await server.drain()
  const id = (await person.do(NOTICES, { first: 1 })).viewer?.notices.nodes[0]?.id ?? ''
  const node = (by: Person) => by.do(ANNOUNCEMENT, { id })
  expect((await node(person)).node).toMatchObject({ __typename: 'Notice' })
  expect((await node(fan)).node).toBeNull()
})
