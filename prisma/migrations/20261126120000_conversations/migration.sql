-- Conversations: what happens in one is numbered, and the lists of a person have indexes of their own.

alter table conversations
  add column last_event_sequence bigint not null default 0,
  add constraint conversations_last_event_sequence_range check (last_event_sequence >= 0);

create type conversation_event_kind as enum ('created', 'edited', 'deleted', 'opened', 'closed');

-- What a reader who was away reads again. Numbered under the lock of the conversation, so that what commits later has a
-- higher number.
create table conversation_events (
  conversation_id uuid not null,
  sequence bigint not null,
  kind conversation_event_kind not null,
  message_id uuid not null,
  created_at timestamptz(3) not null default app_now(),
  constraint conversation_events_pkey primary key (conversation_id, sequence),
  constraint conversation_events_conversation_id_fkey foreign key (conversation_id) references conversations (id)
    on delete cascade on update cascade,
  constraint conversation_events_sequence_range check (sequence > 0)
);
create index conversation_events_created_at_idx on conversation_events (created_at);

-- A person's lists, the newest first: each has an index without what the list leaves out.
drop index conversation_participants_user_id_last_message_at_id_idx;
create index conversation_participants_user_id_updated_at_idx on conversation_participants (user_id, updated_at);
create index conversation_participants_inbox_idx on conversation_participants (user_id, last_message_at desc, id desc)
  where archived_at is null;
create index conversation_participants_archived_idx on conversation_participants (user_id, last_message_at desc, id desc)
  where archived_at is not null;
create index conversation_participants_unread_idx on conversation_participants (user_id, last_message_at desc, id desc)
  where unread_count > 0;
create index conversation_participants_pinned_idx on conversation_participants (user_id, last_message_at desc, id desc)
  where pinned_at is not null;

-- What has to be paid for and was not: up to there the other side may know what was read.
create index messages_locked_idx on messages (conversation_id, sequence)
  where is_premium and opened_at is null and deleted_at is null;
