-- Threads: what a comment hangs on, whether it shows, where it lies in its list, and counts that follow.

alter table comments
  -- from the comment on top down to the parent; set by the database
  add column ancestor_ids uuid[] not null default '{}',
  -- answers below it, at whatever depth, that can be seen
  add column descendant_count integer not null default 0,
  add column purged_at timestamptz(3);

alter table comments
  -- whether it counts, and shows to whoever may read the post and meets its author
  add column is_visible boolean not null generated always as (
    deleted_at is null and hidden_at is null and withdrawn_at is null and (held_at is null or approved_at is not null)
  ) stored,
  -- whether it has a place in its list for anybody: what is gone keeps one while something below it can be seen
  add column is_listed boolean not null generated always as (
    (deleted_at is null and withdrawn_at is null) or descendant_count > 0
  ) stored,
  -- the pinned ones first, then the creator's own, then the others
  add column rank smallint not null generated always as (
    case when pinned_at is not null then 0 when is_by_creator then 1 else 2 end
  ) stored;

alter table comments
  drop constraint comments_body_length,
  add constraint comments_body_length check (char_length(body) <= 5000 and (body <> '' or purged_at is not null)),
  add constraint comments_descendant_count_range check (descendant_count >= 0),
  add constraint comments_ancestors_whole check (
    cardinality(ancestor_ids) = depth
    and ancestor_ids[1] is not distinct from root_id
    and ancestor_ids[depth] is not distinct from parent_id
  ),
  add constraint comments_pinned_on_top check (pinned_at is null or parent_id is null);

create function app_set_comment_ancestors() returns trigger
language plpgsql
as $$
begin
  select parent.ancestor_ids || parent.id into new.ancestor_ids from public.comments parent where parent.id = new.parent_id;
  -- without such a parent the foreign key says so
  new.ancestor_ids := coalesce(new.ancestor_ids, array_fill(new.parent_id, array[new.depth::int]));
  return new;
end
$$;

create trigger comments_set_ancestors before insert on comments
  for each row when (new.parent_id is not null) execute function app_set_comment_ancestors();

-- Two lists, each in its order, and nothing in them that has no place: the comments on top of a post, the answers to one.
create index comments_top_idx on comments (content_id, rank, created_at, id)
  where parent_id is null and is_listed;
create index comments_answers_idx on comments (parent_id, rank, created_at, id)
  where parent_id is not null and is_listed;

-- What somebody said under a post: to leave those out of a count whom a block parts from the viewer.
create index comments_said_idx on comments (author_id, content_id) where is_visible;
create index comments_held_idx on comments (author_id, content_id)
  where held_at is not null and approved_at is null and deleted_at is null;
create index comments_purge_idx on comments (purge_after) where purge_after is not null;

-- the two keys of a parent: of its post, and of itself within the post
create index comments_content_id_parent_id_idx on comments (content_id, parent_id);
create index comments_parent_id_content_id_idx on comments (parent_id, content_id);
drop index comments_content_id_parent_id_created_at_id_idx;
drop index comments_parent_id_created_at_id_idx;

-- Posts and comments differ by a factor of a hundred thousand in what is under them, and the statements that read it are
-- planned before it is known which they are for. They shall be planned for the largest: read in the order of an index and
-- stop, where an average post's few rows would be fetched and sorted. (The planner caps what follows from this by the share
-- of the most common value that it has seen.)
alter table comments
  alter column content_id set (n_distinct = 10),
  alter column parent_id set (n_distinct = 10);
alter table likes
  alter column content_id set (n_distinct = 10);

-- Rows are found by joining the ids: a statement may count hundreds of thousands, and the search for each in a list of them
-- takes time by their square.
create or replace function app_add_like_counts(posts uuid[], answers uuid[], changes int[]) returns void
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
    perform from public.content join unnest(ids) as held (id) on held.id = content.id order by content.id for no key update of content;

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
    perform from public.comments join unnest(ids) as held (id) on held.id = comments.id order by comments.id for no key update of comments;

    update public.comments
    set like_count = comments.like_count + totals.change
    from unnest(ids, sums) as totals (id, change)
    where comments.id = totals.id;
  end if;
end
$$;

