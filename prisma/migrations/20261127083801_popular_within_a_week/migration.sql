-- How far up a post stands among the popular: ten times as many reactions weigh as much as being a week younger. A week is worth
-- 3,500 points as before, so that scores from before stand in the right place until a job has looked at them anew, and those of
-- posts that it looks at no more stay far down.
create or replace function app_explore_score(likes int, comments int, saves int, publish_at timestamptz) returns bigint
language sql stable parallel safe
return greatest(
  0,
  floor(3500 * log((1 + likes + 2 * comments + 2 * saves)::float8) + extract(epoch from publish_at) * 3500 / 604800)::bigint
);
