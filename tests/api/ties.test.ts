import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { makeRateLimiter } from '../../src/lib/rate-store.js'
import { say, uuidIn } from '../comments/calls.js'
import { provenCreator, publish } from '../content/posts.js'
import { makePicture, uploadMedia } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'

const ROWS = 500
const PAGE = 7
/** So many of each list come and go while it is read. */
const PASSING = 30
/** Between two milliseconds: what the database keeps of it is what a cursor can say. */
const INSTANT = '2026-11-01T00:00:00.123456Z'

interface List {
  readonly asker: () => Person
  /** The list, with `$page` where its arguments go, and `$rows` or `$edges` where its fields do; `$id` is `id`. */
  readonly field: string
  readonly id?: () => string
  /** The rows that stay, by the key of what the list shows. */
  readonly stay: string
  /** Lets rows beside them come and go, all at the same instant. */
  readonly churn: string
}

/** A sale that is disputed over and over. */
const DISPUTED = '00000000-0000-4000-8000-00000000d150'

let server: TestServer
let star: Person
let hermit: Person
let many: Person
let admin: Person
let post: string
let parent: string
let hook: string

const sql = async (text: string, ...values: unknown[]) =>
  (await server.database.owner.query<{ id: string }>(text, values)).rows

beforeAll(async () => {
  server = await startServer({ config: { costBudget: 1_000_000_000 } })
  const world = makeWorld(server)
  ;[star, many] = [await provenCreator(world), await provenCreator(world)]
  ;[hermit, admin] = [await world.fan(), await world.admin()]
  post = uuidIn((await publish(star))['id'] as string)
  parent = await say(server, { contentId: post, authorId: star.uuid })
  await uploadMedia(server, many, await makePicture(), { purpose: 'CONTENT' })
  ;[{ id: hook }] = (await sql(
    `insert into webhook_endpoints (owner_id, url, secret) values ($1, 'https://example.org', '\\x00') returning id`,
    many.uuid,
  )) as [{ id: string }]
  for (const [name, count] of [
    ['stays', ROWS],
    ['passes', PASSING],
  ] as const) {
    const people = `select id from users where username like '${name}.%'`
    const posts = `select id from content where title = 'tied ${name}'`
    await sql(
      `insert into users (username, display_name, email, email_index, account_type, creator_since, currency, created_at)
       select $1 || '.' || n, 'Tied', '\\x00', decode(md5($1 || n) || md5(n::text), 'hex'), 'creator', $2, 'EUR', $2
       from generate_series(1, $3::int) n`,
      name,
      INSTANT,
      count,
    )
    await sql(
      `insert into tips (sender_id, recipient_id, amount_minor, currency, message, state, paid_at, shown_at, created_at)
       select $1, $2, 500, 'EUR', $3, 'paid', $4, $4, $4 from generate_series(1, $5::int)`,
      many.uuid,
      star.uuid,
      name,
      INSTANT,
      count,
    )
    await sql(
      `insert into finance_cases (kind, reference, created_at)
       select 'other', $1 || '.' || n, $2 from generate_series(1, $3::int) n`,
      name,
      INSTANT,
      count,
    )
    await sql(
      `insert into follows (follower_id, following_id, followed_at) select id, $1, $2 from (${people}) p`,
      star.uuid,
      INSTANT,
    )
    await sql(
      `insert into follows (follower_id, following_id, followed_at) select $1, id, $2 from (${people}) p`,
      star.uuid,
      INSTANT,
    )
    await sql(
      `insert into blocks (blocker_id, blocked_id, created_at) select $1, id, $2 from (${people}) p`,
      hermit.uuid,
      INSTANT,
    )
    await sql(
      `insert into mutes (muter_id, muted_id, created_at) select $1, id, $2 from (${people}) p`,
      hermit.uuid,
      INSTANT,
    )
    await sql(`insert into likes (user_id, content_id, created_at) select id, $1, $2 from (${people}) p`, post, INSTANT)
    await sql(
      `insert into comments (content_id, author_id, parent_id, root_id, depth, body, created_at)
       select $1, $2, $3, $3, 1, $4, $5 from generate_series(1, $6::int)`,
      post,
      many.uuid,
      parent,
      name,
      INSTANT,
      count,
    )
    await sql(
      `insert into comment_versions (comment_id, body, valid_from, valid_to)
       select $1, $2, $3, $3 from generate_series(1, $4::int)`,
      parent,
      name,
      INSTANT,
      count,
    )
    await sql(
      `insert into content (creator_id, type, title, body, publish_at, announced_at, created_at)
       select $1, 'text', 'tied ' || $2, 'A body', $3, $3, $3 from generate_series(1, $4::int)`,
      many.uuid,
      name,
      INSTANT,
      count,
    )
    await sql(
      `insert into saved_content (user_id, content_id, created_at) select $1, id, $2 from (${posts}) p`,
      star.uuid,
      INSTANT,
    )
    await sql(
      `insert into user_sessions (user_id, device_label, created_at, last_used_at, expires_at, absolute_expires_at)
       select $1, $2, $3, $3, app_now() + interval '9 days', app_now() + interval '9 days' from generate_series(1, $4::int)`,
      hermit.uuid,
      name,
      INSTANT,
      count,
    )
    await sql(
      `insert into media_assets
       select made.* from media_assets a, generate_series(1, $3::int) n, jsonb_populate_record(a, jsonb_build_object(
         'id', gen_random_uuid(), 'storage_key', a.storage_key || $2 || n, 'alt_text', $2, 'created_at', $4::timestamptz
       )) made where a.owner_id = $1 and a.alt_text is null`,
      many.uuid,
      name,
      count,
      INSTANT,
    )
    await sql(
      `insert into webhook_deliveries (endpoint_id, event_id, object_id, type, payload, state, created_at)
       select $1, case $2 when 'stays' then 1000 else 2000 end + n, n::text, $2, '{}', 'delivered', $3
       from generate_series(1, $4::int) n`,
      hook,
      name,
      INSTANT,
      count,
    )
  }
  await written(`
    insert into transactions (id, type, sold_type, status, creator_id, gross_amount, platform_fee, net_amount, currency, processor, occurred_at, shown_at)
    values ('${DISPUTED}', 'tip', 'tip', 'succeeded', '${many.uuid}', 500, 100, 400, 'EUR', 'sandbox', '${INSTANT}', '${INSTANT}')`)
  for (const [name, count] of [
    ['stays', ROWS],
    ['passes', PASSING],
  ] as const) {
    const each = `from generate_series(1, ${String(count)}) n`
    await written(`
      insert into transactions (type, sold_type, status, payer_id, creator_id, gross_amount, platform_fee, net_amount, currency, processor, description, occurred_at, shown_at)
      select 'tip', 'tip', 'succeeded', '${hermit.uuid}', '${star.uuid}', 500, 100, 400, 'EUR', 'sandbox', '${name}', '${INSTANT}', '${INSTANT}' ${each};
      with d as (
        insert into disputes (transaction_id, payment_intent_id, processor, processor_reference, state, reason, amount_minor, currency, opened_at, closed_at)
        select '${DISPUTED}', gen_random_uuid(), 'sandbox', '${name}' || n, 'lost', '${name}', 500, 'EUR', '${INSTANT}', '${INSTANT}' ${each} returning id)
      insert into transactions (type, sold_type, status, reason, reverses_id, creator_id, gross_amount, platform_fee, net_amount, currency, processor, dispute_id, description, occurred_at, shown_at)
      select 'refund', 'tip', 'succeeded', 'dispute', '${DISPUTED}', '${many.uuid}', -500, -100, -400, 'EUR', 'sandbox', id, 'debit ${name}', '${INSTANT}', '${INSTANT}' from d;
      insert into payouts (creator_id, payout_account_id, amount_minor, currency, failure_code, created_at)
      select '${star.uuid}', gen_random_uuid(), 4000, 'EUR', '${name}', '${INSTANT}' ${each};
      insert into subscriptions (subscriber_id, creator_id, type, amount_minor, currency, status, started_at, created_at)
      select s.subscriber_id, s.creator_id, 'monthly', 500, 'EUR', 'active', '${INSTANT}', '${INSTANT}'
      from users u cross join lateral (values ('${hermit.uuid}'::uuid, u.id), (u.id, '${star.uuid}'::uuid)) s (subscriber_id, creator_id)
      where u.username like '${name}.%';
      insert into webhook_events (processor, event_id, type, occurred_at, payload, received_at)
      select 'sandbox', '${name}' || n, '${name}', '${INSTANT}', '{}', '${INSTANT}' ${each}`)
  }
  await sql('analyze')
}, 120_000)
afterAll(() => server.close())

