import { isFollowing } from '../accounts/accounts.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import type { Reading } from './queries.js'

/** Whether the viewer has a live grant of what `target` says, of `c`'s creator. */
const hasGrant = ({ viewerId, now }: Reading, target: Fragment): Fragment => fragment`exists (
  select from entitlement_grants g
  where g.user_id = ${viewerId}::uuid and ${target}
    and g.starts_at <= ${now}::timestamptz and (g.ends_at is null or g.ends_at > ${now}::timestamptz)
    and g.revoked_at is null and g.suspended_at is null
)`

/**
 * Whether the post `c`, which a list may show the viewer (`listed`), opens for them: `resolveAccess` in SQL, for lists of what
 * lies within posts.
 */
export const opens = (reading: Reading): Fragment => fragment`(
  coalesce(c.creator_id = ${reading.viewerId}::uuid, false)
  or ${hasGrant(reading, fragment`g.content_id = c.id`)}
  or not c.is_premium and c.visibility = 'public'
  or not c.is_premium and c.visibility = 'followers' and ${isFollowing(reading.viewerId, fragment`c.creator_id`)}
  or (not c.is_premium or c.included_in_subscription) and ${hasGrant(
    reading,
    fragment`g.creator_id = c.creator_id and g.content_id is null and g.message_id is null and g.stream_id is null`,
  )}
)`
