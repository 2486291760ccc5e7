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
