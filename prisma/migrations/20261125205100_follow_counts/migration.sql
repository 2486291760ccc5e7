-- Counts of followers and of those followed, changed by the statement that changes the follows, whichever it is.

-- Adds `changes` to the counts of both sides of each follow. Counters are made where there are none, and held in order
-- of id before they change, so that two statements never wait for each other.
create function app_add_follow_counts(followers uuid[], followed uuid[], changes int[]) returns void
language plpgsql
as $$
declare
  ids uuid[];
  follower_changes int[];
  following_changes int[];
begin
  select array_agg(id order by id), array_agg(followers_more order by id), array_agg(following_more order by id)
  into ids, follower_changes, following_changes
  from (
    select id, sum(followers_more)::int as followers_more, sum(following_more)::int as following_more
    from (
      select followed_id as id, change as followers_more, 0 as following_more
      from unnest(followed, changes) as one (followed_id, change)
      union all
      select follower_id, 0, change from unnest(followers, changes) as other (follower_id, change)
    ) sides
    group by id
    having sum(followers_more) <> 0 or sum(following_more) <> 0
  ) totals;

  if ids is null then
    return;
  end if;

  insert into public.user_counters (user_id)
  select id from unnest(ids) as missing (id) order by id
  on conflict (user_id) do nothing;

  perform from public.user_counters where user_id = any (ids) order by user_id for no key update;

  update public.user_counters counters
  set follower_count = counters.follower_count + totals.followers_more,
    following_count = counters.following_count + totals.following_more
  from unnest(ids, follower_changes, following_changes) as totals (id, followers_more, following_more)
  where counters.user_id = totals.id;
end
$$;

create function app_count_follows() returns trigger
language plpgsql
as $$
declare
  followers uuid[];
  followed uuid[];
  changes int[];
begin
  if tg_op = 'INSERT' then
    select array_agg(follower_id), array_agg(following_id), array_agg(1)
    into followers, followed, changes
    from after_rows where unfollowed_at is null and withdrawn_at is null;
  elsif tg_op = 'DELETE' then
    select array_agg(follower_id), array_agg(following_id), array_agg(-1)
    into followers, followed, changes
    from before_rows where unfollowed_at is null and withdrawn_at is null;
  else
    select array_agg(follower_id), array_agg(following_id), array_agg(change)
    into followers, followed, changes
    from (
      select follower_id, following_id, 1 as change
      from after_rows where unfollowed_at is null and withdrawn_at is null
      union all
      select follower_id, following_id, -1
      from before_rows where unfollowed_at is null and withdrawn_at is null
    ) both_rows;
  end if;

  if followers is not null then
    perform public.app_add_follow_counts(followers, followed, changes);
  end if;
  return null;
end
$$;

create trigger follows_count_insert after insert on follows
  referencing new table as after_rows
  for each statement execute function app_count_follows();
create trigger follows_count_update after update on follows
  referencing old table as before_rows new table as after_rows
  for each statement execute function app_count_follows();
create trigger follows_count_delete after delete on follows
  referencing old table as before_rows
  for each statement execute function app_count_follows();
