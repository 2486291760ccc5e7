-- Sending webhooks: an address is called by one at a time, and one that fails is left alone for longer and longer.

alter table webhook_endpoints
  add column busy_until timestamptz(3),
  add column paused_until timestamptz(3),
  add column failure_count integer not null default 0,
  add column failing_since timestamptz(3);

alter table webhook_endpoints
  add constraint webhook_endpoints_failure_count_range check (failure_count >= 0);

-- which addresses have something open, and what of it comes next
create index webhook_deliveries_open_idx on webhook_deliveries (endpoint_id, next_attempt_at)
  where state in ('pending', 'failed');
-- whether something earlier of one object is open
create index webhook_deliveries_open_objects_idx on webhook_deliveries (endpoint_id, object_id, event_id)
  where state in ('pending', 'failed');
-- a page of what an address was sent
create index webhook_deliveries_endpoint_id_created_at_id_idx on webhook_deliveries (endpoint_id, created_at desc, id desc);
-- what is old enough to be deleted
create index webhook_deliveries_created_at_idx on webhook_deliveries (created_at);