/** Runs statements past what keeps money as it was written. */
const written = (statements: string): Promise<unknown> => sql(past(statements))
const past = (statements: string): string =>
  `begin; set local session_replication_role = replica; ${statements}; commit`
/** Half of those that pass are gone, and as many others are there. */
const pass = (table: string, which: string): string =>
  past(`update ${table} set id = gen_random_uuid() where ${which} and random() < 0.5`)

const people = (name: string): string => `select id::text from users where username like '${name}.%'`
const posts = `select id::text from content where title = 'tied stays'`
/** Half of those that pass are there at a time, another half each time. */
const bans = `update users set account_status = (case when random() < 0.5 then 'banned' else 'active' end)::account_status
  where username like 'passes.%'`
const takesBack = `update content set unpublished_at = case when random() < 0.5 then app_now() end where title = 'tied passes'`
const deletes = `update comments set deleted_at = case when random() < 0.5 then app_now() end where body = 'passes'`
const bond = (table: string, row: string, person: string): string => `
  with gone as (delete from ${table} where ${person} in (select id from users where username like 'passes.%') and ${row} = $1 and random() < 0.5)
  insert into ${table} (${row}, ${person}, created_at)
  select $1, id, '${INSTANT}' from users where username like 'passes.%' and random() < 0.5 on conflict do nothing`

