-- Tags, subjects and files are parts of a post's version: whoever changes them counts `parts_version` on before they do, so
-- that the version before is kept with what it had.

-- up to version 17 a table whose rows a function takes is not altered
drop function app_content_snapshot(content);

alter table content add column parts_version integer not null default 1;
alter table content add constraint content_parts_version_range check (parts_version > 0);

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
  'removedAt', post.removed_at,
  'partsVersion', post.parts_version,
  'tags', (
    select coalesce(jsonb_agg(t.name order by t.name), '[]')
    from public.content_tags ct join public.tags t on t.id = ct.tag_id where ct.content_id = post.id
  ),
  'categories', (
    select coalesce(jsonb_agg(g.slug order by g.slug), '[]')
    from public.content_categories cc join public.categories g on g.id = cc.category_id where cc.content_id = post.id
  ),
  'media', (
    select coalesce(jsonb_agg(jsonb_build_object('id', m.media_id, 'isTeaser', m.is_teaser) order by m.position), '[]')
    from public.content_media m where m.content_id = post.id
  )
);

drop trigger content_keep_version on content;
create trigger content_keep_version
  after update of title, teaser, body, language, visibility, is_premium, price_minor, currency, included_in_subscription,
    is_age_restricted, warnings, publish_at, unpublished_at, deleted_at, removed_at, parts_version on content
  for each row execute function app_keep_content_version();
