-- From when a creator sees a transaction, and in which order: of an anonymous tip some minutes after it happened, for its
-- second would tell who was there.
alter table transactions add column shown_at timestamptz(3) not null default app_now();

create index transactions_shown_idx on transactions (creator_id, shown_at desc, id desc)
  where creator_id is not null and status = 'succeeded';

-- The hour and the day of revenue are those in which its creator sees it.
create or replace function app_keep_revenue() returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  v_type transaction_type := new.type;
  v_id uuid := new.reverses_id;
  v_sold_at timestamptz := new.shown_at;
begin
  if new.status <> 'succeeded' or new.type = 'payout' then
    return null;
  end if;
  -- a refund counts with what it gives back, a failed refund with what that refund gave back
  while v_id is not null loop
    select type, reverses_id, shown_at into v_type, v_id, v_sold_at from public.transactions where id = v_id;
  end loop;
  if v_type in ('refund', 'payout') then
    return null;
  end if;
  insert into public.revenue_analytics (
    created_at, creator_id, transaction_id, revenue_type, gross_amount, platform_fee, creator_earnings, currency,
    hour_starts_at, day, metadata)
  values (
    new.occurred_at, new.creator_id, new.id,
    case v_type
      when 'content_purchase' then 'content_sale'
      when 'message_purchase' then 'message_sale'
      else v_type::text
    end::public.revenue_type,
    new.gross_amount, new.platform_fee, new.net_amount, new.currency,
    date_trunc('hour', new.shown_at, 'UTC'),
    (new.shown_at at time zone coalesce((select time_zone from public.users where id = new.creator_id), 'UTC'))::date,
    jsonb_build_object('soldAt', v_sold_at));
  return null;
end
$$;
