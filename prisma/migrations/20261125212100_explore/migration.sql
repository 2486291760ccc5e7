-- What people look around in: every post that lists may show, and every creator, once under everything and once under each
-- subject or tag, so that each filter and each order is a range of an index. The scope of everything is the nil UUID.

create table explore_posts (
  content_id uuid not null,
  scope_id uuid not null,
  type content_type not null,
  is_age_restricted boolean not null,
  publish_at timestamptz(3) not null,
  is_due boolean not null,
  score bigint not null,
  constraint explore_posts_pkey primary key (content_id, scope_id),
  constraint explore_posts_score_range check (score >= 0)
);

create table explore_creators (
  user_id uuid not null,
  scope_id uuid not null,
  is_adult boolean not null,
  creator_since timestamptz(3) not null,
  follower_count integer not null,
  rising integer not null,
  constraint explore_creators_pkey primary key (user_id, scope_id),
  constraint explore_creators_follower_count_range check (follower_count >= 0),
  constraint explore_creators_rising_range check (rising >= 0)
);

alter table explore_posts
  add constraint explore_posts_content_id_fkey
  foreign key (content_id) references content (id) on delete cascade on update cascade;

alter table explore_creators
  add constraint explore_creators_user_id_fkey
  foreign key (user_id) references users (id) on delete cascade on update cascade;

create index explore_posts_newest_idx
  on explore_posts (scope_id, is_age_restricted, publish_at desc, content_id desc);
create index explore_posts_popular_idx
  on explore_posts (scope_id, is_age_restricted, score desc, content_id desc);
create index explore_posts_newest_of_type_idx
  on explore_posts (scope_id, is_age_restricted, type, publish_at desc, content_id desc);
create index explore_posts_popular_of_type_idx
  on explore_posts (scope_id, is_age_restricted, type, score desc, content_id desc);
create index explore_posts_ahead_idx on explore_posts (publish_at) where not is_due;

create index explore_creators_newest_idx
  on explore_creators (scope_id, is_adult, creator_since desc, user_id desc);
create index explore_creators_popular_idx
  on explore_creators (scope_id, is_adult, follower_count desc, user_id desc);
create index explore_creators_rising_idx
  on explore_creators (scope_id, is_adult, rising desc, user_id desc)
  where rising > 0;

-- A tag counts the posts that somebody could find under it now: in place of a count of all, drafts among them, which would tell
-- of what is not published.
drop trigger content_tags_count_insert on content_tags;
drop trigger content_tags_count_delete on content_tags;
drop function app_count_tags();

alter table tags
  drop column content_count,
  add column post_count integer not null default 0,
  add column open_post_count integer not null default 0,
  add constraint tags_post_count_range check (post_count >= open_post_count and open_post_count >= 0);

create index tags_use_idx on tags ((-post_count), name) where post_count > 0;
create index tags_open_use_idx on tags ((-open_post_count), name) where open_post_count > 0;
create index tags_prefix_idx on tags (lower(name::text) text_pattern_ops) where post_count > 0;

-- How far up a post stands among the popular: ten times as many reactions weigh as much as being two days younger.
create function app_explore_score(likes int, comments int, saves int, publish_at timestamptz) returns bigint
language sql stable parallel safe
return greatest(
  0,
  floor(1000 * log((1 + likes + 2 * comments + 2 * saves)::float8) + extract(epoch from publish_at) * 1000 / 172800)::bigint
);

-- Has the listings of these posts agree with their rows, whatever happened to those. What is not due yet has no score and is
-- counted nowhere: a job looks at it again when its time comes.
create function app_refresh_explore_posts(ids uuid[]) returns void
language plpgsql
as $$
declare
  at timestamptz := public.app_transaction_time();
begin
  delete from public.explore_posts e
  where e.content_id = any (ids) and not exists (
    select from public.app_explore_scopes(ids) scope
    where scope.content_id = e.content_id and scope.scope_id = e.scope_id
  );

  insert into public.explore_posts (content_id, scope_id, type, is_age_restricted, publish_at, is_due, score)
  select c.id, scope.scope_id, c.type, c.is_age_restricted, c.publish_at, c.publish_at <= at,
    case
      when c.publish_at <= at
        then public.app_explore_score(c.like_count, c.comment_count, c.save_count, c.publish_at)
      else 0
    end
  from public.app_explore_scopes(ids) scope join public.content c on c.id = scope.content_id
  order by c.id, scope.scope_id
  on conflict (content_id, scope_id) do update
  set type = excluded.type,
    is_age_restricted = excluded.is_age_restricted,
    publish_at = excluded.publish_at,
    is_due = excluded.is_due,
    score = excluded.score
  where (explore_posts.type, explore_posts.is_age_restricted, explore_posts.publish_at, explore_posts.is_due)
    is distinct from (excluded.type, excluded.is_age_restricted, excluded.publish_at, excluded.is_due);
