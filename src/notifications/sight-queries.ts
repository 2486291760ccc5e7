import { isInGoodStanding } from '../accounts/accounts.js'
import { listed } from '../content/content.js'
import type { readingOf } from '../content/content.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { follows, mutes, notBlocked } from '../social/social.js'

/** For whom notifications are read, and when. */
export type Sight = ReturnType<typeof readingOf> & { readonly viewerId: string }

/**
 * Whether there is such a row, looked up by its key: a plain `exists` that is asked of many rows may be answered by reading
 * the whole table once instead.
 */
const found = (from: Fragment): Fragment => fragment`coalesce((select true ${from} limit 1), false)`

/** What nobody can mute and nobody in particular causes. */
const isNotice = fragment`n.type in ('system_announcement', 'moderation_action', 'account')`

/** True where the viewer may see who caused the notification `member`, and it still is so. */
export const isMemberSeen = ({ viewerId, now }: Sight): Fragment => fragment`(
  exists (select from users actor where actor.id = member.actor_id and ${isInGoodStanding(fragment`actor`, now)})
  and ${notBlocked(viewerId, fragment`member.actor_id`)}
  and not ${mutes(viewerId, fragment`member.actor_id`, now)}
  and case member.type
    when 'new_follower' then ${follows(fragment`member.actor_id`, viewerId)}
    when 'content_like' then ${found(fragment`
      from likes l where l.user_id = member.actor_id and l.content_id = member.subject_id and l.withdrawn_at is null`)}
    when 'new_content' then true
    else false
  end
)`

/** True where the viewer may see what the notification `n` is about: a post of their own, or one that lists may show them. */
export const isSubjectSeen = (sight: Sight): Fragment => fragment`
  case n.subject_type
    when 'users' then true
    when 'content' then ${found(fragment`
      from content c join users u on u.id = c.creator_id
      where c.id = n.subject_id
        and case when c.creator_id = ${sight.viewerId}::uuid then c.deleted_at is null else ${listed(sight)} end`)}
    else false
  end`

/** The notifications `member` of the group that `n` stands for. */
export const isOfGroup = fragment`(
  member.user_id = n.user_id and member.group_key = n.group_key
  and member.sequence between n.group_from and n.sequence
  and member.created_at between n.group_since and n.created_at
)`

/** True where anything is left to see of the notification `n`: its subject, and one who caused it. */
export const isSeen = (sight: Sight): Fragment => fragment`
  case
    when ${isNotice} then not ${found(fragment`from announcements a where a.id = n.subject_id and a.withdrawn_at is not null`)}
    else ${isSubjectSeen(sight)} and exists (
      select from notifications member where ${isOfGroup} and ${isMemberSeen(sight)}
    )
  end`
