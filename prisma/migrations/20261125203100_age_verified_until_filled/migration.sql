-- What is approved ends when its verification does; one without an end stays without.

update users u
set age_verified_until = v.expires_at
from (
  select user_id, max(expires_at) as expires_at
  from age_verifications
  where status = 'approved'
  group by user_id
  having count(*) = count(expires_at)
) v
where v.user_id = u.id and u.age_verified;
