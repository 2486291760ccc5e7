-- Likes: counts changed by the statement that changes the likes, whichever it is, on rows that are cheap to update.

-- Where a table has a trigger before each update of a row, PostgreSQL computes all its stored columns again with every update:
-- the words of a long post with each like of it, five milliseconds of work. So versions are kept after the update, and only
-- where one of the columns in question is written.
create or replace function app_keep_content_version() returns trigger
language plpgsql
as $$
declare
  was jsonb := public.app_content_snapshot(old);
  changed_at timestamptz := new.updated_at;
begin
  if was = public.app_content_snapshot(new) then
    return null;
  end if;

  if changed_at is not distinct from old.updated_at then
    changed_at := public.app_now();
  end if;

  insert into public.content_versions (content_id, content_version, changed_by_id, snapshot, valid_from, valid_to)
  values (old.id, old.version, public.app_actor_id(), was, old.updated_at, greatest(old.updated_at, changed_at));

  update public.content set version = old.version + 1, updated_at = changed_at where id = old.id;
  return null;
end
$$;

drop trigger content_keep_version on content;
create trigger content_keep_version
  after update of title, teaser, body, language, visibility, is_premium, price_minor, currency, included_in_subscription,
    is_age_restricted, warnings, publish_at, unpublished_at, deleted_at, removed_at on content
  for each row execute function app_keep_content_version();

-- Adds `changes` to the likes of posts and of comments; each entry is about the one or the other. Rows are held in order of
-- id, posts before comments, before they change, so that two statements never wait for each other.
create function app_add_like_counts(posts uuid[], answers uuid[], changes int[]) returns void
language plpgsql
as $$
declare
  ids uuid[];
  sums int[];
begin
  select array_agg(id order by id), array_agg(change order by id)
  into ids, sums
  from (
    select id, sum(change)::int as change
    from unnest(posts, changes) as one (id, change)
    where id is not null
    group by id
    having sum(change) <> 0
  ) totals;

  if ids is not null then
    perform from public.content where id = any (ids) order by id for no key update;

    update public.content
    set like_count = content.like_count + totals.change
    from unnest(ids, sums) as totals (id, change)
    where content.id = totals.id;
  end if;

  select array_agg(id order by id), array_agg(change order by id)
  into ids, sums
  from (
    select id, sum(change)::int as change
    from unnest(answers, changes) as one (id, change)
    where id is not null
    group by id
    having sum(change) <> 0
  ) totals;

  if ids is not null then
    perform from public.comments where id = any (ids) order by id for no key update;

    update public.comments
    set like_count = comments.like_count + totals.change
    from unnest(ids, sums) as totals (id, change)
    where comments.id = totals.id;
  end if;
end
$$;

create function app_count_likes() returns trigger
language plpgsql
as $$
declare
  posts uuid[];
  answers uuid[];
  changes int[];
begin
  if tg_op = 'INSERT' then
    select array_agg(content_id), array_agg(comment_id), array_agg(1)
    into posts, answers, changes
    from after_rows where withdrawn_at is null;
  elsif tg_op = 'DELETE' then
    select array_agg(content_id), array_agg(comment_id), array_agg(-1)
    into posts, answers, changes
    from before_rows where withdrawn_at is null;
  else
    select array_agg(content_id), array_agg(comment_id), array_agg(change)
    into posts, answers, changes
    from (
      select content_id, comment_id, 1 as change from after_rows where withdrawn_at is null
      union all
      select content_id, comment_id, -1 from before_rows where withdrawn_at is null
    ) both_rows;
  end if;

  if changes is not null then
    perform public.app_add_like_counts(posts, answers, changes);
  end if;
  return null;
end
$$;

create trigger likes_count_insert after insert on likes
  referencing new table as after_rows
  for each statement execute function app_count_likes();
create trigger likes_count_update after update on likes
  referencing old table as before_rows new table as after_rows
  for each statement execute function app_count_likes();
create trigger likes_count_delete after delete on likes
  referencing old table as before_rows
  for each statement execute function app_count_likes();
