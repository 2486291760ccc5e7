-- Until when somebody's age was proven decides what they were let see: it is kept with the status.

drop trigger users_keep_update on users;
drop trigger users_keep_delete on users;

create trigger users_keep_update after update on users
  for each row
  when (
    (
      old.account_type, old.account_status, old.suspended_until, old.status_changed_at,
      old.age_verified, old.age_verified_until
    ) is distinct from (
      new.account_type, new.account_status, new.suspended_until, new.status_changed_at,
      new.age_verified, new.age_verified_until
    )
  )
  execute function app_keep_access_history(
    'id', '', 'account_type', 'account_status', 'suspended_until', 'status_changed_at',
    'age_verified', 'age_verified_until', 'created_at'
  );
create trigger users_keep_delete after delete on users
  for each row
  execute function app_keep_access_history(
    'id', '', 'account_type', 'account_status', 'suspended_until', 'status_changed_at',
    'age_verified', 'age_verified_until', 'created_at'
  );
