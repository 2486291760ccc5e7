-- What waits for a creator, over all their posts: read in its order, however many posts there are.

alter table comments add column held_for_id uuid references users (id) on delete restrict on update cascade;

create function app_set_comment_held_for() returns trigger
language plpgsql
as $$
begin
  select c.creator_id into new.held_for_id from public.content c where c.id = new.content_id;
  return new;
end
$$;

create trigger comments_set_held_for before insert or update of held_at on comments
  for each row when (new.held_at is not null and new.held_for_id is null) execute function app_set_comment_held_for();

update comments m set held_for_id = c.creator_id from content c where c.id = m.content_id and m.held_at is not null;

alter table comments add constraint comments_held_for_somebody check (held_at is null or held_for_id is not null);

drop index comments_waiting_idx;
create index comments_waiting_idx on comments (held_for_id, created_at desc, id desc)
  where held_at is not null and approved_at is null and deleted_at is null and withdrawn_at is null and hidden_at is null;
create index comments_held_for_id_idx on comments (held_for_id);
