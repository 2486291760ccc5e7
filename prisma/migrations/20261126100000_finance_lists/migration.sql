-- The lists of disputes and of cases, each by an index of its own order.
create index disputes_opened_idx on disputes (opened_at desc, id desc);

-- What disputes took of one creator's, as it was shown to them.
create index transactions_disputed_idx on transactions (creator_id, shown_at desc)
  where reason = 'dispute';

create index finance_cases_created_idx on finance_cases (created_at desc, id desc);

create index finance_cases_open_idx on finance_cases (created_at desc, id desc)
  where resolved_at is null;