end
$$;

-- Where these posts are listed: nowhere when no list may show them, whoever looks.
create function app_explore_scopes(ids uuid[]) returns table (content_id uuid, scope_id uuid)
language sql stable
as $$
  with listed as materialized (
    select c.id
    from public.content c join public.users u on u.id = c.creator_id
    where c.id = any (ids)
      and c.publish_at is not null and c.unpublished_at is null and c.deleted_at is null and c.removed_at is null
      and c.shadow_banned_at is null
      and u.account_status in ('active', 'suspended')
  )
  select id, '00000000-0000-0000-0000-000000000000'::uuid from listed
  union all
  select listed.id, category_id from listed join public.content_categories on content_categories.content_id = listed.id
  union all
  select listed.id, tag_id from listed join public.content_tags on content_tags.content_id = listed.id
$$;

create function app_explore_new_posts() returns trigger
language plpgsql
as $$
begin
  perform public.app_refresh_explore_posts(array_agg(id)) from made where publish_at is not null;
  return null;
end
$$;

create trigger content_explore_insert after insert on content
  referencing new table as made
  for each statement execute function app_explore_new_posts();

create function app_explore_changed_post() returns trigger
language plpgsql
as $$
begin
  perform public.app_refresh_explore_posts(array[new.id]);
  return null;
end
$$;

create trigger content_explore_update after update on content
  for each row
  when (
    (
      old.type, old.is_age_restricted, old.publish_at, old.unpublished_at, old.deleted_at, old.removed_at,
      old.shadow_banned_at
    ) is distinct from (
      new.type, new.is_age_restricted, new.publish_at, new.unpublished_at, new.deleted_at, new.removed_at,
      new.shadow_banned_at
    )
  )
  execute function app_explore_changed_post();

-- The posts are held first: whoever publishes one at the same time is either waited for or sees its new tags.
create function app_explore_sorted_posts() returns trigger
language plpgsql
as $$
declare
  ids uuid[];
begin
  select array_agg(distinct content_id) into ids from changed;
  if ids is null then
    return null;
  end if;
  perform from public.content where id = any (ids) order by id for no key update;
  perform public.app_refresh_explore_posts(ids);
  return null;
end
$$;

create trigger content_tags_explore_insert after insert on content_tags
  referencing new table as changed
  for each statement execute function app_explore_sorted_posts();
create trigger content_tags_explore_delete after delete on content_tags
  referencing old table as changed
  for each statement execute function app_explore_sorted_posts();
create trigger content_categories_explore_insert after insert on content_categories
  referencing new table as changed
  for each statement execute function app_explore_sorted_posts();
create trigger content_categories_explore_delete after delete on content_categories
  referencing old table as changed
  for each statement execute function app_explore_sorted_posts();

-- Tags follow their listings, held in order of id.
create function app_count_tagged_posts() returns trigger
language plpgsql
as $$
declare
  ids uuid[];
  changes int[];
  open_changes int[];
begin
  if tg_op = 'INSERT' then
    select array_agg(scope_id order by scope_id), array_agg(n order by scope_id), array_agg(open_n order by scope_id)
    into ids, changes, open_changes
    from (
      select scope_id, count(*)::int as n, (count(*) filter (where not is_age_restricted))::int as open_n
      from after_rows where is_due group by scope_id
    ) counted;
  elsif tg_op = 'DELETE' then
    select array_agg(scope_id order by scope_id), array_agg(-n order by scope_id), array_agg(-open_n order by scope_id)
    into ids, changes, open_changes
    from (
      select scope_id, count(*)::int as n, (count(*) filter (where not is_age_restricted))::int as open_n
      from before_rows where is_due group by scope_id
    ) counted;
  else
    select array_agg(scope_id order by scope_id), array_agg(n order by scope_id), array_agg(open_n order by scope_id)
    into ids, changes, open_changes
    from (
      select scope_id, sum(step)::int as n, (sum(step) filter (where not is_age_restricted))::int as open_n
      from (
        select scope_id, is_age_restricted, 1 as step from after_rows where is_due
        union all
        select scope_id, is_age_restricted, -1 from before_rows where is_due
      ) steps
      group by scope_id
      having sum(step) <> 0 or coalesce(sum(step) filter (where not is_age_restricted), 0) <> 0
    ) counted;
  end if;

  if ids is null then
    return null;
  end if;
  perform from public.tags where id = any (ids) order by id for no key update;
  update public.tags
  set post_count = tags.post_count + counted.n,
    open_post_count = tags.open_post_count + coalesce(counted.open_n, 0)
  from unnest(ids, changes, open_changes) as counted (id, n, open_n)
  where tags.id = counted.id;
  return null;
