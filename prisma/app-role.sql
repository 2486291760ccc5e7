-- What the application role may do. The owner runs this after every deploy; running it again changes nothing.
-- :'app_role' stands for the role's name as a quoted literal: psql -v app_role=creator_platform_app -f prisma/app-role.sql
--
-- Nothing is granted on tables to come: a default privilege would also open each new partition to direct access, past
-- the privileges, triggers and policies of its parent. A new table is granted by the run that follows its migration.

begin;

select set_config('app.role', :'app_role', true);

do $$
declare
  role text := current_setting('app.role');
  found record;
begin
  -- Two deploys at once would update the same catalogue rows.
  perform pg_advisory_xact_lock(hashtext('app_role'));

  if (select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb from pg_roles where rolname = role) is not false then
    raise exception 'role % does not exist or has powers that an application must not have', role;
  end if;
  if role = current_user then
    raise exception 'role % owns the database; the application needs a role of its own', role;
  end if;

  -- By default every role of the cluster may connect and make temporary tables.
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to %I', current_database(), role);
  execute 'revoke create on schema public from public';
  execute format('grant usage on schema public to %I', role);

  for found in
    select
      c.oid::regclass as name,
      case
        when c.relname in ('app_clock', '_prisma_migrations') then 'select'
        -- written by functions and triggers of the owner alone
        when c.relname in ('ledger_accounts', 'ledger_entries', 'journal_transactions', 'revenue_analytics') then 'select'
        when append_only.yes then 'select, insert'
        else 'select, insert, update, delete'
      end as privileges
    from pg_class c
    cross join lateral (
      select exists (
        select from pg_trigger t
        where t.tgrelid = c.oid and t.tgfoid = to_regprocedure('public.app_refuse_change()')
      ) as yes
    ) append_only
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    order by c.relname
  loop
    execute format('revoke all on table %s from %I', found.name, role);
    -- A partition is reached through its parent only.
    continue when (select relispartition from pg_class where oid = found.name);
    execute format('grant %s on table %s to %I', found.privileges, found.name, role);
  end loop;

  execute format('grant usage, select on all sequences in schema public to %I', role);

  for found in
    select p.oid::regprocedure as name, p.prorettype = 'trigger'::regtype
      or p.proname in ('app_make_partition', 'app_ledger_account') as internal
    from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname like 'app\_%'
    order by 1
  loop
    execute format('revoke execute on function %s from public', found.name);
    continue when found.internal;
    execute format('grant execute on function %s to %I', found.name, role);
  end loop;
end
$$;

commit;
