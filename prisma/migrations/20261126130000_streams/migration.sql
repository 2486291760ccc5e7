-- Streams: presence as intervals that end by themselves, what a media server says of an encoder, and prices that are the post's.

alter table live_streams add column count_sequence bigint not null default 0;
alter table live_streams add constraint live_streams_count_sequence_range check (count_sequence >= 0);

alter table stream_ingests add column beat_at timestamptz(3);

-- nothing has written to it yet
alter table stream_access add column present_until timestamptz(3) not null;
alter table stream_access add constraint stream_access_present_order check (present_until >= joined_at);

-- what is on air, those that began last first
create index live_streams_on_air_idx
  on live_streams (started_at desc, id desc)
  where state in ('live', 'interrupted');

-- what is over by its time, and waits to be settled
create index live_streams_overdue_idx
  on live_streams (coalesce(reconnect_until, scheduled_at))
  where state in ('scheduled', 'interrupted');

-- One price: whoever changes the post's changes the stream's.
create function app_stream_terms() returns trigger
language plpgsql
as $$
begin
  update public.live_streams
  set is_premium = new.is_premium, price_minor = new.price_minor, currency = new.currency
  where content_id = new.id;
  return null;
end
$$;

create trigger content_stream_terms
  after update of is_premium, price_minor, currency on content
  for each row
  when (
    new.type = 'live_stream'
    and (new.is_premium, new.price_minor, new.currency) is distinct from (old.is_premium, old.price_minor, old.currency)
  )
  execute function app_stream_terms();
