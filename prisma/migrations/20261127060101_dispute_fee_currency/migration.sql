-- The processor's fee for a dispute, where the processor keeps it in another currency than the claim's.
alter table disputes add column fee_currency char(3);