const tipsPass = `
  with gone as (delete from tips where message = 'passes' and random() < 0.5 returning *)
  insert into tips (sender_id, recipient_id, amount_minor, currency, message, state, paid_at, shown_at, created_at)
  select sender_id, recipient_id, amount_minor, currency, message, state, paid_at, shown_at, created_at from gone`

const LISTS: Readonly<Record<string, List>> = {
  explore: { asker: () => star, field: 'explore($page) { $rows }', stay: posts, churn: takesBack },
  'search for posts': {
    asker: () => star,
    field: 'search(text: "tied") { contents($page) { $edges } }',
    stay: posts,
    churn: takesBack,
  },
  'search for people': {
    asker: () => star,
    field: 'search(text: "tied") { users($page) { $rows } }',
    stay: people('stays'),
    churn: bans,
  },
  creators: {
    asker: () => star,
    field: 'creators(sort: NEW, $page) { $rows }',
    stay: people('stays'),
    churn: bans,
  },
  'posts of a person': {
    asker: () => star,
    field: 'node(id: $id) { ... on User { contents($page) { $rows } } }',
    id: () => many.id,
    stay: posts,
    churn: takesBack,
  },
  'one’s own posts': {
    asker: () => many,
    field: 'viewer { contents($page) { $rows } }',
    stay: posts,
    churn: takesBack,
  },
  'saved posts': {
    asker: () => star,
    field: 'viewer { savedContents($page) { $rows } }',
    stay: posts,
    churn: takesBack,
  },
  answers: {
    asker: () => star,
    field: 'node(id: $id) { ... on Comment { replies($page) { $rows } } }',
    id: () => globalId('Comment', parent),
    stay: `select id::text from comments where body = 'stays' and parent_id is not null`,
    churn: deletes,
  },
  'what a comment said': {
    asker: () => star,
    field: 'node(id: $id) { ... on Comment { versions($page) { $rows } } }',
    id: () => globalId('Comment', parent),
    stay: `select id::text from comment_versions where body = 'stays'`,
    churn: `with gone as (delete from comment_versions where body = 'passes' and random() < 0.5 returning *)
      insert into comment_versions (comment_id, body, valid_from, valid_to) select comment_id, body, valid_from, valid_to from gone`,
  },
  likers: {
    asker: () => star,
    field: 'node(id: $id) { ... on Content { likers($page) { $rows } } }',
    id: () => globalId('Content', post),
    stay: people('stays'),
    churn: bans,
  },
  followers: {
    asker: () => star,
    field: 'viewer { user { followers($page) { $rows } } }',
    stay: people('stays'),
    churn: bans,
  },
  following: {
    asker: () => star,
    field: 'viewer { user { following($page) { $rows } } }',
    stay: people('stays'),
    churn: `update follows set unfollowed_at = case when random() < 0.5 then app_now() end
      where follower_id = $1 and following_id in (select id from users where username like 'passes.%')`,
  },
  blocks: {
    asker: () => hermit,
    field: 'viewer { blocks($page) { $rows } }',
    stay: `select b.id::text from blocks b join users u on u.id = b.blocked_id where u.username like 'stays.%'`,
    churn: bond('blocks', 'blocker_id', 'blocked_id'),
  },
  mutes: {
    asker: () => hermit,
    field: 'viewer { mutes($page) { $rows } }',
    stay: `select m.id::text from mutes m join users u on u.id = m.muted_id where u.username like 'stays.%'`,
    churn: bond('mutes', 'muter_id', 'muted_id'),
  },
  users: { asker: () => admin, field: 'users($page) { $rows }', stay: people('stays'), churn: bans },
  sessions: {
    asker: () => hermit,
    field: 'viewer { sessions($page) { $rows } }',
    stay: `select id::text from user_sessions where device_label = 'stays'`,
    churn: `with half as (select id, random() < 0.5 as gone from user_sessions where device_label = 'passes')
      update user_sessions s set revoked_at = case when gone then app_now() end,
        revoked_reason = (case when gone then 'logout' end)::session_end_reason
      from half where half.id = s.id`,
  },
  'tips received': {
    asker: () => star,
    field: 'viewer { tipsReceived($page) { $rows } }',
    stay: `select id::text from tips where message = 'stays'`,
    churn: tipsPass,
  },
  'tips sent': {
    asker: () => many,
    field: 'viewer { tipsSent($page) { $rows } }',
    stay: `select id::text from tips where message = 'stays'`,
    churn: tipsPass,
  },
  'cases about money': {
    asker: () => admin,
    field: 'financeCases($page) { $rows }',
    stay: `select id::text from finance_cases where reference like 'stays.%'`,
    churn: `with gone as (delete from finance_cases where reference like 'passes.%' and random() < 0.5 returning *)
      insert into finance_cases (kind, reference, created_at) select kind, reference || '+', created_at from gone`,
  },
  'what somebody paid': {
    asker: () => hermit,
    field: 'viewer { transactions($page) { $rows } }',
    stay: `select id::text from transactions where description = 'stays'`,
    churn: pass('transactions', `description = 'passes'`),
  },
  'what a creator earned': {
    asker: () => star,
    field: 'viewer { earnings { transactions($page) { $rows } } }',
    stay: `select id::text from transactions where description = 'stays'`,
    churn: pass('transactions', `description = 'passes'`),
  },
  disputes: {
    asker: () => admin,
    field: 'disputes($page) { $rows }',
    stay: `select id::text from disputes where reason = 'stays'`,
    churn: pass('disputes', `reason = 'passes'`),
  },
  'disputes of a creator’s sales': {
    asker: () => many,
    field: 'viewer { earnings { disputes($page) { $rows } } }',
    stay: `select id::text from disputes where reason = 'stays'`,
    churn: past(
      `update transactions set shown_at = case when random() < 0.5 then 'infinity' else timestamptz '${INSTANT}' end
       where description = 'debit passes'`,
    ),
  },
  payouts: {
    asker: () => admin,
    field: 'payouts($page) { $rows }',
    stay: `select id::text from payouts where failure_code = 'stays'`,
    churn: pass('payouts', `failure_code = 'passes'`),
  },
  'payouts of a creator': {
    asker: () => star,
    field: 'viewer { payouts($page) { $rows } }',
    stay: `select id::text from payouts where failure_code = 'stays'`,
    churn: pass('payouts', `failure_code = 'passes'`),
  },
  subscriptions: {
    asker: () => hermit,
    field: 'viewer { subscriptions($page) { $rows } }',
    stay: `select s.id::text from subscriptions s join users u on u.id = s.creator_id where u.username like 'stays.%'`,
    churn: pass('subscriptions', `creator_id in (select id from users where username like 'passes.%')`),
  },
  subscribers: {
    asker: () => star,
    field: 'viewer { subscribers($page) { $rows } }',
    stay: `select s.id::text from subscriptions s join users u on u.id = s.subscriber_id where u.username like 'stays.%'`,
    churn: pass('subscriptions', `subscriber_id in (select id from users where username like 'passes.%')`),
  },
  'messages of processors': {
    asker: () => admin,
    field: 'webhookEvents($page) { $rows }',
    stay: `select id::text from webhook_events where type = 'stays'`,
    churn: pass('webhook_events', `type = 'passes'`),
  },
  files: {
    asker: () => many,
    field: 'viewer { media($page) { $rows } }',
    stay: `select id::text from media_assets where alt_text = 'stays'`,
    churn: `update media_assets set deleted_at = case when random() < 0.5 then app_now() end where alt_text = 'passes'`,
  },
  'what an address for webhooks was sent': {
    asker: () => many,
    field: 'node(id: $id) { ... on WebhookEndpoint { deliveries($page) { $rows } } }',
    id: () => globalId('WebhookEndpoint', hook),
    stay: `select id::text from webhook_deliveries where type = 'stays'`,
    churn: `with gone as (delete from webhook_deliveries where type = 'passes' and random() < 0.5 returning *)
      insert into webhook_deliveries (endpoint_id, event_id, object_id, type, payload, state, created_at)
      select endpoint_id, event_id + 100000, object_id, type, payload, state, created_at from gone`,
  },
}

