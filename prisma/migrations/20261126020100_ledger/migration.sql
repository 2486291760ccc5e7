-- The ledger that the API posts to: one function moves balances and writes the entries behind them, in one order of locks.

-- From when an entry of pending earnings can be paid out, and how far an account's have been released.
alter table ledger_entries add column available_at timestamptz(3);
alter table ledger_accounts add column released_through timestamptz(3);

create index ledger_entries_available_idx on ledger_entries (account_id, available_at)
  where available_at is not null;

-- A wallet's money is what its ledger account says; a second number could only differ.
alter table wallets drop column balance_minor;

-- A refusal is told by the answer and again by a message: it is one row.
create unique index transactions_one_per_attempt_key
  on transactions (payment_intent_id, processor_reference)
  where status = 'failed' and payment_intent_id is not null;

-- What a failed refund brings back stands against the refund, not for it.
drop index transactions_one_per_refund_key;
create unique index transactions_one_per_refund_key
  on transactions (refund_id)
  where refund_id is not null and reason = 'refund';

-- A dispute takes once and gives back at most once.
create unique index transactions_one_per_dispute_step_key
  on transactions (dispute_id, reason)
  where dispute_id is not null;

-- The refunds and disputes of one charge are found by it.
alter table payment_intents add column disputed_minor bigint not null default 0;
alter table payment_intents
  add constraint payment_intents_disputed_minor_range check (disputed_minor >= 0),
  add constraint payment_intents_returns_within_capture check (refunded_minor + disputed_minor <= captured_minor);