end
$$;

create trigger explore_posts_count_insert after insert on explore_posts
  referencing new table as after_rows
  for each statement execute function app_count_tagged_posts();
create trigger explore_posts_count_update after update on explore_posts
  referencing old table as before_rows new table as after_rows
  for each statement execute function app_count_tagged_posts();
create trigger explore_posts_count_delete after delete on explore_posts
  referencing old table as before_rows
  for each statement execute function app_count_tagged_posts();

-- Has the listings of these people agree with their rows: creators alone are listed, and who is of an adult subject only to
-- people of proven age. How they fare is looked at by a job.
create function app_refresh_explore_creators(ids uuid[]) returns void
language plpgsql
as $$
begin
  delete from public.explore_creators e
  where e.user_id = any (ids) and not exists (
    select from public.app_explore_creator_scopes(ids) scope
    where scope.user_id = e.user_id and scope.scope_id = e.scope_id
  );

  insert into public.explore_creators (user_id, scope_id, is_adult, creator_since, follower_count, rising)
  select u.id, scope.scope_id,
    exists (
      select from public.creator_categories k join public.categories g on g.id = k.category_id
      where k.user_id = u.id and g.is_adult
    ),
    u.creator_since, coalesce(other.follower_count, c.follower_count, 0), coalesce(other.rising, 0)
  from public.app_explore_creator_scopes(ids) scope
  join public.users u on u.id = scope.user_id
  left join public.user_counters c on c.user_id = u.id
  left join public.explore_creators other
    on other.user_id = u.id and other.scope_id = '00000000-0000-0000-0000-000000000000'
  order by u.id, scope.scope_id
  on conflict (user_id, scope_id) do update
  set is_adult = excluded.is_adult, creator_since = excluded.creator_since
  where (explore_creators.is_adult, explore_creators.creator_since)
    is distinct from (excluded.is_adult, excluded.creator_since);
end
$$;

create function app_explore_creator_scopes(ids uuid[]) returns table (user_id uuid, scope_id uuid)
language sql stable
as $$
  with listed as materialized (
    select u.id from public.users u
    where u.id = any (ids) and u.account_type = 'creator' and u.account_status in ('active', 'suspended')
  )
  select id, '00000000-0000-0000-0000-000000000000'::uuid from listed
  union all
  select listed.id, category_id from listed join public.creator_categories on creator_categories.user_id = listed.id
$$;

create function app_explore_new_people() returns trigger
language plpgsql
as $$
begin
  perform public.app_refresh_explore_creators(array_agg(id)) from made where account_type = 'creator';
  return null;
end
$$;

create trigger users_explore_insert after insert on users
  referencing new table as made
  for each statement execute function app_explore_new_people();

create function app_explore_changed_person() returns trigger
language plpgsql
as $$
begin
  perform public.app_refresh_explore_creators(array[new.id]);
  return null;
end
$$;

create trigger users_explore_update after update on users
  for each row
  when (
    (old.account_type, old.account_status, old.creator_since)
    is distinct from (new.account_type, new.account_status, new.creator_since)
  )
  execute function app_explore_changed_person();

create function app_explore_sorted_people() returns trigger
language plpgsql
as $$
declare
  ids uuid[];
begin
  select array_agg(distinct user_id) into ids from changed;
  if ids is null then
    return null;
  end if;
  perform from public.users where id = any (ids) order by id for no key update;
  perform public.app_refresh_explore_creators(ids);
  return null;
end
$$;

create trigger creator_categories_explore_insert after insert on creator_categories
  referencing new table as changed
  for each statement execute function app_explore_sorted_people();
create trigger creator_categories_explore_delete after delete on creator_categories
  referencing old table as changed
  for each statement execute function app_explore_sorted_people();
