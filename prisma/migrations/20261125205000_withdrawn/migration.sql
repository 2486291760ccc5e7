-- What a deleted or banned person did stays, but neither counts nor shows until they come back.

alter table follows
  add column withdrawn_at timestamptz(3);

alter table likes
  add column withdrawn_at timestamptz(3);

alter table comments
  add column withdrawn_at timestamptz(3);

-- the lists of followers and of those followed read nothing else
drop index follows_followers_idx;
drop index follows_following_idx;

create index follows_followers_idx
  on follows (following_id, followed_at desc, id desc)
  where unfollowed_at is null and withdrawn_at is null;

create index follows_following_idx
  on follows (follower_id, followed_at desc, id desc)
  where unfollowed_at is null and withdrawn_at is null;
