-- Notifications that join in groups, are told once whatever is retried, and reach many by a job that can be killed.

alter table notifications
  add column once_key text,
  add column group_id uuid,
  add column group_from bigint,
  add column group_since timestamptz(3),
  add column superseded_by bigint,
  add constraint notifications_once_key_length check (char_length(once_key) between 1 and 200),
  add constraint notifications_group_whole check (
    num_nonnulls(group_id, group_from, group_since) in (0, 3) and (group_id is null or group_key is not null)
  ),
  add constraint notifications_group_order check (group_from <= sequence and group_since <= created_at),
  add constraint notifications_superseded_by_newer check (superseded_by > sequence);

-- the group's newest row stands for it in every list; the others are found through it
drop index notifications_user_id_group_key_sequence_idx;
drop index notifications_event_id_idx;

create index notifications_heads_idx
  on notifications (user_id, sequence desc)
  where superseded_by is null and hidden_at is null;

create index notifications_heads_of_type_idx
  on notifications (user_id, type, sequence desc)
  where superseded_by is null and hidden_at is null;

create index notifications_group_idx
  on notifications (user_id, group_key, sequence desc)
  where group_key is not null;

create index notifications_once_idx
  on notifications (user_id, once_key)
  where once_key is not null;

alter table notification_preferences
  drop constraint notification_preferences_moderation_stays_on,
  add constraint notification_preferences_some_stay_on check (
    enabled
    or channel = 'push'
    or type not in ('moderation_action', 'account', 'system_announcement')
    or channel = 'email' and type = 'system_announcement'
  );

create table notification_fanouts (
  id uuid not null default gen_random_uuid(),
  event_id bigint not null,
  content_id uuid not null,
  creator_id uuid not null,
  happened_at timestamptz(3) not null,
  told_up_to_id uuid,
  told_count integer not null default 0,
  created_at timestamptz(3) not null default app_now(),
  finished_at timestamptz(3),
  constraint notification_fanouts_pkey primary key (id),
  constraint notification_fanouts_content_id_fkey
    foreign key (content_id) references content (id) on delete cascade on update cascade,
  constraint notification_fanouts_creator_id_fkey
    foreign key (creator_id) references users (id) on delete restrict on update cascade,
  constraint notification_fanouts_event_id_range check (event_id > 0),
  constraint notification_fanouts_told_count_range check (told_count >= 0)
);

create unique index notification_fanouts_event_id_key on notification_fanouts (event_id);
create index notification_fanouts_content_id_idx on notification_fanouts (content_id);
create index notification_fanouts_creator_id_idx on notification_fanouts (creator_id);

-- whom a creator reaches, in order of id, so that a batch begins where the one before ended
create index follows_fanout_idx
  on follows (following_id, follower_id)
  where unfollowed_at is null and withdrawn_at is null;

create index entitlement_grants_fanout_idx
  on entitlement_grants (creator_id, user_id)
  where content_id is null and message_id is null and stream_id is null and revoked_at is null;

-- When quiet hours that `at` lies in are over; null when it lies in none. They begin and end by the clock on the wall: the
-- end is the first instant at which the clock shows it or, where it is skipped that night, a later time.
create function app_quiet_until(at timestamptz, from_minute smallint, to_minute smallint, zone text) returns timestamptz
language plpgsql stable parallel safe
as $$
declare
  wall timestamp := at at time zone zone;
  minute int := extract(hour from wall) * 60 + extract(minute from wall);
  ends timestamp;
  found timestamptz;
begin
  if from_minute is null or to_minute is null then
    return null;
  end if;
  if from_minute < to_minute and (minute < from_minute or minute >= to_minute)
    or from_minute >= to_minute and minute < from_minute and minute >= to_minute
  then
    return null;
  end if;

  ends := date_trunc('day', wall) + make_interval(mins => to_minute);
  if ends <= wall then
    ends := ends + interval '1 day';
  end if;

  -- a time that comes twice, because the clock is set back, comes first by the offset now in force
  found := at + (ends - wall);
  if found at time zone zone = ends then
    return found;
  end if;

  found := ends at time zone zone;
  while (found - interval '1 minute') at time zone zone >= ends loop
    found := found - interval '1 minute';
  end loop;
  return found;
end
$$;
