-- Whom a creator keeps from their streams now: those that last, the newest first, and those that are still to end.

drop index stream_sanctions_of_creator_idx;
create index stream_sanctions_in_force_idx
  on stream_sanctions (creator_id, coalesce(expires_at, 'infinity'), created_at desc, id desc)
  where lifted_at is null;