interface Page {
  readonly ids: string[]
  readonly more: boolean
  readonly edge: string
}

const INFO = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'

async function readPage({ asker, field, id }: List, isBackward: boolean, cursor: string | null): Promise<Page> {
  const page = isBackward ? 'last: $n, before: $cursor' : 'first: $n, after: $cursor'
  const asked = field
    .replace('$page', page)
    .replace('$rows', `nodes { id } ${INFO}`)
    .replace('$edges', `edges { node { id } } ${INFO}`)
  const document = `query ($n: Int, $cursor: String${id ? ', $id: ID!' : ''}) { ${asked} }`
  let found: any = await asker().do(document, { n: PAGE, cursor, ...(id && { id: id() }) })
  while (!found.pageInfo) [found] = Object.values(found)
  const nodes = (found.nodes ?? found.edges.map(({ node }: any) => node)) as { id: string }[]
  const { hasNextPage, hasPreviousPage, startCursor, endCursor } = found.pageInfo
  return {
    ids: nodes.map((node) => uuidIn(node.id)),
    more: isBackward ? hasPreviousPage : hasNextPage,
    edge: isBackward ? startCursor : endCursor,
  }
}

/** Reads a whole list in one direction, and answers it in the list's own order. */
async function readAll(list: List, isBackward: boolean): Promise<string[]> {
  const pages: string[][] = []
  let cursor: string | null = null
  for (let more = true; more;) {
    // nobody may ask so often in a minute
    if (pages.length % 50 === 0)
      Object.assign(server.services, { limiter: makeRateLimiter({ secret: randomBytes(32) }) })
    if (pages.length % 10 === 1) await sql(list.churn, ...(list.churn.includes('$1') ? [list.asker().uuid] : []))
    const page = await readPage(list, isBackward, cursor)
    pages.push(page.ids)
    ;({ more, edge: cursor } = page)
  }
  return (isBackward ? pages.reverse() : pages).flat()
}

describe(`of ${String(ROWS)} of one instant, while others come and go, each is read once by pages of ${String(PAGE)}, both ways`, () => {
  it.each(Object.entries(LISTS))(
    '%s',
    async (_name, list) => {
      const stay = new Set((await sql(list.stay)).map(({ id }) => id))
      expect(stay.size).toBe(ROWS)
      const read: string[][] = []
      for (const isBackward of [false, true]) {
        const all = await readAll(list, isBackward)
        expect(new Set(all).size).toBe(all.length)
        read.push(all.filter((id) => stay.has(id)))
      }
      expect(read.map((ids) => new Set(ids).size)).toEqual([ROWS, ROWS])
      expect(read[1]).toEqual(read[0])
    },
    120_000,
  )
})

it('keeps no instant more exactly than a cursor says it', async () => {
  const rows = await sql(
    `select table_name || '.' || column_name as id from information_schema.columns
     where table_schema = 'public' and data_type like 'timestamp%' and datetime_precision <> 3 and table_name <> '_prisma_migrations'`,
  )
  expect(rows).toEqual([])
})
