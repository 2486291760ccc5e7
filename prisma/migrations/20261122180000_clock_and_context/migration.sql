-- What every other migration stands on: extensions, the platform's clock, and who is acting.

-- Keys come from gen_random_uuid(), which is in the core; no key or secret ever passes through pgcrypto.
create extension if not exists "uuid-ossp";
create extension if not exists pgcrypto;
create extension if not exists pg_trgm;
create extension if not exists citext;

create table app_clock (
  id smallint not null default 1,
  offset_ms bigint not null default 0,
  constraint app_clock_pkey primary key (id)
);

insert into app_clock default values;

-- To the millisecond, which is what JavaScript carries through cursors and hashes.
-- Volatile: whoever needs one time for a whole transaction reads it once and passes it on.
create function app_now() returns timestamptz
language sql volatile parallel safe
return date_trunc(
  'milliseconds',
  clock_timestamp() + make_interval(secs => (select offset_ms from app_clock) / 1000.0::double precision)
);

-- What transaction() sets; a setting that was made local in an earlier transaction reads as '' and not as null.
create function app_actor_id() returns uuid
language sql stable parallel safe
return nullif(current_setting('app.actor_id', true), '')::uuid;

create function app_session_id() returns uuid
language sql stable parallel safe
return nullif(current_setting('app.session_id', true), '')::uuid;

create function app_request_id() returns text
language sql stable parallel safe
return nullif(current_setting('app.request_id', true), '');

create function app_reason() returns text
language sql stable parallel safe
return nullif(current_setting('app.reason', true), '');

-- Words of what everybody may read of a post; the body only where it is open to all.
create function app_content_search(title text, teaser text, body text, is_open boolean) returns tsvector
language sql immutable parallel safe
return setweight(to_tsvector('simple', coalesce(title, '')), 'A')
  || setweight(to_tsvector('simple', coalesce(teaser, '')), 'B')
  || setweight(to_tsvector('simple', case when is_open then coalesce(body, '') else '' end), 'C');
