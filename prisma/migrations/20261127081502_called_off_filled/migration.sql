-- What was over before.

update content c set over_at = s.ended_at
from live_streams s
where s.content_id = c.id and s.ended_at is not null and c.over_at is null;
