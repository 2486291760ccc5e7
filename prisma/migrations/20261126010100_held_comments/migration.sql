-- What waits for a creator's approval: few of all comments, found under each of the creator's posts.

create index comments_waiting_idx on comments (content_id, created_at desc, id desc)
  where held_at is not null and approved_at is null and deleted_at is null and withdrawn_at is null and hidden_at is null;
