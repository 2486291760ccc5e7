-- Subscribers are told of a renewal some days before it, once per period.
alter table subscriptions add column renewal_announced_for int;

create index subscriptions_renewal_ahead_idx
  on subscriptions (next_charge_at, id)
  where will_renew and ended_at is null and renewal_announced_for is distinct from period_number;
