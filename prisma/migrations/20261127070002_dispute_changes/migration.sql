-- A dispute takes once and gives back at most once when it is won; what it holds changes with every refund.
drop index transactions_one_per_dispute_step_key;
create unique index transactions_one_per_dispute_step_key
  on transactions (dispute_id, reason)
  where dispute_id is not null and reason <> 'dispute_changed';
