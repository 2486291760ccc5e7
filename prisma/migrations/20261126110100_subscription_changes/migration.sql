-- A subscription goes over to another offer: at once, which sets a new anchor, or with its next renewal.
alter table subscriptions
  add column anchor_period integer not null default 0,
  add column next_price_version_id uuid,
  add constraint subscriptions_next_price_version_id_fkey foreign key (next_price_version_id)
    references price_versions (id) on delete restrict on update cascade,
  add constraint subscriptions_anchor_period_range check (anchor_period between 0 and greatest(period_number, 0));

create index subscriptions_next_price_version_id_idx on subscriptions (next_price_version_id);

-- What a period that is paid goes over to.
alter table subscription_periods
  add column price_version_id uuid,
  add column is_at_once boolean not null default false,
  add constraint subscription_periods_price_version_id_fkey foreign key (price_version_id)
    references price_versions (id) on delete restrict on update cascade,
  add constraint subscription_periods_at_once_changes check (not is_at_once or price_version_id is not null);

create index subscription_periods_price_version_id_idx on subscription_periods (price_version_id);

-- What was shown holds only while the subscription is as it was then.
alter table subscription_previews
  add column is_at_once boolean not null default true,
  add column subscription_version integer;
