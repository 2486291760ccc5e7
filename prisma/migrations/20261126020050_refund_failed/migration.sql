-- A refund that the bank sent back stands against the refund.
alter type transaction_reason add value 'refund_failed' after 'refund';
