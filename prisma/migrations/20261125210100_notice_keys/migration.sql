-- A notice about an account is in no group: what was written as its group's key made it one and the same.

update notifications
set once_key = group_key, group_key = null
where type = 'account' and group_key is not null and once_key is null;
