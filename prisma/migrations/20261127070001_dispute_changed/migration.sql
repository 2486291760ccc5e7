-- What a dispute holds changes with what refunds leave it.
alter type transaction_reason add value 'dispute_changed' after 'dispute';
