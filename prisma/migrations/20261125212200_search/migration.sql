-- Names and words are found without regard to case, accents and ligatures: `Müller` by `muller`, `Ærø` by `aero`.

create function app_folded(written text) returns text
language sql immutable parallel safe
return regexp_replace(
  normalize(
    replace(replace(replace(replace(
      translate(lower(normalize(written, nfkc)), 'øłđħŧıð', 'oldhtid'),
      'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
    nfd
  ),
  '[\u0300-\u036f]', '', 'g'
);

-- Usernames are ASCII: lower case is all the folding they need.
create index users_username_prefix_idx on users (lower(username::text) text_pattern_ops);
create index users_folded_name_prefix_idx on users (app_folded(display_name) text_pattern_ops);
create index users_folded_name_trgm_idx on users using gin (app_folded(display_name) gin_trgm_ops);

create or replace function app_content_search(title text, teaser text, body text, is_open boolean) returns tsvector
language sql immutable parallel safe
return setweight(to_tsvector('simple', app_folded(coalesce(title, ''))), 'A')
  || setweight(to_tsvector('simple', app_folded(coalesce(teaser, ''))), 'B')
  || setweight(to_tsvector('simple', case when is_open then app_folded(coalesce(body, '')) else '' end), 'C');

-- How many posts a query finds, as the planner estimates it from what it knows of words; nothing is looked up.
create function app_estimated_posts(query tsquery) returns bigint
language plpgsql volatile
as $$
declare
  plan json;
begin
  execute format('explain (format json) select from public.content where search @@ %L::tsquery', query::text) into plan;
  return (plan -> 0 -> 'Plan' ->> 'Plan Rows')::bigint;
end
$$;