-- The account of one kind, owner and currency, made when it is first needed. What may fall below zero is money that is
-- elsewhere (the processor's) or owed to the platform, never what the platform owes to somebody.
create function app_ledger_account(p_kind ledger_account_kind, p_owner uuid, p_currency char(3)) returns uuid
language plpgsql
as $$
declare
  v_id uuid;
begin
  select id into v_id from public.ledger_accounts
  where kind = p_kind and owner_id is not distinct from p_owner and currency = p_currency;
  if v_id is not null then
    return v_id;
  end if;
  insert into public.ledger_accounts (kind, owner_id, currency, allows_negative)
  values (p_kind, p_owner, p_currency, p_kind not in (
    'creator_pending', 'creator_available', 'creator_reserved', 'wallet', 'payout_in_transit', 'dispute_held'))
  on conflict (kind, owner_id, currency) do nothing
  returning id into v_id;
  if v_id is null then
    select id into v_id from public.ledger_accounts
    where kind = p_kind and owner_id is not distinct from p_owner and currency = p_currency;
  end if;
  return v_id;
end
$$;

-- Writes one journal transaction. It runs as the owner: the application role reads the ledger and writes it only by this. Amounts above zero are owed to the account's party, those below zero are taken from it;
-- they sum to zero. Two kinds of line are worked out here, under the locks:
--   creator_pending, once the account is released beyond available_at, is creator_available;
--   creator_available pays first what the creator owes (creator_receivable), and, where p_overdraws, takes what is not there
--   as a new debt; without it too large a take is refused by the check ledger_accounts_not_overdrawn.
-- Locks are taken in one order: the parties' accounts by owner and kind, then the platform's by kind, those last because
-- every payment needs them.
create function app_post_journal(
  p_kind journal_kind,
  p_reference text,
  p_transaction uuid,
  p_description text,
  p_at timestamptz,
  p_currency char(3),
  p_overdraws boolean,
  p_kinds ledger_account_kind[],
  p_owners uuid[],
  p_amounts bigint[],
  p_available timestamptz[]
) returns uuid
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  v_journal uuid;
  v_owner uuid;
  v_line record;
  v_released timestamptz;
  v_amount bigint;
  v_debt bigint;
  v_there bigint;
  v_kinds ledger_account_kind[] := '{}';
  v_owners uuid[] := '{}';
  v_amounts bigint[] := '{}';
  v_dates timestamptz[] := '{}';
begin
  for v_line in
    select owner, bool_or(kind in ('creator_pending', 'creator_available')) as earns
    from unnest(p_kinds, p_owners) as line (kind, owner)
    where owner is not null
    group by owner
    order by owner
  loop
    if v_line.earns then
      perform public.app_ledger_account('creator_pending', v_line.owner, p_currency);
      perform public.app_ledger_account('creator_available', v_line.owner, p_currency);
      perform public.app_ledger_account('creator_receivable', v_line.owner, p_currency);
    end if;
    perform from public.ledger_accounts
      where owner_id = v_line.owner and currency = p_currency
      order by kind for no key update;
  end loop;

  for v_line in
    select * from unnest(p_kinds, p_owners, p_amounts, p_available) with ordinality as line (kind, owner, amount, available, n)
    order by n
  loop
    if v_line.kind = 'creator_pending' then
      select released_through into v_released from public.ledger_accounts
      where kind = 'creator_pending' and owner_id = v_line.owner and currency = p_currency;
      if v_line.available is not null and v_released is not null and v_line.available <= v_released then
        v_line.kind := 'creator_available';
        v_line.available := null;
      end if;
    end if;
    v_amount := v_line.amount;
    if v_line.kind = 'creator_available' then
      select coalesce(sum(balance_minor) filter (where kind = 'creator_available'), 0),
             coalesce(-sum(balance_minor) filter (where kind = 'creator_receivable'), 0)
      into v_there, v_debt
      from public.ledger_accounts where owner_id = v_line.owner and currency = p_currency;
      -- what earlier lines of this posting do to the same creator counts too
      select v_there + coalesce(sum(amount) filter (where kind = 'creator_available'), 0),
             v_debt - coalesce(sum(amount) filter (where kind = 'creator_receivable'), 0)
      into v_there, v_debt
      from unnest(v_kinds, v_owners, v_amounts) as earlier (kind, owner, amount) where owner = v_line.owner;
      if v_amount > 0 and v_debt > 0 then
        v_kinds := v_kinds || 'creator_receivable'::public.ledger_account_kind;
        v_owners := v_owners || v_line.owner;
        v_amounts := v_amounts || least(v_amount, v_debt);
        v_dates := v_dates || null::timestamptz;
        v_amount := v_amount - least(v_amount, v_debt);
      elsif v_amount < 0 and p_overdraws and v_there + v_amount < 0 then
        v_kinds := v_kinds || 'creator_receivable'::public.ledger_account_kind;
        v_owners := v_owners || v_line.owner;
        v_amounts := v_amounts || (v_amount + v_there);
        v_dates := v_dates || null::timestamptz;
        v_amount := -v_there;
      end if;
    end if;
    if v_amount <> 0 then
      v_kinds := v_kinds || v_line.kind;
      v_owners := v_owners || v_line.owner;
      v_amounts := v_amounts || v_amount;
      v_dates := v_dates || v_line.available;
    end if;
  end loop;

  insert into public.journal_transactions (kind, transaction_id, reference, description, occurred_at, created_at)
  values (p_kind, p_transaction, p_reference, p_description, p_at, p_at)
  returning id into v_journal;

  for v_line in
    select kind, owner, amount, available
    from unnest(v_kinds, v_owners, v_amounts, v_dates) with ordinality as line (kind, owner, amount, available, n)
    order by owner nulls last, kind, n
  loop
    insert into public.ledger_entries (journal_transaction_id, account_id, amount_minor, currency, available_at, created_at)
    values (
      v_journal, public.app_ledger_account(v_line.kind, v_line.owner, p_currency), v_line.amount, p_currency,
      v_line.available, p_at);
  end loop;
  return v_journal;
end
$$;

-- A balance changes with its entries and by nothing else: whoever may write entries cannot write a balance that differs.
create function app_keep_balance() returns trigger
language plpgsql
set search_path = pg_catalog, public, pg_temp
as $$
begin
  update public.ledger_accounts
  set balance_minor = balance_minor + new.amount_minor, entry_count = entry_count + 1, version = version + 1
  where id = new.account_id;
  return null;
end
$$;

create trigger ledger_entries_keep_balance
  after insert on ledger_entries
  for each row execute function app_keep_balance();

-- Pending earnings whose time has come are payable. Answers how much moved.
create function app_release_earnings(p_creator uuid, p_currency char(3), p_at timestamptz) returns bigint
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  v_pending uuid;
  v_released timestamptz;
  v_due bigint;
begin
  perform from public.ledger_accounts
    where owner_id = p_creator and currency = p_currency
    order by kind for no key update;
  select id, released_through into v_pending, v_released from public.ledger_accounts
  where kind = 'creator_pending' and owner_id = p_creator and currency = p_currency;
  if v_pending is null or (v_released is not null and v_released >= p_at) then
    return 0;
  end if;
  select coalesce(sum(amount_minor), 0) into v_due from public.ledger_entries
  where account_id = v_pending and available_at is not null
    and available_at <= p_at and (v_released is null or available_at > v_released);
  update public.ledger_accounts set released_through = p_at where id = v_pending;
  if v_due <> 0 then
    perform public.app_post_journal(
      'release', 'release:' || p_creator || ':' || p_currency || ':' || to_char(p_at, 'YYYYMMDD"T"HH24MISSMS'), null, null,
      p_at, p_currency, true,
      array['creator_pending', 'creator_available']::public.ledger_account_kind[], array[p_creator, p_creator],
      array[-v_due, v_due], array[null, null]::timestamptz[]);
  end if;
  return v_due;
end
$$;

-- Revenue is the ledger read by hour, day and kind: one row per transaction that earned or gave back, in the same statement.
create function app_keep_revenue() returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  v_type transaction_type := new.type;
  v_id uuid := new.reverses_id;
  v_sold_at timestamptz := new.occurred_at;
begin
  if new.status <> 'succeeded' or new.type = 'payout' then
    return null;
  end if;
  -- a refund counts with what it gives back, a failed refund with what that refund gave back
  while v_id is not null loop
    select type, reverses_id, occurred_at into v_type, v_id, v_sold_at from public.transactions where id = v_id;
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
    date_trunc('hour', new.occurred_at, 'UTC'),
    (new.occurred_at at time zone coalesce((select time_zone from public.users where id = new.creator_id), 'UTC'))::date,
    jsonb_build_object('soldAt', v_sold_at));
  return null;
end
$$;

create trigger transactions_keep_revenue
  after insert on transactions
  for each row execute function app_keep_revenue();

-- What a creator owes the platform is theirs to bring in again, never the platform's debt.
alter table ledger_accounts
  add constraint ledger_accounts_receivable_is_debt check (kind <> 'creator_receivable' or balance_minor <= 0);

-- What a creator was given, in the order in which it was shown to them.
create index tips_shown_idx on tips (recipient_id, shown_at desc, id desc) where shown_at is not null;
