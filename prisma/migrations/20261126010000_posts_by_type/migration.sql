-- A creator's posts of one type, in the order in which they are listed.

create index content_creator_type_idx
  on content (creator_id, type, publish_at desc, id desc) include (announced_at)
  where publish_at is not null and unpublished_at is null and deleted_at is null and removed_at is null;
