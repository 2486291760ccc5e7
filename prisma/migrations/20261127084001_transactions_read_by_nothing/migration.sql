-- No list of one type is of everybody's transactions: each is of a creator, a payer or a subject, which have indexes of their own.

drop index transactions_type_occurred_at_idx;
