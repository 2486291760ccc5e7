import type { TestDatabase } from '../support/database.js'

/** How large a world is. */
export interface Scale {
  readonly creators: number
  readonly posts: number
}

/** The id of a made-up person by their number, and of a post. */
export const personId = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`

/** How many tags there are; the first are carried by many posts, most by a few. */
export const TAGS = 20_000
/** Fans, after the creators by number; the first follows as many as anybody may. */
const FANS = 2

/**
 * Fills a database by set-based SQL, and analyses it: creators of whom the first have most of the posts, three quarters of the
 * posts of the first thousand restricted by age; every post under one of ten subjects and with two tags; every creator under
 * one of them.
 */
export async function fillScale({ owner }: TestDatabase, { creators, posts }: Scale): Promise<void> {
  // what the triggers do one by one is done for all at the end
  await owner.query('set session_replication_role = replica')
  await owner.query(`
    insert into users (id, username, display_name, email, email_index, account_type, creator_since, currency, created_at)
    select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'maker_' || to_hex(n), 'Maker ' || n, '\\x00',
      decode(md5(n::text) || md5(n::text), 'hex'), 'creator', app_now() - n * interval '1 second', 'EUR', app_now()
    from generate_series(1, ${String(creators)}) n`)
  await owner.query(
    `insert into content (creator_id, type, title, teaser, body, is_age_restricted, publish_at, created_at)
    select ('00000000-0000-4000-8000-' || lpad(to_hex(1 + floor($1::int * luck ^ 2)::int), 12, '0'))::uuid,
      (array['image', 'video', 'audio', 'text', 'text']::content_type[])[1 + n % 5], 'Post number ' || n,
      'What it is about, in a line', 'The text of the post, which everybody may read.',
      luck ^ 2 * $1 < 1000 and n % 4 <> 0, at, at
    from (
      select n, (hashint8extended(n, 1) & 4294967295) / 4294967296.0::float8 as luck,
        app_now() - (hashint8extended(n, 2) & 31535999) * interval '1 second' as at
      from generate_series(1, $2::int) n
    ) numbered`,
    [creators, posts],
  )
  await owner.query(
    `insert into users (id, username, display_name, email, email_index)
    select ('00000000-0000-4000-8000-' || lpad(to_hex($1::int + n), 12, '0'))::uuid, 'fan_' || n, 'Fan', '\\x00',
      decode(md5('fan' || n) || md5('fan' || n), 'hex')
    from generate_series(1, $2::int) n`,
    [creators, FANS],
  )
  await owner.query(
    `insert into tags (name) select case when n % 2 = 0 then 'a' else 'topic' end || lpad(n::text, 5, '0') from generate_series(1, $1::int) n`,
    [TAGS],
  )
  await owner.query(
    `insert into content_tags (content_id, tag_id)
    select distinct c.id, t.id
    from (
      select id, 1 + floor($1::int * ((uuid_hash_extended(id, which) & 4294967295) / 4294967296.0::float8) ^ 3)::int as number
      from content, generate_series(1, 2) which
    ) c
    join (select id, row_number() over (order by name) as number from tags) t using (number)`,
    [TAGS],
  )
  await owner.query(
    `insert into content_categories (content_id, category_id)
    select c.id, g.id from content c
    join (select id, row_number() over (order by position) as number from categories) g
      on g.number = 1 + (uuid_hash_extended(c.id, 9) & 7)`,
  )
  await owner.query(
    `insert into creator_categories (user_id, category_id)
    select u.id, g.id from users u
    join (select id, row_number() over (order by position) as number from categories) g
      on g.number = 1 + (uuid_hash_extended(u.id, 9) & 7)
    where u.account_type = 'creator'`,
  )
  await owner.query(
    `insert into explore_posts (content_id, scope_id, type, is_age_restricted, publish_at, is_due, score)
    select c.id, scope.id, c.type, c.is_age_restricted, c.publish_at, true,
      app_explore_score(c.like_count, c.comment_count, c.save_count, c.publish_at)
    from content c
    cross join lateral (
      select '00000000-0000-0000-0000-000000000000'::uuid as id
      union all select tag_id from content_tags where content_id = c.id
      union all select category_id from content_categories where content_id = c.id
    ) scope`,
  )
  await owner.query(
    `update tags set post_count = n, open_post_count = open_n
    from (
      select scope_id, count(*)::int as n, count(*) filter (where not is_age_restricted)::int as open_n
      from explore_posts group by scope_id
    ) counted
    where tags.id = scope_id`,
  )
  await owner.query('set session_replication_role = origin')
  await owner.query(
    `insert into follows (follower_id, following_id, followed_at)
    select ('00000000-0000-4000-8000-' || lpad(to_hex($1::int + 1), 12, '0'))::uuid, id, app_now()
    from users where account_type = 'creator' order by id limit 5000`,
    [creators],
  )
  await owner.query(`select app_refresh_explore_creators(array_agg(id)) from users where account_type = 'creator'`)
  await owner.query(
    `update explore_creators set follower_count = uuid_hash_extended(user_id, 3) & 1023, rising = uuid_hash_extended(user_id, 4) & 255`,
  )
  await owner.query('vacuum analyze')
}
