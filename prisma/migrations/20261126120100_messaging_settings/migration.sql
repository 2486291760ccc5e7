-- Whether a person lets others know that they are there, and, only while they do, when they last were.

create table messaging_settings (
  user_id uuid not null,
  shares_presence boolean not null default false,
  seen_at timestamptz(3),
  updated_at timestamptz(3) not null default app_now(),
  constraint messaging_settings_pkey primary key (user_id),
  constraint messaging_settings_user_id_fkey foreign key (user_id) references users (id) on delete restrict on update cascade,
  constraint messaging_settings_unshared_unseen check (shares_presence or seen_at is null)
);
alter table messaging_settings set (fillfactor = 70);

create trigger messaging_settings_touch before update on messaging_settings
  for each row execute function app_touch();

-- What was taken back so long ago that its text goes.
create index messages_purge_idx on messages (purge_after) where purge_after is not null;
