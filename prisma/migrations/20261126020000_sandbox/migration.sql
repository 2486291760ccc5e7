-- The books of the sandbox processor. It plays another company, so no foreign key leads in or out.

create type sandbox_kind as enum ('customer', 'method', 'charge', 'refund', 'dispute', 'payout_account', 'payout');

create table sandbox_objects (
  id text not null,
  kind sandbox_kind not null,
  idempotency_key text,
  parent_id text,
  state text not null,
  data jsonb not null,
  settles_at timestamptz(3),
  created_at timestamptz(3) not null default app_now(),
  updated_at timestamptz(3) not null default app_now(),
  constraint sandbox_objects_pkey primary key (id),
  constraint sandbox_objects_id_length check (char_length(id) between 1 and 80),
  constraint sandbox_objects_idempotency_key_length check (char_length(idempotency_key) between 1 and 255),
  constraint sandbox_objects_parent_id_length check (char_length(parent_id) between 1 and 80),
  constraint sandbox_objects_state_length check (char_length(state) between 1 and 40),
  constraint sandbox_objects_data_shape check (jsonb_typeof(data) = 'object')
);

create unique index sandbox_objects_idempotency_key_key on sandbox_objects (idempotency_key);
create index sandbox_objects_parent_id_kind_idx on sandbox_objects (parent_id, kind);
-- what moves on by itself is soon done with
create index sandbox_objects_settling_idx on sandbox_objects (settles_at) where settles_at is not null;

create trigger sandbox_objects_touch before update on sandbox_objects
  for each row execute function app_touch();

create table sandbox_events (
  id bigserial not null,
  event_id text not null,
  type text not null,
  object_id text not null,
  payload jsonb not null,
  attempt_count smallint not null default 0,
  due_at timestamptz(3) not null,
  delivered_at timestamptz(3),
  dropped_at timestamptz(3),
  created_at timestamptz(3) not null default app_now(),
  constraint sandbox_events_pkey primary key (id),
  constraint sandbox_events_event_id_length check (char_length(event_id) between 1 and 200),
  constraint sandbox_events_type_length check (char_length(type) between 1 and 100),
  constraint sandbox_events_object_id_length check (char_length(object_id) between 1 and 200),
  constraint sandbox_events_payload_shape check (jsonb_typeof(payload) = 'object'),
  constraint sandbox_events_attempt_count_range check (attempt_count >= 0),
  constraint sandbox_events_one_end check (delivered_at is null or dropped_at is null)
);

create unique index sandbox_events_event_id_key on sandbox_events (event_id);
create index sandbox_events_created_at_idx on sandbox_events (created_at);
create index sandbox_events_due_idx on sandbox_events (due_at, id) where delivered_at is null and dropped_at is null;
