-- The feed of people of unproven age: a creator's restricted posts, however many, are not read on the way to the others.

create index content_creator_open_feed_idx
  on content (creator_id, publish_at desc, id desc)
  where publish_at is not null and unpublished_at is null and deleted_at is null and removed_at is null
    and not is_age_restricted;
