-- Monthly partitions of the tables that grow without end.

-- Makes the missing months, UTC, from months_back before to months_ahead after the current one, for every partitioned
-- table; answers how many it made. Idempotent. Rows that had gone to the default partition move into their month.
-- Runs as the owner, because the application role may not create tables. Attaching instead of `partition of` lets
-- readers and writers of the other months go on.
create function app_make_partitions(months_ahead int, months_back int default 0) returns int
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
set timezone = 'UTC'
set lock_timeout = '5s'
as $$
declare
  parent record;
  month timestamptz;
  child text;
  made int := 0;
begin
  if months_ahead not between 0 and 60 or months_back not between 0 and 120 then
    raise exception 'months out of range' using errcode = 'invalid_parameter_value';
  end if;

  perform pg_advisory_xact_lock(hashtext('app_make_partitions'));

  for parent in
    select c.relname as name, d.relname as default_name
    from pg_partitioned_table p
    join pg_class c on c.oid = p.partrelid
    join pg_class d on d.oid = p.partdefid
    where c.relnamespace = 'public'::regnamespace
    order by c.relname
  loop
    for month in
      select generate_series(
        date_trunc('month', app_now()) - make_interval(months => months_back),
        date_trunc('month', app_now()) + make_interval(months => months_ahead),
        interval '1 month'
      )
    loop
      child := parent.name || to_char(month, '_YYYY_MM');
      continue when to_regclass(format('public.%I', child)) is not null;
      perform app_make_partition(parent.name, parent.default_name, child, month);
      made := made + 1;
    end loop;
  end loop;

  return made;
end
$$;

-- One month of one table; only app_make_partitions calls it, under its lock.
create function app_make_partition(parent text, default_name text, child text, month timestamptz) returns void
language plpgsql
set search_path = pg_catalog, public, pg_temp
set timezone = 'UTC'
as $$
declare
  till timestamptz := month + interval '1 month';
  strays boolean;
begin
  execute format('create table public.%I (like public.%I including defaults including constraints)', child, parent);

  -- Nothing may fall outside between the look and the attaching, which scans the default partition for strays.
  execute format('lock table public.%I in access exclusive mode', default_name);

  execute format('select exists (select from public.%I where created_at >= $1 and created_at < $2)', default_name)
    into strays using month, till;

  -- What may not change may still be moved; the lock keeps everybody else out while the triggers are off.
  if strays then
    execute format('alter table public.%I disable trigger user', default_name);
    execute format(
      'with moved as (delete from public.%I where created_at >= $1 and created_at < $2 returning *) '
      'insert into public.%I select * from moved',
      default_name, child
    ) using month, till;
    execute format('alter table public.%I enable trigger user', default_name);
  end if;

  execute format(
    'alter table public.%I attach partition public.%I for values from (%L) to (%L)', parent, child, month, till
  );

  -- A truncate trigger is not inherited as row triggers are.
  if exists (
    select from pg_trigger
    where tgrelid = format('public.%I', parent)::regclass and tgname = parent || '_refuse_truncate'
  ) then
    execute format(
      'create trigger %I before truncate on public.%I for each statement execute function app_refuse_change()',
      child || '_refuse_truncate', child
    );
  end if;
end
$$;

revoke execute on function app_make_partitions(int, int) from public;
revoke execute on function app_make_partition(text, text, text, timestamptz) from public;

-- Rows of a month nobody made; a job keeps these empty by making months ahead.
create table content_analytics_default partition of content_analytics default;
create table user_analytics_default partition of user_analytics default;
create table revenue_analytics_default partition of revenue_analytics default;
create table audit_logs_default partition of audit_logs default;
create table system_logs_default partition of system_logs default;
create table notifications_default partition of notifications default;

create trigger audit_logs_default_refuse_truncate
  before truncate on audit_logs_default
  for each statement execute function app_refuse_change();

select app_make_partitions(3);
