-- What decides whether a creator's newest post is in a feed is in the index: the post itself is not fetched for it.

drop index content_creator_feed_idx;
drop index content_creator_open_feed_idx;

create index content_creator_feed_idx
  on content (creator_id, publish_at desc, id desc) include (announced_at)
  where publish_at is not null and unpublished_at is null and deleted_at is null and removed_at is null;

create index content_creator_open_feed_idx
  on content (creator_id, publish_at desc, id desc) include (announced_at)
  where publish_at is not null and unpublished_at is null and deleted_at is null and removed_at is null
    and not is_age_restricted;
