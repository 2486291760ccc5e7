-- Who bought a post that moderation took down gets the price back, once.
alter table purchases add column removal_settled_at timestamptz(3);

create index content_removed_idx on content (removed_at)
  where removed_at is not null;
