-- What posts need once people write them: versions kept by the database, counts that follow their rows, subjects to begin with.

alter table content
  add column edited_at timestamptz(3),
  add column purged_at timestamptz(3);

-- Both hang on the time, or on a row that every like of a creator's posts would queue for: they are counted when asked for.
alter table user_counters
  drop column content_count,
  drop column like_count;

-- A post's versions, whoever changes it and by whichever way: when what it says, costs or to whom it opens changes, the row as
-- it was is kept, and the version grows. Counters are not part of it.
create function app_keep_content_version() returns trigger
language plpgsql
as $$
declare
  was jsonb := public.app_content_snapshot(old);
begin
  if was = public.app_content_snapshot(new) then
    new.version := old.version;
    return new;
  end if;

  new.version := old.version + 1;
  if new.updated_at is not distinct from old.updated_at then
    new.updated_at := public.app_now();
  end if;

  insert into public.content_versions (content_id, content_version, changed_by_id, snapshot, valid_from, valid_to)
  values (old.id, old.version, public.app_actor_id(), was, old.updated_at, greatest(old.updated_at, new.updated_at));
  return new;
end
$$;

-- Every field that text, price and access depend on.
create function app_content_snapshot(post content) returns jsonb
language sql stable
return jsonb_build_object(
  'title', post.title,
  'teaser', post.teaser,
  'body', post.body,
  'language', post.language,
  'visibility', post.visibility,
  'isPremium', post.is_premium,
  'priceMinor', post.price_minor::text,
  'currency', post.currency,
  'includedInSubscription', post.included_in_subscription,
  'isAgeRestricted', post.is_age_restricted,
  'warnings', post.warnings,
  'publishAt', post.publish_at,
  'unpublishedAt', post.unpublished_at,
  'deletedAt', post.deleted_at,
  'removedAt', post.removed_at
);

create trigger content_keep_version
  before update on content
  for each row execute function app_keep_content_version();

-- Counts that change with the rows they count, in the same statement. Rows are locked in order of id, so that two writers never
-- wait for each other.
create function app_count_saves() returns trigger
language plpgsql
as $$
declare
  step int := case tg_op when 'INSERT' then 1 else -1 end;
begin
  perform from public.content where id in (select content_id from changed) order by id for no key update;
  update public.content
  set save_count = save_count + step * counted.rows
  from (select content_id, count(*)::int as rows from changed group by content_id) counted
  where content.id = counted.content_id;
  return null;
end
$$;

create trigger saved_content_count_insert
  after insert on saved_content
  referencing new table as changed
  for each statement execute function app_count_saves();
create trigger saved_content_count_delete
  after delete on saved_content
  referencing old table as changed
  for each statement execute function app_count_saves();

create function app_count_tags() returns trigger
language plpgsql
as $$
declare
  step int := case tg_op when 'INSERT' then 1 else -1 end;
begin
  perform from public.tags where id in (select tag_id from changed) order by id for no key update;
  update public.tags
  set content_count = content_count + step * counted.rows
  from (select tag_id, count(*)::int as rows from changed group by tag_id) counted
  where tags.id = counted.tag_id;
  return null;
end
$$;

create trigger content_tags_count_insert
  after insert on content_tags
  referencing new table as changed
  for each statement execute function app_count_tags();
create trigger content_tags_count_delete
  after delete on content_tags
  referencing old table as changed
  for each statement execute function app_count_tags();

-- The creator's own list, drafts included.
create index content_creator_created_idx on content (creator_id, created_at desc, id desc);

insert into categories (slug, name, description, position, is_adult) values
  ('photography', 'Photography', 'Pictures and how they are taken.', 10, false),
  ('art', 'Art & illustration', 'Drawing, painting, sculpture, comics.', 20, false),
  ('music', 'Music', 'Songs, scores, practice, stage.', 30, false),
  ('video', 'Film & video', 'Films, vlogs, animation.', 40, false),
  ('writing', 'Writing', 'Stories, poems, essays, journalism.', 50, false),
  ('podcasts', 'Podcasts & audio', 'Talk, radio plays, field recordings.', 60, false),
  ('games', 'Games', 'Playing and making them.', 70, false),
  ('fitness', 'Fitness & sports', 'Training, yoga, dance, outdoors.', 80, false),
  ('food', 'Food & drink', 'Cooking, baking, gardens, tables.', 90, false),
  ('crafts', 'Crafts & making', 'Wood, wool, clay, metal.', 100, false),
  ('science', 'Science & technology', 'Explaining, building, programming.', 110, false),
  ('education', 'Education', 'Courses, languages, lessons.', 120, false),
  ('travel', 'Travel', 'Places and the way there.', 130, false),
  ('fashion', 'Fashion & beauty', 'Clothes, make-up, hair.', 140, false),
  ('adult', 'Adult', 'For people of proven age.', 150, true);
