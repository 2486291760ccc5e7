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
       carried as (select scope_id as id, count(*) as n from explore_posts where is_due group by 1),
       liked as (select content_id as id, count(*) as n from likes where withdrawn_at is null and content_id is not null group by 1),
       said as (select content_id as id, count(*) as n from comments where is_visible group by 1)
     select 'saves of a post' as what, content.id, save_count as counted, saves.n
     from content left join saves using (id) where save_count <> coalesce(saves.n, 0)
     union all
     select 'likes of a post', content.id, like_count, liked.n
     from content left join liked using (id) where like_count <> coalesce(liked.n, 0)
     union all
     select 'comments of a post', content.id, comment_count, said.n
     from content left join said using (id) where comment_count <> coalesce(said.n, 0)
     union all
     select 'posts of a tag', tags.id, post_count, carried.n
     from tags left join carried using (id) where post_count <> coalesce(carried.n, 0)`,
  )
  return rows
}

/** Comments whose counts are not what the rows say. */
export async function wrongCommentCounters(owner: pg.Client): Promise<unknown[]> {
  const { rows } = await owner.query<Record<string, unknown>>(
    `with liked as (select comment_id as id, count(*) as n from likes where withdrawn_at is null and comment_id is not null group by 1),
       answered as (select parent_id as id, count(*) as n from comments where is_visible and parent_id is not null group by 1),
       below as (select a.id, count(*) as n from comments cross join unnest(ancestor_ids) as a (id) where is_visible group by 1)
     select c.id, like_count, liked.n as likes, reply_count, answered.n as replies, descendant_count, below.n as descendants
     from comments c
     left join liked using (id)
     left join answered using (id)
     left join below using (id)
     where like_count <> coalesce(liked.n, 0) or reply_count <> coalesce(answered.n, 0)
       or descendant_count <> coalesce(below.n, 0)`,
  )
  return rows
}

/** What nobody can have done: liking one's own, or what one cannot open, or answering where nothing was said yet. */
export async function impossibleDeeds(owner: pg.Client): Promise<unknown[]> {
  const { rows } = await owner.query<Record<string, unknown>>(
    `select l.id from likes l join content c on c.id = l.content_id where l.user_id = c.creator_id or l.created_at < c.publish_at
     union all
     select l.id from likes l join comments k on k.id = l.comment_id where l.user_id = k.author_id or l.created_at < k.created_at
     union all
     select k.id from comments k join content c on c.id = k.content_id where k.created_at < c.publish_at
     union all
     select s.id from saved_content s join content c on c.id = s.content_id where s.created_at < c.publish_at
     union all
     select f.id from follows f join blocks b on b.blocker_id = f.follower_id and b.blocked_id = f.following_id
       or b.blocked_id = f.follower_id and b.blocker_id = f.following_id
     where f.unfollowed_at is null`,
  )
  return rows
}

/** Posts without a file of their kind, files that are not ready or lack what is shown of them, creators without pictures. */
export async function wrongMedia(owner: pg.Client): Promise<unknown[]> {
  const { rows } = await owner.query<Record<string, unknown>>(
    `select 'no file of its kind' as what, c.id from content c
     where c.type not in ('text', 'live_stream') and not exists (
       select from content_media m join media_assets a on a.id = m.media_id where m.content_id = c.id and a.kind::text = c.type::text
     )
     union all
     select 'somebody else’s', m.id from content_media m join content c on c.id = m.content_id join media_assets a on a.id = m.media_id
     where a.owner_id <> c.creator_id or a.purpose <> 'content'
     union all
     select 'not ready', id from media_assets where state <> 'ready' or (kind = 'image' and (thumbhash is null or width is null))
     union all
     select 'nothing shown of it', a.id from media_assets a
     where (select array_agg(distinct v.kind::text order by v.kind::text) from media_variants v where v.asset_id = a.id)
       is distinct from case when a.kind = 'image' then array['blurred', 'rendition', 'thumbnail'] else array['rendition'] end
     union all
     select 'no face', u.id from users u join user_profiles p on p.user_id = u.id and p.is_current
     where u.account_type = 'creator' and num_nulls(p.avatar_media_id, p.banner_media_id) > 0`,
  )
  return rows
}
