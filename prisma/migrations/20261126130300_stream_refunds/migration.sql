-- What of a stream's price goes back is decided once per purchase.
alter table purchases add column delivery_settled_at timestamptz(3);

create index purchases_unsettled_delivery_idx
  on purchases (id)
  where stream_id is not null and state = 'paid' and delivery_settled_at is null;
