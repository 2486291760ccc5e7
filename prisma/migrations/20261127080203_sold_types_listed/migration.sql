-- A creator's transactions of one type, in the order in which they see them.

alter table transactions alter column sold_type set not null;

drop index transactions_creator_id_occurred_at_id_idx;
create index transactions_sold_idx
  on transactions (creator_id, status, sold_type, type, shown_at desc, id desc);
