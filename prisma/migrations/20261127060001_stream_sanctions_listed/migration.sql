-- Whom a creator keeps from their streams, the newest first.

create index stream_sanctions_of_creator_idx on stream_sanctions (creator_id, created_at desc, id desc)
  where lifted_at is null;
