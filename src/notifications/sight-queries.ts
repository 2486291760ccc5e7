import { isInGoodStanding, isSubscribed } from '../accounts/accounts.js'
import type { Someone } from '../accounts/accounts.js'
import { isCommentSeen } from '../comments/comments.js'
import { listed, opens } from '../content/content.js'
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

/** True where the viewer may see the post `c` of the creator `u`: their own, or one that lists may show them. */
const isPostSeen = (sight: Sight): Fragment => fragment`
  case when c.creator_id = ${sight.viewerId}::uuid then c.deleted_at is null else ${listed(sight)} end`

/** True where the viewer may see the comment whose id the column has: one that is there for them, of a post that opens. */
const isCommentOf = (sight: Sight, id: Fragment): Fragment =>
  found(fragment`
    from comments m join users a on a.id = m.author_id
    join content c on c.id = m.content_id join users u on u.id = c.creator_id
    where m.id = ${id} and ${isPostSeen(sight)} and ${opens(sight)} and ${isCommentSeen(sight)}`)

/** True where the message whose id the column has came to the viewer, and was not taken back. */
const isMessageOf = (sight: Sight, id: Fragment): Fragment =>
  found(fragment`
    from messages m join conversation_participants p on p.conversation_id = m.conversation_id
    where m.id = ${id} and p.user_id = ${sight.viewerId}::uuid and m.sender_id <> p.user_id
      and m.deleted_at is null and m.body is not null`)

/** True where who caused `member` likes what `liked` says. */
const isLiking = (liked: Fragment): Fragment =>
  found(fragment`from likes l where l.user_id = member.actor_id and ${liked} and l.withdrawn_at is null`)

/** True where who caused `member` likes the post that it is about. */
export const isContentLiked = isLiking(fragment`l.content_id = member.subject_id`)

/** True where the viewer meets who caused the notification `member`. */
export const isActorMet = (viewerId: Someone, now: Date): Fragment => fragment`(
  exists (
    select from users actor where actor.id = member.actor_id and ${isInGoodStanding(fragment`actor`, now)}
  )
  and ${notBlocked(viewerId, fragment`member.actor_id`)}
  and not ${mutes(viewerId, fragment`member.actor_id`, now)}
)`

/** True where the viewer may see who caused the notification `member`, and it still is so; of what nobody named caused, always. */
export const isMemberSeen = (sight: Sight): Fragment => fragment`(
  case when member.actor_id is null then member.type in ('tip', 'payment') else ${isActorMet(sight.viewerId, sight.now)}
  and case member.type
    when 'new_follower' then ${follows(fragment`member.actor_id`, sight.viewerId)}
    when 'new_subscriber' then ${isSubscribed(fragment`member.actor_id`, sight.viewerId, sight.now)}
    when 'payment' then true
    when 'tip' then true
    when 'content_like' then case member.subject_type
      when 'comments' then ${isLiking(fragment`l.comment_id = member.subject_id`)}
      else ${isContentLiked}
    end
    when 'content_comment' then ${isCommentOf(sight, fragment`member.subject_id`)}
    when 'new_content' then true
    when 'stream' then true
    when 'message' then ${isMessageOf(sight, fragment`member.subject_id`)}
    else false
  end end
)`

/**
 * True where the viewer may see what the notification `n` is about. Each comment, or message, of a group is another one, and
 * each is looked at with who made it.
 */
export const isSubjectSeen = (sight: Sight): Fragment => fragment`
  case n.subject_type
    when 'users' then true
    when 'tips' then true
    when 'content' then ${found(fragment`
      from content c join users u on u.id = c.creator_id where c.id = n.subject_id and ${isPostSeen(sight)}`)}
    when 'messages' then true
    when 'comments' then n.type = 'content_comment' or ${isCommentOf(sight, fragment`n.subject_id`)}
    else false
  end`

/** The line over the post that the notification `n` is about, or whose comment it is about. */
export const subjectTitle = fragment`
  case n.subject_type
    when 'content' then (select c.title from content c where c.id = n.subject_id)
    when 'comments' then (
      select c.title from comments m join content c on c.id = m.content_id where m.id = n.subject_id
    )
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
