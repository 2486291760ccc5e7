-- What a creator's subscription costs is said once, by users.subscription_price; its versions follow it. An edit makes a new
-- version and retires the one before: what somebody already pays is a version, and never changes.
create function app_keep_price_version() returns trigger
language plpgsql
as $$
begin
  update public.price_versions set retired_at = app_now()
  where creator_id = new.id and type = 'monthly' and months = 1 and retired_at is null;
  if new.subscription_price is not null and new.subscription_price > 0 then
    insert into public.price_versions (creator_id, type, months, amount_minor, currency, valid_from, created_at)
    values (new.id, 'monthly', 1, new.subscription_price, new.currency, app_now(), app_now());
  end if;
  return null;
end
$$;

create trigger users_keep_price_version
  after update of subscription_price on users
  for each row when (old.subscription_price is distinct from new.subscription_price)
  execute function app_keep_price_version();

create trigger users_keep_first_price_version
  after insert on users
  for each row when (new.subscription_price is not null)
  execute function app_keep_price_version();

insert into price_versions (creator_id, type, months, amount_minor, currency, valid_from, created_at)
select id, 'monthly', 1, subscription_price, currency, app_now(), app_now()
from users where subscription_price > 0
on conflict do nothing;

-- How many subscribe to a creator: those who pay, or have paid until an instant that has not come. It changes with the rows.
create function app_add_subscribers(creators uuid[], changes int[]) returns void
language plpgsql
as $$
declare
  v_creator uuid;
  v_change int;
begin
  -- in order of id, as whoever changes several counters does
  for v_creator, v_change in
    select creator, sum(change)::int from unnest(creators, changes) as one (creator, change)
    group by creator having sum(change) <> 0 order by creator
  loop
    insert into public.user_counters (user_id) values (v_creator) on conflict do nothing;
    update public.user_counters set subscriber_count = subscriber_count + v_change where user_id = v_creator;
  end loop;
end
$$;

create function app_count_subscribers() returns trigger
language plpgsql
as $$
begin
  perform public.app_add_subscribers(array_agg(creator_id), array_agg(1))
  from new_rows where started_at is not null and ended_at is null;
  return null;
end
$$;

create function app_recount_subscribers() returns trigger
language plpgsql
as $$
begin
  perform public.app_add_subscribers(array_agg(creator_id), array_agg(change))
  from (
    select creator_id, 1 as change from new_rows where started_at is not null and ended_at is null
    union all
    select creator_id, -1 from old_rows where started_at is not null and ended_at is null
  ) changed;
  return null;
end
$$;

create trigger subscriptions_count_new
  after insert on subscriptions
  referencing new table as new_rows
  for each statement execute function app_count_subscribers();

create trigger subscriptions_count_changed
  after update on subscriptions
  referencing old table as old_rows new table as new_rows
  for each statement execute function app_recount_subscribers();

-- Which of a payer's subscriptions wait for another way to pay.
create index subscriptions_waiting_idx on subscriptions (subscriber_id)
  where ended_at is null and payment_health in ('retrying', 'grace');
