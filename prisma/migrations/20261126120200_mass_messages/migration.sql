-- Whom a mass message is for is read in order of id, so that a run can go on where one ended.

create index follows_reach_idx on follows (following_id, follower_id) where unfollowed_at is null and withdrawn_at is null;
create index subscriptions_reach_idx on subscriptions (creator_id, subscriber_id) where started_at is not null;
create index transactions_spent_idx on transactions (creator_id, payer_id) where payer_id is not null and status = 'succeeded';

alter table fan_lists
  add column member_count integer not null default 0,
  add constraint fan_lists_member_count_range check (member_count >= 0);
create index fan_list_members_added_idx on fan_list_members (list_id, created_at desc, user_id desc);
