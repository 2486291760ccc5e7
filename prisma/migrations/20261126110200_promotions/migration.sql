-- A creator's codes, the newest first.
create index promotions_creator_id_created_at_id_idx on promotions (creator_id, created_at desc, id desc);

-- A code is typed in.
alter table promotions add constraint promotions_code_shape check (code::text ~ '^[A-Za-z0-9_-]+$');