-- Adds to the counts of posts, of parents and of all above. Rows are held in order of id, posts before comments, before they
-- change, so that two statements never wait for each other.
create function app_add_comment_counts(
  posts uuid[],
  post_changes int[],
  above uuid[],
  reply_changes int[],
  descendant_changes int[]
) returns void
language plpgsql
as $$
declare
  ids uuid[];
  sums int[];
  reply_sums int[];
begin
  select array_agg(id order by id), array_agg(change order by id)
  into ids, sums
  from (
    select id, sum(change)::int as change
    from unnest(posts, post_changes) as one (id, change)
    group by id
    having sum(change) <> 0
  ) totals;

  if ids is not null then
    perform from public.content join unnest(ids) as held (id) on held.id = content.id order by content.id for no key update of content;

    update public.content
    set comment_count = content.comment_count + totals.change
    from unnest(ids, sums) as totals (id, change)
    where content.id = totals.id;
  end if;

  select array_agg(id order by id), array_agg(replies order by id), array_agg(descendants order by id)
  into ids, reply_sums, sums
  from (
    select id, sum(replies)::int as replies, sum(descendants)::int as descendants
    from unnest(above, reply_changes, descendant_changes) as one (id, replies, descendants)
    group by id
    having sum(replies) <> 0 or sum(descendants) <> 0
  ) totals;

  if ids is not null then
    perform from public.comments join unnest(ids) as held (id) on held.id = comments.id order by comments.id for no key update of comments;

    update public.comments
    set reply_count = comments.reply_count + totals.replies,
      descendant_count = comments.descendant_count + totals.descendants
    from unnest(ids, reply_sums, sums) as totals (id, replies, descendants)
    where comments.id = totals.id;
  end if;
end
$$;

create function app_count_comments() returns trigger
language plpgsql
as $$
declare
  posts uuid[];
  post_changes int[];
  above uuid[];
  reply_changes int[];
  descendant_changes int[];
begin
  if tg_op = 'INSERT' then
    select array_agg(content_id), array_agg(1)
    into posts, post_changes
    from after_rows where is_visible;

    select array_agg(ancestor_id), array_agg((ancestor_id = parent_id)::int), array_agg(1)
    into above, reply_changes, descendant_changes
    from after_rows cross join unnest(ancestor_ids) as ancestors (ancestor_id)
    where is_visible;
  elsif tg_op = 'DELETE' then
    select array_agg(content_id), array_agg(-1)
    into posts, post_changes
    from before_rows where is_visible;

    select array_agg(ancestor_id), array_agg(-(ancestor_id = parent_id)::int), array_agg(-1)
    into above, reply_changes, descendant_changes
    from before_rows cross join unnest(ancestor_ids) as ancestors (ancestor_id)
    where is_visible;
  else
    -- most updates change counts and nothing else, those of this trigger among them; as sets, for a join of the two may be
    -- planned for one row and carried out for all
    if not exists (select id, is_visible from after_rows except select id, is_visible from before_rows) then
      return null;
    end if;

    select array_agg(content_id), array_agg(change)
    into posts, post_changes
    from (
      select content_id, 1 as change from after_rows where is_visible
      union all
      select content_id, -1 from before_rows where is_visible
    ) both_rows;

    select array_agg(ancestor_id), array_agg(change * (ancestor_id = parent_id)::int), array_agg(change)
    into above, reply_changes, descendant_changes
    from (
      select ancestor_ids, parent_id, 1 as change from after_rows where is_visible
      union all
      select ancestor_ids, parent_id, -1 from before_rows where is_visible
    ) both_rows
    cross join unnest(ancestor_ids) as ancestors (ancestor_id);
  end if;

  if posts is not null then
    perform public.app_add_comment_counts(posts, post_changes, above, reply_changes, descendant_changes);
  end if;
  return null;
end
$$;

create trigger comments_count_insert after insert on comments
  referencing new table as after_rows
  for each statement execute function app_count_comments();
create trigger comments_count_update after update on comments
  referencing old table as before_rows new table as after_rows
  for each statement execute function app_count_comments();
create trigger comments_count_delete after delete on comments
  referencing old table as before_rows
  for each statement execute function app_count_comments();
