-- What is no news any more, as a stream that was called off, or is over, is found by its id and on its creator's page, and in
-- no feed.

alter table content add column over_at timestamptz(3);

drop index content_creator_feed_idx;
drop index content_creator_open_feed_idx;

create index content_creator_feed_idx
  on content (creator_id, publish_at desc, id desc) include (announced_at, over_at)
  where publish_at is not null and unpublished_at is null and deleted_at is null and removed_at is null;

create index content_creator_open_feed_idx
  on content (creator_id, publish_at desc, id desc) include (announced_at, over_at)
  where publish_at is not null and unpublished_at is null and deleted_at is null and removed_at is null
    and not is_age_restricted;

-- Where these posts are listed: nowhere when no list may show them, whoever looks, or when they are no news any more.
create or replace function app_explore_scopes(ids uuid[]) returns table (content_id uuid, scope_id uuid)
language sql stable
as $$
  with listed as materialized (
    select c.id
    from public.content c join public.users u on u.id = c.creator_id
    where c.id = any (ids)
      and c.publish_at is not null and c.unpublished_at is null and c.deleted_at is null and c.removed_at is null
      and c.shadow_banned_at is null and c.over_at is null
      and u.account_status in ('active', 'suspended')
  )
  select id, '00000000-0000-0000-0000-000000000000'::uuid from listed
  union all
  select listed.id, category_id from listed join public.content_categories on content_categories.content_id = listed.id
  union all
  select listed.id, tag_id from listed join public.content_tags on content_tags.content_id = listed.id
$$;

drop trigger content_explore_update on content;
create trigger content_explore_update after update on content
  for each row
  when (
    (
      old.type, old.is_age_restricted, old.publish_at, old.unpublished_at, old.deleted_at, old.removed_at,
      old.shadow_banned_at, old.over_at
    ) is distinct from (
      new.type, new.is_age_restricted, new.publish_at, new.unpublished_at, new.deleted_at, new.removed_at,
      new.shadow_banned_at, new.over_at
    )
  )
  execute function app_explore_changed_post();
