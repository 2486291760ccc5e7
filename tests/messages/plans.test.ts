import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Db } from '../../src/lib/db.js'
import type { PageRequest } from '../../src/lib/page.js'
import { countConversations, listConversations, MAX_COUNTED } from '../../src/messages/conversation-queries.js'
import { listLastMessages, listMessages } from '../../src/messages/message-queries.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { explainRead, pagesOf } from '../support/explain.js'

const FANS = 20_000
const STAR = '00000000-0000-4000-8000-000000000001'
const READER = { viewerId: STAR, isAgeVerified: false, isGated: false }
const LONG = '10000000-0000-4000-8000-000000000002'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  const idOf = (n: string, first = '0'): string =>
    `('${first}0000000-0000-4000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`
  // one creator with whom everybody talks, most of it read, a tenth put away
  for (const sql of [
    `insert into users (id, username, display_name, email, email_index)
     select ${idOf('n')}, 'plan.' || n, 'P', '\\x01', decode(md5(n::text) || md5('x' || n), 'hex') from generate_series(1, ${String(FANS)}) n`,
    `insert into conversations (id, creator_id, fan_id, last_sequence, last_message_at)
     select ${idOf('n', '1')}, '${STAR}', ${idOf('n')}, case when n = 2 then 30000 else 3 end,
       timestamptz '2026-01-01' + make_interval(secs => n) from generate_series(2, ${String(FANS)}) n`,
    `insert into conversation_participants
       (conversation_id, user_id, role, last_message_at, read_sequence, unread_count, archived_at, pinned_at)
     select c.id, s.user_id, s.role::participant_role, c.last_message_at, case when n % 50 = 0 then 0 else c.last_sequence end,
       case when n % 50 = 0 then 1 else 0 end, case when n % 10 = 3 then app_now() end, case when n % 2500 = 0 then app_now() end
     from generate_series(2, ${String(FANS)}) n join conversations c on c.id = ${idOf('n', '1')}
     cross join lateral (values (c.creator_id, 'creator'), (c.fan_id, 'fan')) s (user_id, role)`,
    `insert into messages (conversation_id, sequence, sender_id, body)
     select c.id, k, case when k % 2 = 0 then c.creator_id else c.fan_id end, 'Text' from conversations c, generate_series(1, c.last_sequence) k`,
    `insert into entitlement_grants (user_id, creator_id, message_id, source, starts_at)
     select c.fan_id, c.creator_id, m.id, 'purchase', app_now() from messages m join conversations c on c.id = m.conversation_id
     where m.sequence % 3 = 0`,
    `insert into purchases (buyer_id, creator_id, kind, message_id, amount_minor, currency, state, paid_at)
     select user_id, creator_id, 'message', message_id, 500, 'EUR', 'paid', app_now() from entitlement_grants`,
    `insert into mass_messages (creator_id, segment, body) select '${STAR}', 'followers', 'Text' from generate_series(1, 5000)`,
    `insert into blocks (blocker_id, blocked_id) select '${STAR}', ${idOf('n')} from generate_series(3, ${String(FANS)}, 8) n`,
    'analyze',
  ])
    await database.owner.query(sql)
}, 120_000)
afterAll(() => database.drop())

const pages = pagesOf(['2026-01-01T04:00:00.000Z', '80000000-0000-4000-8000-000000000000'])
const all = { archived: false, unreadOnly: false, pinnedOnly: false }
const lists: Record<string, (db: Db, page: PageRequest) => Promise<unknown>> = {
  conversations: (db, page) => listConversations(db, STAR, all, page),
  'conversations put away': (db, page) => listConversations(db, STAR, { ...all, archived: true }, page),
  'unread conversations': (db, page) => listConversations(db, STAR, { ...all, unreadOnly: true }, page),
  'pinned conversations': (db, page) => listConversations(db, STAR, { ...all, archived: true, pinnedOnly: true }, page),
}

describe.each(Object.entries(lists))('%s', (_list, read) => {
  it.each(Object.entries(pages))('are read by an index, in its order: %s', async (_page, page) => {
    const { scanned, nodes } = await explainRead(database, (db) => read(db, page))
    expect(scanned).toEqual([])
    // what is sorted is a page that was found, and what is read is little more than what is shown
    for (const node of nodes)
      expect(node['Actual Rows'] ?? 0, node['Node Type']).toBeLessThanOrEqual(page.limit * 2 + 2)
  })
})

it('reads a page of messages of a long conversation by its numbers alone', async () => {
  for (const page of Object.values(pages).map((each) => ({ ...each, cursor: each.cursor && ['15000'] }))) {
    const { scanned, nodes } = await explainRead(database, (db) => listMessages(db, READER, [LONG], page))
    expect(scanned).toEqual([])
    // the grants of one message may be put in order, the messages are
    for (const node of nodes.filter((each) => each['Node Type'] === 'Sort'))
      expect(node['Actual Rows'] ?? 0).toBeLessThanOrEqual(1)
    for (const node of nodes) expect(node['Actual Rows'] ?? 0).toBeLessThanOrEqual(page.limit + 1)
  }
  const { scanned } = await explainRead(database, (db) => listLastMessages(db, READER, [LONG]))
  expect(scanned).toEqual([])
})

it('counts to a hundred and reads no more', async () => {
  const { scanned, nodes } = await explainRead(database, (db) => countConversations(db, STAR))
  expect(scanned).toEqual([])
  for (const node of nodes) expect(node['Actual Rows'] ?? 0).toBeLessThanOrEqual(MAX_COUNTED * 2)
})
