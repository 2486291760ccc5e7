import type pg from 'pg'

/** People without a current profile, an active key, or an e-mail under it; nobody in a sound database. */
export async function wrongPeople(owner: pg.Client): Promise<unknown[]> {
  const { rows } = await owner.query<Record<string, unknown>>(
    `select u.username from users u
     left join user_profiles p on p.user_id = u.id and p.is_current
     left join user_keys k on k.user_id = u.id and k.retired_at is null and k.destroyed_at is null
     where p.id is null or k.id is null or u.email_key_id <> k.id or substr(u.email, 2, 16) <> decode(replace(k.id::text, '-', ''), 'hex')
       or u.age_verified <> exists (
         select from age_verifications a where a.user_id = u.id and a.status = 'approved' and a.decided_at = u.age_verified_at)
       or (u.subscription_price is not null and not u.age_verified)`,
  )
  return rows
}

/** People whose counts are not what the rows say. */
export async function wrongCounters(owner: pg.Client): Promise<unknown[]> {
  const { rows } = await owner.query<Record<string, unknown>>(
    `with followers as (select following_id as id, count(*) as n from follows where unfollowed_at is null and withdrawn_at is null group by 1),
       following as (select follower_id as id, count(*) as n from follows where unfollowed_at is null and withdrawn_at is null group by 1)
     select u.username, c.follower_count, c.following_count
     from users u
     left join user_counters c on c.user_id = u.id
     left join followers on followers.id = u.id
     left join following on following.id = u.id
     where coalesce(c.follower_count, 0) <> coalesce(followers.n, 0)
       or coalesce(c.following_count, 0) <> coalesce(following.n, 0)`,
  )
  return rows
}

/** Comments whose parent, root or depth do not fit together, or which come before what they answer. */
export async function wrongThreads(owner: pg.Client): Promise<unknown[]> {
  const { rows } = await owner.query<Record<string, unknown>>(
    `select c.id from comments c
     join comments p on p.id = c.parent_id
     join comments r on r.id = c.root_id
     where c.depth <> p.depth + 1 or r.depth <> 0 or c.root_id <> coalesce(p.root_id, p.id) or c.created_at < p.created_at
       or c.content_id <> p.content_id
     union all
     select c.id from comments c join content k on k.id = c.content_id where c.is_by_creator <> (c.author_id = k.creator_id)`,
  )
  return rows
}

/** Posts and tags whose counts are not what the rows say. */
export async function wrongContentCounters(owner: pg.Client): Promise<unknown[]> {
  const { rows } = await owner.query<Record<string, unknown>>(
    `with saves as (select content_id as id, count(*) as n from saved_content group by 1),
       carried as (select scope_id as id, count(*) as n from explore_posts where is_due group by 1)
     select 'saves of a post' as what, content.id, save_count as counted, saves.n
     from content left join saves using (id) where save_count <> coalesce(saves.n, 0)
     union all
     select 'posts of a tag', tags.id, post_count, carried.n
     from tags left join carried using (id) where post_count <> coalesce(carried.n, 0)`,
  )
  return rows
}
