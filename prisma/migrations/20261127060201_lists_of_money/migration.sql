-- Lists of money are read in their order, however many rows there are.

drop index disputes_state_opened_at_idx;
drop index disputes_opened_idx;
create index disputes_state_opened_at_id_idx on disputes (state, opened_at desc, id desc);

drop index payouts_state_created_at_idx;
create index payouts_state_created_at_id_idx on payouts (state, created_at desc, id desc);

create index finance_cases_kind_created_at_id_idx on finance_cases (kind, created_at desc, id desc);

create index webhook_events_processor_state_received_at_id_idx
  on webhook_events (processor, state, received_at desc, id desc);

drop index transactions_disputed_idx;
create index transactions_disputed_idx on transactions (creator_id, shown_at desc, dispute_id desc)
  where reason = 'dispute';

-- Who subscribes to a creator now.
create index subscriptions_subscribers_idx on subscriptions (creator_id, created_at desc, id desc)
  where started_at is not null and ended_at is null;
